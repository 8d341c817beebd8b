#include "rules/recipient_key.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::recipient_key_test {
namespace {

RecipientKey key_of(const Snapshot& snapshot, std::string_view recipient) {
  const auto transaction =
      TransactionBuilder(Stage::rcpt).sender("s@a.example").recipient(recipient).transaction;
  return recipient_key(snapshot, transaction, {});
}

TEST(RecipientKey, IsEmptyWhenNobodyAsksWhoItIs) {
  const auto rules =
      rules_from("version: 1\nrules: [ { name: a, when: { sender: s@ }, then: reject } ]\n");
  EXPECT_TRUE(key_of(*rules, "x@b.example").empty());
}

TEST(RecipientKey, TellsApartWhatRulesTellApart) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: a, when: { recipient: [postmaster@, abuse@] }, then: pass }
  - { name: b, when: { not: { recipient_domain: .b.example } }, then: reject }
)");
  const auto same = [&](std::string_view one, std::string_view other) {
    return key_of(*rules, one) == key_of(*rules, other);
  };
  EXPECT_TRUE(same("x@b.example", "y@B.example"));
  EXPECT_TRUE(same("postmaster@b.example", "Postmaster@mx.b.example"));
  EXPECT_FALSE(same("postmaster@b.example", "x@b.example"));
  EXPECT_FALSE(same("x@b.example", "x@c.example"));
  EXPECT_FALSE(same("postmaster@b.example", "abuse@b.example")) << "entries may differ in action";
}

}  // namespace
}  // namespace postern::recipient_key_test
