#include "ctl/report/report_counts.h"

#include <algorithm>

#include "common/base/duration.h"
#include "ctl/log/decision_fields.h"
#include "rules/checks/check_list.h"
#include "rules/model/check.h"

namespace postern::report {

using ctl::count_in;
using ctl::decisions_in;
using ctl::field_of;
using ctl::for_each_in_list;
using ctl::sender_domain_in;

namespace {

constexpr std::size_t kMaxKeptText = 256;

std::optional<std::size_t> action_number(std::string_view word) {
  for (std::size_t i = 0; i < kDecisionActions.size(); ++i) {
    if (word == to_string(kDecisionActions[i])) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> door_number(std::string_view word) {
  if (word == to_string(Door::policy)) return 0;
  if (word == to_string(Door::milter)) return 1;
  return std::nullopt;
}

bool is_temporary(std::string_view check, std::string_view finding) {
  const CheckInfo* info = checks::find_check(check);
  if (info == nullptr) return false;
  return std::any_of(info->findings.begin(), info->findings.end(), [&](const FindingInfo& one) {
    return one.name == finding && one.finding_class == FindingClass::temporary;
  });
}

// What the first answer says that is none: `MX a.example: timeout (127.0.0.1:53)`.
std::string_view dns_failure_in(std::string_view dns) {
  while (!dns.empty()) {
    const std::string_view fact = dns.substr(0, dns.find("; "));
    const std::size_t colon = fact.find(": ");
    if (colon != std::string_view::npos) {
      const std::string_view said = fact.substr(colon + 2);
      const std::string_view reason = said.substr(0, said.find(' '));
      if (reason != "found" && reason != "nxdomain" && reason != "nodata") return reason;
    }
    dns.remove_prefix(std::min(fact.size() + 2, dns.size()));
  }
  return "not told";
}

}  // namespace

void ReportCounts::add(const ctl::LogEntry& entry, std::string_view line) {
  using Kind = ctl::LogEntry::Kind;
  const auto keep_first = [&](std::uint64_t& count, std::string& text) {
    if (++count == 1) text = line.substr(0, kMaxKeptText);
  };
  if (entry.kind == Kind::foreign) {
    ++foreign;
    return;
  }
  if (entry.kind == Kind::unknown) return keep_first(unknown, first_unknown);
  if (!window_.is_open()) {
    if (!entry.time) {
      if (entry.kind == Kind::decision) ++without_time;
      if (entry.kind == Kind::untrusted) keep_first(untrusted, first_untrusted);
      return;
    }
    if (!window_.contains(*entry.time)) return;
  }
  if (entry.kind == Kind::untrusted) return keep_first(untrusted, first_untrusted);
  if (entry.kind == Kind::decision) {
    add_decision(entry);
  } else if (entry.kind == Kind::unreadable) {
    ++unreadable;
  } else {
    add_message(entry);
  }
}

void ReportCounts::add_message(const ctl::LogEntry& entry) {
  if (entry.level == LogLevel::error) ++errors;
  if (entry.level == LogLevel::warning) ++warnings;
}

void ReportCounts::add_decision(const ctl::LogEntry& entry) {
  const ctl::LogFields& fields = entry.fields;
  const auto action = action_number(field_of(fields, "action"));
  const auto door = door_number(field_of(fields, "door"));
  if (!action || !door) {
    ++unreadable;
    return;
  }
  ++decision_lines;
  const std::uint64_t times = decisions_in(fields);
  if (times > 1) ++sampled_lines;
  decisions += times;
  by_door[*door][*action] += times;
  add_to_rules(fields, *action, times);
  const std::string domain = sender_domain_in(fields);
  if (const auto& check = field_of(fields, "check"); !check.empty()) {
    findings.add(std::string(check) + " " + std::string(field_of(fields, "finding")), times);
  }
  for_each_in_list(field_of(fields, "found"), [&](std::string_view one) {
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos) return;  // the list was cut there
    findings.add(std::string(one.substr(0, colon)) + " " + std::string(one.substr(colon + 1)),
                 times);
  });
  switch (kDecisionActions[*action]) {
    case Disposition::reject:
      add_refused(fields, domain);
      break;
    case Disposition::defer:
      add_deferred(fields, domain);
      break;
    case Disposition::discard:
      discarded_domains.add(domain);
      break;
    default:
      break;
  }
  add_time(entry, domain);
}

void ReportCounts::add_to_rules(const ctl::LogFields& fields, std::size_t action,
                                std::uint64_t times) {
  if (const auto& rule = field_of(fields, "rule"); rule != "-") {
    if (RuleTotals* totals = totals_of(rule)) totals->decided[action] += times;
  }
  for_each_in_list(field_of(fields, "also"), [&](std::string_view rule) {
    if (RuleTotals* totals = totals_of(rule)) totals->also += times;
  });
  for_each_in_list(field_of(fields, "would"), [&](std::string_view one) {
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos) return;  // the list was cut there
    would.add(std::string(one.substr(0, colon)) + ": " + std::string(one.substr(colon + 1)), times);
  });
}

RuleTotals* ReportCounts::totals_of(std::string_view rule) {
  if (const auto known = rules.find(rule); known != rules.end()) return &known->second;
  if (rules.size() >= kMaxRules) {
    ++rules_not_told_apart;
    return nullptr;
  }
  return &rules[std::string(rule.substr(0, kMaxKeptText))];
}

void ReportCounts::add_refused(const ctl::LogFields& fields, std::string_view domain) {
  refused_domains.add(domain);
  refused_clients.add(field_of(fields, "client").substr(0, kMaxKeptText));
}

void ReportCounts::add_deferred(const ctl::LogFields& fields, std::string_view domain) {
  if (!is_temporary(field_of(fields, "check"), field_of(fields, "finding"))) return;
  ++deferred_for_dns;
  dns_domains.add(domain);
  dns_reasons.add(dns_failure_in(field_of(fields, "dns")).substr(0, kMaxKeptText));
}

void ReportCounts::add_time(const ctl::LogEntry& entry, const std::string& domain) {
  const ctl::LogFields& fields = entry.fields;
  if (const auto delay = parse_duration(field_of(fields, "delay"))) {
    ++delayed;
    longest_delay = std::max(longest_delay, *delay);
  }
  if (entry.time) {
    first = first ? std::min(*first, *entry.time) : *entry.time;
    last = last ? std::max(*last, *entry.time) : *entry.time;
  }
  const std::uint64_t took = count_in(fields, "us");
  if (took < kSlowMicroseconds) return;
  ++slow;
  if (slowest.size() >= kMaxSlow && slowest.back().microseconds >= took) return;
  const auto place = std::find_if(slowest.begin(), slowest.end(),
                                  [&](const SlowDecision& one) { return one.microseconds < took; });
  slowest.insert(place, {took, entry.time, std::string(field_of(fields, "stage")),
                         std::string(field_of(fields, "client")), domain,
                         std::string(field_of(fields, "dns"))});
  if (slowest.size() > kMaxSlow) slowest.pop_back();
}

}  // namespace postern::report
