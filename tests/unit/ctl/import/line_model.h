// Tables for property tests in which any line that matches counts: what each line means in the
// program that it comes from, and what the imported rules do. A line may only differ when the
// import names it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import {

struct Query {
  std::string client = "203.0.113.250";
  std::string name = "mx.nowhere.test";  // of the client; empty: none
  std::string sender = "x@nowhere.test";

  [[nodiscard]] std::string local_part() const { return sender.substr(0, sender.rfind('@')); }
  [[nodiscard]] std::string domain() const { return sender.substr(sender.rfind('@') + 1); }
};

struct ModelLine {
  std::string text;
  std::function<bool(const Query&)> matches;  // in the original
};

inline bool is_below(std::string_view name, std::string_view above) {
  return name.size() > above.size() + 1 && name.ends_with(above) &&
         name[name.size() - above.size() - 1] == '.';
}

// The IPv4 address without the last `bits`, as a number.
inline std::uint32_t network_number(const std::string& address, int bits) {
  const auto parsed = IpAddress::parse(address);
  return parsed && parsed->is_v4() ? static_cast<std::uint32_t>(std::uint64_t{parsed->v4()} >> bits)
                                   : 0;
}

inline bool is_named(const Imported& table, std::size_t line) {
  const auto& all = table.diagnostics.all();
  return std::any_of(all.begin(), all.end(), [&](const Diagnostic& message) {
    return message.where.line == static_cast<int>(line) + 1;
  });
}

inline void compare_with_model(std::string_view format, const std::string& about,
                               const std::vector<ModelLine>& lines,
                               const std::vector<Query>& queries) {
  std::string text;
  for (const ModelLine& line : lines) text += line.text + "\n";
  const Imported table = imported(format, text, about, "reject 550 5.7.1 \"listed\"");
  const auto rules = loaded(table);
  const auto counts = [&](std::size_t i) {
    const LineStatus status = table.lines[i].status;
    return status != LineStatus::refused && status != LineStatus::idle;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_TRUE(counts(i) || is_named(table, i)) << text << "line " << i + 1;
  }
  for (const Query& query : queries) {
    bool matches = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      matches = matches || (counts(i) && lines[i].matches(query));
    }
    const Transaction transaction = TransactionBuilder(Stage::rcpt)
                                        .client(query.client)
                                        .client_name(query.name)
                                        .sender(query.sender)
                                        .recipient("b@b.test")
                                        .transaction;
    ASSERT_EQ(decision(*rules, transaction), matches ? "reject 550 5.7.1 listed" : "")
        << query.client << " '" << query.name << "' " << query.sender << " of\n"
        << text << messages(table);
  }
}

}  // namespace postern::import
