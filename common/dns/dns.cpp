#include "common/dns/dns.h"

namespace postern::dns {

std::string_view to_string(DnsType type) {
  using enum DnsType;
  static constexpr Word<DnsType> kWords[] = {{"A", a},     {"NS", ns},    {"CNAME", cname},
                                             {"SOA", soa}, {"PTR", ptr},  {"MX", mx},
                                             {"TXT", txt}, {"AAAA", aaaa}};
  return word_of(kWords, type);
}

DnsAnswer temporary_failure(DnsReason reason) {
  DnsAnswer answer;
  answer.status = DnsStatus::temporary_failure;
  answer.reason = reason;
  return answer;
}

}  // namespace postern::dns
