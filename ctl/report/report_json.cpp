#include "common/json/parse_json.h"
#include "ctl/report/report_page.h"
#include "server/control/control_json.h"

namespace postern::report {
namespace {

json::object json_actions(const ActionCounts& counts) {
  json::object object;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    object[to_string(kDecisionActions[i])] = counts[i];
  }
  return object;
}

json::object json_top_counts(const TopCounts& counts, std::size_t top) {
  json::array rows;
  for (const auto& row : counts.top(top)) {
    rows.push_back(json::object{{"what", control::json_text(row.text)}, {"count", row.times}});
  }
  return {{"different", counts.texts()}, {"cut", counts.was_cut()}, {"top", std::move(rows)}};
}

json::array json_rule_totals(const ReportCounts& counts) {
  json::array rules;
  for (const auto& [name, totals] : counts.rules) {
    json::object rule = json_actions(totals.decided);
    rule["rule"] = control::json_text(name);
    rule["beside"] = totals.also;
    rules.push_back(std::move(rule));
  }
  return rules;
}

json::array json_slowest(const ReportCounts& counts, std::size_t top) {
  json::array slowest;
  for (const SlowDecision& one : counts.slowest) {
    if (slowest.size() == top) break;
    slowest.push_back(json::object{{"microseconds", one.microseconds},
                                   {"time", control::json_time(one.time)},
                                   {"stage", control::json_text(one.stage)},
                                   {"client", control::json_text(one.client)},
                                   {"sender_domain", control::json_text(one.sender_domain)},
                                   {"dns", control::json_text(one.dns)}});
  }
  return slowest;
}

}  // namespace

json::object report_json(const ReportCounts& counts, std::size_t top) {
  return {{"first", control::json_time(counts.first)},
          {"last", control::json_time(counts.last)},
          {"lines", json::object{{"decisions", counts.decision_lines},
                                 {"sampled", counts.sampled_lines},
                                 {"unreadable", counts.unreadable},
                                 {"without_time", counts.without_time},
                                 {"errors", counts.errors},
                                 {"warnings", counts.warnings},
                                 {"foreign", counts.foreign},
                                 {"untrusted", counts.untrusted},
                                 {"not_understood", counts.unknown}}},
          {"first_untrusted", control::json_text(counts.first_untrusted)},
          {"first_not_understood", control::json_text(counts.first_unknown)},
          {"decisions", counts.decisions},
          {"by_door", json::object{{"policy", json_actions(counts.by_door[0])},
                                   {"milter", json_actions(counts.by_door[1])}}},
          {"rules", json_rule_totals(counts)},
          {"would", json_top_counts(counts.would, top)},
          {"findings", json_top_counts(counts.findings, top)},
          {"refused", json::object{{"sender_domains", json_top_counts(counts.refused_domains, top)},
                                   {"clients", json_top_counts(counts.refused_clients, top)}}},
          {"deferred_for_dns",
           json::object{{"count", counts.deferred_for_dns},
                        {"sender_domains", json_top_counts(counts.dns_domains, top)},
                        {"reasons", json_top_counts(counts.dns_reasons, top)}}},
          {"discarded",
           json::object{{"sender_domains", json_top_counts(counts.discarded_domains, top)}}},
          {"delayed", json::object{{"count", counts.delayed},
                                   {"longest_milliseconds", counts.longest_delay.count()}}},
          {"slow", json::object{{"count", counts.slow}, {"slowest", json_slowest(counts, top)}}}};
}

}  // namespace postern::report
