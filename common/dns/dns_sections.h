// The parts of a DNS reply as they stand in the message (RFC 1035 4.1), before anybody asks what
// they mean: dns_message.cpp reads them with this and judges. Values; pure, every read is bounded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/dns/dns.h"
#include "common/dns/dns_wire_reader.h"

namespace postern::dns {

inline constexpr std::uint16_t kDnsClassIn = 1;
inline constexpr std::uint16_t kDnsTypeOpt = 41;  // RFC 6891

inline constexpr std::uint16_t kDnsReplyBit = 0x8000;
inline constexpr std::uint16_t kDnsOpcodeMask = 0x7800;
inline constexpr std::uint16_t kDnsAuthoritativeBit = 0x0400;
inline constexpr std::uint16_t kDnsTruncatedBit = 0x0200;
inline constexpr std::uint16_t kDnsRecursionDesiredBit = 0x0100;
inline constexpr std::uint16_t kDnsRecursionAvailableBit = 0x0080;
inline constexpr std::uint16_t kDnsAuthenticDataBit = 0x0020;
inline constexpr std::uint16_t kDnsRcodeMask = 0x000f;

struct DnsHeader {
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
  std::uint16_t additionals = 0;

  [[nodiscard]] bool has(std::uint16_t bit) const { return (flags & bit) != 0; }
  [[nodiscard]] bool is_standard_reply() const {
    return has(kDnsReplyBit) && (flags & kDnsOpcodeMask) == 0;
  }
};

using DnsValue = std::variant<IpAddress, MxRecord, std::string, TxtRecord>;

// What the answer section says, in the order of the message.
struct DnsDatum {
  std::string owner;
  std::uint32_t ttl = 0;
  DnsValue value;
};

struct DnsAlias {
  std::string owner;
  std::uint32_t ttl = 0;
  std::string target;
};

struct DnsStartOfAuthority {
  std::string zone;
  std::uint32_t negative_ttl = 0;  // RFC 2308 5
};

struct DnsSections {
  bool answers_sound = true;
  std::vector<DnsDatum> data;
  bool data_whole = true;  // none of it was left out because there is too much
  std::vector<DnsAlias> aliases;
  // Of what stands behind we need little: a fault there does not spoil records that were found, but
  // what says that there are none must be whole, to the last byte of the message. Not sound either
  // when records were left out because there are too many.
  bool rest_sound = true;
  // Owners of records of the wanted type that stand behind the counted answers. So many were left
  // out of the count, or cut off from their section.
  std::vector<std::string> misplaced;
  bool has_ns = false;
  std::vector<DnsStartOfAuthority> soa;
  bool has_opt = false;
  unsigned extended_rcode = 0;  // RFC 6891 6.1.3, the upper eight of twelve bits
};

// Leaves `reader` behind the header; what could not be read is zero, and reader.ok() is false.
DnsHeader read_dns_header(DnsWireReader& reader);

// Reads the three sections of records, of which `reader` stands at the first, and what is left over
// behind them; of the answers those of type `wanted` and the aliases. Names are decoded of so many
// records only, however many there are: of the wanted ones DnsAnswer::kMaxRecords, the most
// preferred mail hosts or the first of others, and some aliases. A message of 64 KiB has room for
// 5,000 records whose names are of the greatest length each.
DnsSections read_dns_sections(DnsWireReader& reader, std::span<const std::uint8_t> wire,
                              const DnsHeader& header, DnsType wanted);

}  // namespace postern::dns
