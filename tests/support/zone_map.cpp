#include "tests/support/zone_map.h"

#include <algorithm>
#include <set>

namespace postern {
namespace {

// What a resolver reports for a fault that it cannot get around.
std::optional<dns::DnsReason> reason_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::servfail:
      return dns::DnsReason::servfail;
    case FaultKind::refused:
      return dns::DnsReason::refused;
    case FaultKind::formerr:
      return dns::DnsReason::formerr;
    case FaultKind::notimp:
      return dns::DnsReason::notimp;
    case FaultKind::timeout:
    case FaultKind::truncate_no_tcp:
    case FaultKind::tcp_stall:
    case FaultKind::wrong_id:
    case FaultKind::wrong_question:
    case FaultKind::wrong_port:
    case FaultKind::empty:
      return dns::DnsReason::timeout;
    case FaultKind::tcp_reset:
      return dns::DnsReason::unreachable;
    case FaultKind::cut:
    case FaultKind::garbage:
    case FaultKind::compression_loop:
    case FaultKind::count_lies:
    case FaultKind::not_counted:
      return dns::DnsReason::malformed;
    case FaultKind::cname_loop:
      return dns::DnsReason::cname_loop;
    case FaultKind::referral:
      return dns::DnsReason::referral;
    case FaultKind::nxdomain:
    case FaultKind::trailing:
    case FaultKind::truncate:
    case FaultKind::no_soa:
    case FaultKind::formerr_on_edns:
    case FaultKind::stray_records:
    case FaultKind::lower_case:
    case FaultKind::lower_case_no_tcp:
    case FaultKind::forged:
    case FaultKind::lower_only:
    case FaultKind::lower_only_silent:
    case FaultKind::flapping:
    case FaultKind::many_mx:
    case FaultKind::fail_first:
    case FaultKind::drop_first:
      return std::nullopt;
  }
  return std::nullopt;
}

dns::DnsAnswer absent(dns::DnsReason reason, std::uint32_t ttl) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::absent;
  answer.reason = reason;
  answer.ttl = dns::DnsTtl{ttl};
  return answer;
}

dns::DnsAnswer found(const ZoneNode& node, dns::DnsType type, std::uint32_t ttl) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.ttl = dns::DnsTtl{ttl};
  dns::DnsRecords& records = answer.records;
  if (type == dns::DnsType::mx) {
    auto sorted = node.mx;
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& left, const auto& right) {
      return left.preference < right.preference;
    });
    for (const auto& mx : sorted) records.add_mx(mx.preference, mx.exchange);
  }
  if (type == dns::DnsType::a || type == dns::DnsType::aaaa) {
    const auto& addresses = type == dns::DnsType::a ? node.a : node.aaaa;
    for (const auto& address : addresses) records.add_address(address);
  }
  if (type == dns::DnsType::ptr) {
    for (const auto& name : node.ptr) records.add_name(name);
  }
  if (type == dns::DnsType::txt) {
    for (const auto& text : node.txt) records.add_text(text);
  }
  return answer;
}

}  // namespace

bool ZoneNode::has(dns::DnsType type) const {
  switch (type) {
    case dns::DnsType::a:
      return !a.empty();
    case dns::DnsType::aaaa:
      return !aaaa.empty();
    case dns::DnsType::mx:
      return !mx.empty();
    case dns::DnsType::ptr:
      return !ptr.empty();
    case dns::DnsType::txt:
      return !txt.empty();
    case dns::DnsType::cname:
      return cname.has_value();
    case dns::DnsType::ns:
    case dns::DnsType::soa:
      return false;
  }
  return false;
}

std::optional<ZoneFault> ZoneNode::fault_of(dns::DnsType type) const {
  const auto own = faults.find(type);
  return own == faults.end() ? fault : own->second;
}

const ZoneNode* ZoneMap::find(std::string_view name) const {
  const auto node = nodes_.find(name);
  return node == nodes_.end() ? nullptr : &node->second;
}

bool ZoneMap::exists(std::string_view name) const {
  if (find(name) != nullptr) return true;
  const std::string below = "." + std::string(name);
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [&below](const auto& node) { return node.first.ends_with(below); });
}

std::optional<ZoneMap::Redirection> ZoneMap::redirection(std::string_view name) const {
  if (find(name) != nullptr) return std::nullopt;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const ZoneNode* const above = find(name.substr(dot + 1));
    if (above == nullptr) continue;
    if (!above->dname) return std::nullopt;
    return Redirection{std::string(name.substr(dot + 1)),
                       std::string(name.substr(0, dot + 1)) + *above->dname};
  }
  return std::nullopt;
}

dns::DnsAnswer ZoneMap::answer(const dns::DnsQuestion& question) const {
  std::string name = question.name.text();
  std::set<std::string> seen;
  std::uint32_t ttl = UINT32_MAX;
  std::uint32_t negative_ttl = negative_ttl_;
  while (seen.insert(name).second) {
    const ZoneNode* const node = find(name);
    if (const auto redirected = redirection(name)) {
      ttl = std::min(ttl, find(redirected->owner)->ttl);
      name = redirected->target;
      continue;
    }
    if (node == nullptr) {
      const dns::DnsReason reason =
          exists(name) ? dns::DnsReason::nodata : dns::DnsReason::nxdomain;
      return absent(reason, std::min(ttl, negative_ttl));
    }
    if (const auto fault = node->fault_of(question.type)) {
      if (const auto reason = reason_of(fault->kind)) return dns::temporary_failure(*reason);
      if (fault->kind == FaultKind::no_soa) negative_ttl = 0;
      if (fault->kind == FaultKind::nxdomain) {
        return absent(dns::DnsReason::nxdomain, std::min(ttl, negative_ttl));
      }
      // Records that were found are there whatever stands behind them; a denial must be whole.
      const bool null_mx = question.type == dns::DnsType::mx && !node->mx.empty() &&
                           node->mx.front().exchange.empty();
      if (fault->kind == FaultKind::trailing && (null_mx || !node->has(question.type))) {
        return dns::temporary_failure(dns::DnsReason::malformed);
      }
    }
    if (node->has(question.type)) return found(*node, question.type, std::min(ttl, node->ttl));
    if (!node->cname) return absent(dns::DnsReason::nodata, std::min(ttl, negative_ttl));
    ttl = std::min(ttl, node->ttl);
    name = *node->cname;
  }
  return dns::temporary_failure(dns::DnsReason::cname_loop);
}

}  // namespace postern
