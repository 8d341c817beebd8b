// For the tests of checks: one of them, called until it reports, and answers for it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/yaml/config_map.h"
#include "rules/checks/check_list.h"
#include "tests/support/transaction_builder.h"
#include "tests/support/zone_map.h"

namespace postern::checks {

// With the options as they stand in a rule.
inline std::unique_ptr<Check> make_check(std::string_view name, const std::string& options) {
  Diagnostics diagnostics;
  const auto node = yaml::parse_yaml(options, "rules.yaml", diagnostics);
  yaml::ConfigMap map(*node, "rule", diagnostics);
  auto check = find_check(name)->make(map);
  map.finish();
  if (diagnostics.has_errors()) throw std::runtime_error(diagnostics.to_string());
  return check;
}

inline std::string shown(const dns::DnsQuestion& question) {
  return std::string(dns::to_string(question.type)) + " " + question.name.text();
}

struct Outcome {
  std::string finding;  // `-` when the check has nothing to say
  std::string detail;
  FindingClass finding_class = FindingClass::good;
  std::vector<std::vector<std::string>> rounds;  // what was asked, round by round
};

// Calls the check until it reports; `answer` finds out what it asks for.
template <class Answer>
Outcome run(std::string_view name, const Check& check, const Transaction& transaction,
            Answer answer) {
  const auto findings = find_check(name)->findings;
  FactView facts(nullptr);
  Outcome outcome;
  for (int calls = 0; calls < 20; ++calls) {
    const CheckReport report = check.inspect(transaction, facts);
    if (report.state != CheckReport::State::waiting) {
      const bool found = report.state == CheckReport::State::found;
      outcome.finding = found ? findings[report.finding].name : "-";
      if (found) outcome.finding_class = findings[report.finding].finding_class;
      outcome.detail = report.detail;
      return outcome;
    }
    const std::vector<dns::DnsQuestion> missing = facts.missing();
    if (missing.empty()) throw std::runtime_error("waits without a question");
    outcome.rounds.emplace_back();
    for (const dns::DnsQuestion& question : missing) {
      outcome.rounds.back().push_back(shown(question));
      facts.add(question, {std::make_shared<const dns::DnsAnswer>(answer(question))});
    }
  }
  throw std::runtime_error("no report after twenty calls");
}

// The same with the answers of a zone (tests/support/zone_map.h).
inline Outcome run_in(const ZoneMap& zone, std::string_view name, const std::string& options,
                      const Transaction& transaction) {
  return run(name, *make_check(name, options), transaction,
             [&](const dns::DnsQuestion& question) { return zone.answer(question); });
}

inline dns::DnsAnswer found_answer() {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  return answer;
}

inline dns::DnsAnswer address_answer(std::string_view address) {
  dns::DnsAnswer answer = found_answer();
  answer.records.add_address(IpAddress::parse(address).value());
  return answer;
}

inline dns::DnsAnswer absent_answer(dns::DnsReason reason) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::absent;
  answer.reason = reason;
  return answer;
}

}  // namespace postern::checks
