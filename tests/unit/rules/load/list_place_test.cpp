#include "rules/load/list_place.h"

#include <gtest/gtest.h>

namespace postern::load::list_place_test {
namespace {

constexpr const char* kRules =
    "version: 1\nlists:\n  a: { kind: text, entries: [x] }\n  b:\n    kind: text\n"
    "rules: [{ name: l, then: log }]\nc: { kind: text }\n";

std::string place(std::string_view rules, std::string_view name) {
  return place_of_list(rules, "r.yaml", name).to_string();
}

TEST(PlaceOfList, IsWhereItIsDefined) {
  EXPECT_EQ(place(kRules, "a"), "r.yaml:3:6");
  EXPECT_EQ(place(kRules, "b"), "r.yaml:5:5");
}

TEST(PlaceOfList, OfAListThatIsNotThereItIsTheFile) {
  EXPECT_EQ(place(kRules, "c"), "r.yaml") << "that is no list";
  for (const char* rules : {"", "[]", "version: [", "lists: a", "lists: [a]", "lists:"}) {
    EXPECT_EQ(place(rules, "a"), "r.yaml") << rules;
  }
}

}  // namespace
}  // namespace postern::load::list_place_test
