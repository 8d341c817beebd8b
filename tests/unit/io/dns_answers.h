// Questions and answers for the tests of the cache and the resolver.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/dns.h"

namespace postern {

inline DnsQuestion question(const std::string& name, DnsType type = DnsType::a) {
  return {DomainName::parse(name).value(), type};
}

inline std::shared_ptr<const DnsAnswer> found(std::chrono::seconds ttl) {
  DnsAnswer answer;
  answer.status = DnsStatus::found;
  answer.reason = DnsReason::answer;
  answer.records.add_address(IpAddress::from_v4(0xc6336401));
  answer.ttl = DnsTtl{ttl.count()};
  return std::make_shared<const DnsAnswer>(answer);
}

inline std::shared_ptr<const DnsAnswer> absent(DnsReason reason, std::chrono::seconds ttl) {
  DnsAnswer answer;
  answer.status = DnsStatus::absent;
  answer.reason = reason;
  answer.ttl = DnsTtl{ttl.count()};
  return std::make_shared<const DnsAnswer>(answer);
}

inline std::shared_ptr<const DnsAnswer> failed() {
  return std::make_shared<const DnsAnswer>(temporary_failure(DnsReason::servfail));
}

}  // namespace postern
