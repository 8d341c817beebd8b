// A decision as a record that waits: what it holds is what bytes_of() says.
#include "server/journal/record_of.h"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace postern::journal::record_of_test
