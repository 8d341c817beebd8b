// For the tests of sender_mx: the check, called until it reports, and answers for it.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/yaml/config_map.h"
#include "rules/checks/check_list.h"
#include "tests/support/transaction_builder.h"
#include "tests/support/zone_map.h"

namespace postern::checks {

inline std::unique_ptr<Check> make_check(const std::string& options = "{}") {
  Diagnostics diagnostics;
  const auto node = yaml::parse_yaml(options, "rules.yaml", diagnostics);
  yaml::ConfigMap map(*node, "rule", diagnostics);
  auto check = find_check("sender_mx")->make(map);
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
Outcome run(const Check& check, std::string_view sender, Answer answer) {
  const Transaction transaction = TransactionBuilder(Stage::mail).sender(sender).transaction;
  const auto findings = find_check("sender_mx")->findings;
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

inline dns::DnsAnswer mx_answer(const std::vector<std::string>& hosts) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  for (const std::string& host : hosts) answer.records.add_mx(10, host);
  return answer;
}

inline dns::DnsAnswer address_answer(std::string_view address) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.records.add_address(IpAddress::parse(address).value());
  return answer;
}

inline dns::DnsAnswer absent_answer(dns::DnsReason reason) {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::absent;
  answer.reason = reason;
  return answer;
}

inline std::vector<std::string> hosts(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back("h" + std::to_string(i) + ".example");
  return names;
}

}  // namespace postern::checks
