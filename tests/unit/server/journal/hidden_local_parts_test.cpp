#include "server/journal/hidden_local_parts.h"

#include <gtest/gtest.h>

namespace postern::journal::hidden_local_parts_test {
namespace {

JournalRecord with_state() {
  JournalRecord record;
  const StateKey key{StateKind::distinct, "nets", {"anna", "joe@s.example"}};
  record.state = {{key, {}}};
  record.effects = {{key, Add{"203.0.113.0/24", std::chrono::hours{1}, 21}}};
  return record;
}

TEST(HiddenLocalParts, OfTheKeysOfRecordsAreHiddenToo) {
  const LocalPartHash hash(LocalPartHash::Key{});
  JournalRecord record = with_state();
  hide_local_parts(record, LocalParts::hash, &hash);
  const std::vector<std::string> hidden = {hash("anna"), hash("joe") + "@s.example"};
  EXPECT_EQ(record.state[0].key.parts, hidden);
  EXPECT_EQ(record.effects[0].key.parts, hidden);
  EXPECT_EQ(std::get<Add>(record.effects[0].what).member, hash("203.0.113.0/24"));

  record = with_state();
  hide_local_parts(record, LocalParts::drop, nullptr);
  EXPECT_EQ(record.state[0].key.parts, (std::vector<std::string>{"-", "-@s.example"}));

  record = with_state();
  hide_local_parts(record, LocalParts::keep, nullptr);
  EXPECT_EQ(record.state[0].key.parts[0], "anna");
}

// So that a user is the same wherever it stands.
TEST(HiddenLocalParts, OfAUserAreHiddenAsInTheKeysOfRecords) {
  const LocalPartHash hash(LocalPartHash::Key{});
  for (const std::string user : {"anna", "Joe@S.example", "@s.example"}) {
    for (const LocalParts how : {LocalParts::hash, LocalParts::drop}) {
      JournalRecord record;
      record.transaction.sasl_username = user;
      record.state = {{{StateKind::rate, "accounts", {user}}, {}}};
      hide_local_parts(record, how, &hash);
      EXPECT_EQ(record.transaction.sasl_username, record.state[0].key.parts[0]);
      EXPECT_NE(record.transaction.sasl_username, user);
    }
  }
  JournalRecord record;
  record.transaction.sasl_username = "joe@s.example";
  hide_local_parts(record, LocalParts::hash, &hash);
  EXPECT_EQ(record.transaction.sasl_username, hash("joe") + "@s.example");
}

}  // namespace
}  // namespace postern::journal::hidden_local_parts_test
