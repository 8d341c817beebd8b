// For the tests of sender_mx: the check, called until it reports, and mail hosts for it.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks {

inline std::unique_ptr<Check> make_check(const std::string& options = "{}") {
  return make_check("sender_mx", options);
}

template <class Answer>
Outcome run(const Check& check, std::string_view sender, Answer answer) {
  const Transaction transaction = TransactionBuilder(Stage::mail).sender(sender).transaction;
  return run("sender_mx", check, transaction, answer);
}

inline dns::DnsAnswer mx_answer(const std::vector<std::string>& hosts) {
  dns::DnsAnswer answer = found_answer();
  for (const std::string& host : hosts) answer.records.add_mx(10, host);
  return answer;
}

inline std::vector<std::string> hosts(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back("h" + std::to_string(i) + ".example");
  return names;
}

}  // namespace postern::checks
