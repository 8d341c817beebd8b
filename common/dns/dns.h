// DNS questions and answers as values. What is asked, what came back, and the evidence for it.
// No I/O: common/resolver asks, the checks judge.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/base/shared_text.h"
#include "common/base/words.h"
#include "common/dns/dns_name.h"
#include "common/dns/dns_records.h"

namespace postern::dns {

enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28
};

struct DnsQuestion {
  DnsName name;
  DnsType type = DnsType::a;
  friend bool operator==(const DnsQuestion& a, const DnsQuestion& b) {
    return a.type == b.type && a.name == b.name;
  }
  friend auto operator<=>(const DnsQuestion&, const DnsQuestion&) = default;
};

// A question that is to be asked, and the name of whoever is the cause of it, in whose share of all
// questions it counts (common/resolver/domain_shares.h). Empty: no stranger is.
struct DnsRequest {
  DnsQuestion question;
  DnsName asker;
};

// Three answers, never two: what could not be classified is temporary.
enum class DnsStatus : std::uint8_t { found, absent, temporary_failure };
inline constexpr Word<DnsStatus> kDnsStatuses[] = {
    {"found", DnsStatus::found},
    {"absent", DnsStatus::absent},
    {"temporary_failure", DnsStatus::temporary_failure}};

// Why, for people and logs; rules depend on the status alone.
enum class DnsReason : std::uint8_t {
  answer,    // found
  nxdomain,  // absent: the name does not exist
  nodata,    // absent: the name has no record of this type
  servfail,  // temporary from here on
  refused,
  formerr,
  notimp,
  other_rcode,
  timeout,
  unreachable,   // no upstream could be sent to
  malformed,     // bytes that are not an answer to the question
  referral,      // an upstream that does not answer for others
  cname_loop,    // RFC 1034 3.6.2: a chain that ends nowhere
  overloaded,    // too many questions in flight here
  circuit_open,  // no upstream answers any more: not asked
  deadline,      // the decision could not wait any longer
};

inline constexpr Word<DnsReason> kDnsReasons[] = {{"answer", DnsReason::answer},
                                                  {"nxdomain", DnsReason::nxdomain},
                                                  {"nodata", DnsReason::nodata},
                                                  {"servfail", DnsReason::servfail},
                                                  {"refused", DnsReason::refused},
                                                  {"formerr", DnsReason::formerr},
                                                  {"notimp", DnsReason::notimp},
                                                  {"other_rcode", DnsReason::other_rcode},
                                                  {"timeout", DnsReason::timeout},
                                                  {"unreachable", DnsReason::unreachable},
                                                  {"malformed", DnsReason::malformed},
                                                  {"referral", DnsReason::referral},
                                                  {"cname_loop", DnsReason::cname_loop},
                                                  {"overloaded", DnsReason::overloaded},
                                                  {"circuit_open", DnsReason::circuit_open},
                                                  {"deadline", DnsReason::deadline}};

// A TTL is 32 bits wide (RFC 2181 8). Becomes std::chrono::seconds by itself.
using DnsTtl = std::chrono::duration<std::uint32_t>;

// Kept by the hundred thousand, so it is small: 40 bytes, and no more memory than that for what is
// short (common/dns/dns_records.h).
struct DnsAnswer {
  DnsStatus status = DnsStatus::temporary_failure;
  DnsReason reason = DnsReason::timeout;
  // How long the answer may be kept: the smallest TTL of the records and CNAMEs used, or the
  // negative TTL of RFC 2308 5. Zero: not at all.
  DnsTtl ttl{0};
  // Who said so: `127.0.0.1:53`. Empty when nobody answered.
  SharedText server;
  // Mail hosts by preference, addresses, names or texts, as was asked; at most kMaxRecords, and of
  // texts at most so many that together have kMaxTextOctets in the message.
  DnsRecords records;

  static constexpr std::size_t kMaxRecords = 100;
  static constexpr std::size_t kMaxTextOctets = 16'384;
  // Whether an address that is not there is not one of the name's: false of so many that some may
  // have been left out.
  [[nodiscard]] bool has_all_addresses() const { return records.addresses().size() < kMaxRecords; }
  friend bool operator==(const DnsAnswer&, const DnsAnswer&) = default;
};

// An answer at hand. `age` is how long ago it was obtained; `from_cache` tells a fresh answer from
// a kept one.
struct DnsFact {
  std::shared_ptr<const DnsAnswer> answer;
  std::chrono::seconds age{0};
  enum class Source { asked, cache, given_up } source = Source::asked;
};
inline constexpr Word<DnsFact::Source> kDnsSources[] = {{"asked", DnsFact::Source::asked},
                                                        {"cache", DnsFact::Source::cache},
                                                        {"given_up", DnsFact::Source::given_up}};

std::string_view to_string(DnsType type);
constexpr std::string_view to_string(DnsStatus status) {
  return word_of(kDnsStatuses, status);
}
constexpr std::string_view to_string(DnsReason reason) {
  return word_of(kDnsReasons, reason);
}
constexpr std::string_view to_string(DnsFact::Source source) {
  return word_of(kDnsSources, source);
}

// A temporary failure without records, for the given reason (which must be a temporary one).
DnsAnswer temporary_failure(DnsReason reason);

}  // namespace postern::dns
