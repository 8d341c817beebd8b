#include "common/dns/dns.h"

namespace postern::dns {

std::string_view to_string(DnsType type) {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::ns:
      return "NS";
    case DnsType::cname:
      return "CNAME";
    case DnsType::soa:
      return "SOA";
    case DnsType::ptr:
      return "PTR";
    case DnsType::mx:
      return "MX";
    case DnsType::aaaa:
      return "AAAA";
  }
  return "?";
}

std::string_view to_string(DnsStatus status) {
  switch (status) {
    case DnsStatus::found:
      return "found";
    case DnsStatus::absent:
      return "absent";
    case DnsStatus::temporary_failure:
      return "temporary_failure";
  }
  return "?";
}

std::string_view to_string(DnsReason reason) {
  switch (reason) {
    case DnsReason::answer:
      return "answer";
    case DnsReason::nxdomain:
      return "nxdomain";
    case DnsReason::nodata:
      return "nodata";
    case DnsReason::servfail:
      return "servfail";
    case DnsReason::refused:
      return "refused";
    case DnsReason::formerr:
      return "formerr";
    case DnsReason::notimp:
      return "notimp";
    case DnsReason::other_rcode:
      return "other_rcode";
    case DnsReason::timeout:
      return "timeout";
    case DnsReason::unreachable:
      return "unreachable";
    case DnsReason::malformed:
      return "malformed";
    case DnsReason::referral:
      return "referral";
    case DnsReason::cname_loop:
      return "cname_loop";
    case DnsReason::overloaded:
      return "overloaded";
    case DnsReason::circuit_open:
      return "circuit_open";
    case DnsReason::deadline:
      return "deadline";
  }
  return "?";
}

DnsAnswer temporary_failure(DnsReason reason) {
  DnsAnswer answer;
  answer.status = DnsStatus::temporary_failure;
  answer.reason = reason;
  return answer;
}

}  // namespace postern::dns
