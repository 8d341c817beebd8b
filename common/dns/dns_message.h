// DNS messages on the wire (RFC 1035 4): one query out, one reply in. Pure; every byte that comes
// in is hostile, every read is bounded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/dns/dns.h"

namespace postern::dns {

enum class Edns { none, opt };  // `opt`: RFC 6891, UDP payload 1232 octets

// A standard query with recursion desired and one question.
std::vector<std::uint8_t> encode_query(std::uint16_t id, const DnsQuestion& question, Edns edns);

// What a reply says about `question`.
struct DnsReply {
  DnsAnswer answer;  // `server` is left empty
  // The reply holds a CNAME chain that ends at this name without records for it: ask for it next.
  // `answer.ttl` is then the smallest TTL of the chain.
  std::optional<DnsName> continue_at;
  bool has_opt = false;
  friend bool operator==(const DnsReply&, const DnsReply&) = default;
};

// Never fails: what is not a proper answer to the question becomes a temporary failure
// (`malformed`, or what the rcode says). Follows CNAMEs inside the message, at most 16 of them.
// Records of other names, types and classes are ignored, and so are more than kMaxRecords of the
// question (DnsAnswer), the least preferred mail hosts first: then a null MX is `malformed`, as it
// may not stand alone, and so are texts, of which the one that matters may be left out, and what
// has none of the name among those that were read. No SOA
// beside an empty answer: NODATA or NXDOMAIN with TTL zero, but a `referral` from a server that is
// neither authoritative nor recursive. An empty answer with anything damaged or left over behind it
// is `malformed`, and so is any that has records of the question outside of the answer section;
// records that were found count whatever else stands behind them. An answer section of which
// nothing belongs to the question is `malformed`, not NODATA. TC still set (the caller has tried
// TCP) is `malformed`.
DnsReply decode_reply(std::span<const std::uint8_t> wire, const DnsQuestion& question);

}  // namespace postern::dns
