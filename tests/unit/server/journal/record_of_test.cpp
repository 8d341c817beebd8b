// A decision as a record that waits: what it holds is what bytes_of() says.
#include "server/journal/record_of.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "rules/journal/journal_line.h"
#include "tests/support/transaction_builder.h"

namespace postern::journal::record_of_test {
namespace {

// The fields that the rules in force look at are many, and none of them is kept.
TEST(FillRecord, WhatIsNotKeptTakesNoMemory) {
  constexpr std::size_t kFields = 512;
  Transaction transaction = TransactionBuilder(Stage::eom).client("192.0.2.7").transaction;
  MessageHeader& header = transaction.header.emplace();
  for (std::size_t i = 0; i < kFields; ++i) header.fields.push_back({"subject", ""});
  header.from.assign(kFields, MailAddress::from_envelope("joe@example.org"));
  const Verdict verdict;
  const std::vector<DnsEvidence> nothing;
  JournalRecord record;
  fill_record(record,
              {.door = "milter",
               .transaction = transaction,
               .verdict = verdict,
               .evidence = nothing,
               .reply = "accept"},
              {"list-id"});
  ASSERT_TRUE(record.transaction.header);
  EXPECT_EQ(record.transaction.header->fields.capacity(), 0U);
  EXPECT_EQ(record.transaction.header->from.capacity(), 0U);
  EXPECT_EQ(bytes_of(record), 0U);
}

// Ten domains of the kind that nobody but an attacker has; a line can be read again (kMaxLine).
TEST(FillRecord, TextsOfStrangersAreBounded) {
  const Transaction transaction = TransactionBuilder(Stage::rcpt).client("192.0.2.7").transaction;
  const Verdict verdict;
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.records.add_text(std::string(dns::DnsAnswer::kMaxTextOctets, '\xff'));
  std::vector<DnsEvidence> facts;
  for (int i = 0; i < 256; ++i) {
    const auto name = DomainName::parse("d" + std::to_string(i) + ".example").value();
    facts.push_back({{name, dns::DnsType::txt}, {std::make_shared<const dns::DnsAnswer>(answer)}});
  }
  dns::DnsAnswer small;
  small.status = dns::DnsStatus::found;
  small.records.add_text("v=spf1 -all");
  facts.push_back({{DomainName::parse("small.example").value(), dns::DnsType::txt},
                   {std::make_shared<const dns::DnsAnswer>(small)}});
  JournalRecord record;
  fill_record(record,
              {.door = "policy",
               .transaction = transaction,
               .verdict = verdict,
               .evidence = facts,
               .reply = "action=DUNNO"},
              {});
  ASSERT_EQ(record.dns.size(), facts.size()) << "every question";
  EXPECT_TRUE(record.dns.front().fact.answer);
  EXPECT_FALSE(record.dns[255].fact.answer);
  EXPECT_TRUE(record.dns.back().fact.answer) << "what fits is kept";
  std::string line;
  append_line(line, record);
  EXPECT_LT(line.size(), kMaxLine / 4);
  line.pop_back();
  const auto read = read_line(line);
  ASSERT_TRUE(read) << read.error().text;
  const auto& dns = std::get<JournalRecord>(*read).dns;
  ASSERT_EQ(dns.size(), facts.size());
  EXPECT_FALSE(dns[255].fact.answer);
  EXPECT_EQ(*dns.front().fact.answer, answer);
}

}  // namespace
}  // namespace postern::journal::record_of_test
