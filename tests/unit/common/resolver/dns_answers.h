// Questions and answers for the tests of the cache and the resolver.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/dns/dns.h"

namespace postern::resolver {

inline dns::DnsQuestion question(const std::string& name, dns::DnsType type = dns::DnsType::a) {
  return {DomainName::parse(name).value(), type};
}

inline std::shared_ptr<const dns::DnsAnswer> found(std::chrono::seconds ttl) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.records.add_address(IpAddress::from_v4(0xc6336401));
  answer.ttl = dns::DnsTtl{ttl.count()};
  return std::make_shared<const dns::DnsAnswer>(answer);
}

inline std::shared_ptr<const dns::DnsAnswer> absent(dns::DnsReason reason,
                                                    std::chrono::seconds ttl) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::absent;
  answer.reason = reason;
  answer.ttl = dns::DnsTtl{ttl.count()};
  return std::make_shared<const dns::DnsAnswer>(answer);
}

inline std::shared_ptr<const dns::DnsAnswer> failed() {
  return std::make_shared<const dns::DnsAnswer>(dns::temporary_failure(dns::DnsReason::servfail));
}

}  // namespace postern::resolver
