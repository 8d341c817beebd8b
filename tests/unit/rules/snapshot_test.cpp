#include "rules/snapshot.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::snapshot_test {
namespace {

TEST(Snapshot, FindsItsListsByName) {
  const auto rules = rules_from(
      "version: 1\nlists:\n  a: { kind: text, entries: [x] }\n  b: { kind: domain, entries: [] }\n"
      "rules: []\n");
  ASSERT_TRUE(rules->find_list("b"));
  EXPECT_EQ(rules->find_list("b")->kind(), lists::ListKind::domain);
  EXPECT_EQ(rules->find_list("a"), rules->lists()[0]);
  EXPECT_FALSE(rules->find_list(""));
  EXPECT_FALSE(rules->find_list("inline"));
  EXPECT_FALSE(rules->find_list("A"));
}

TEST(Snapshot, GetsItsNumberWhenItIsKnown) {
  Snapshot snapshot;
  snapshot.set_generation(12);
  EXPECT_EQ(snapshot.generation(), 12U);
}

}  // namespace
}  // namespace postern::snapshot_test
