#include "common/yaml/config_map.h"

#include <gtest/gtest.h>

namespace postern::yaml::config_map_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A map with one key `k`, and what was said about it.
class OneKey {
 public:
  explicit OneKey(const std::string& value)
      : root_(*parse_yaml("k: " + value, "f", diagnostics)), map(root_, "thing", diagnostics) {}

  Diagnostics diagnostics;

 private:
  YamlNode root_;

 public:
  ConfigMap map;
};

struct Case {
  const char* value;
  std::int64_t wanted;  // kBad: nothing
};
constexpr std::int64_t kBad = -1000;

TEST(ConfigMap, Integers) {
  for (const Case& c : {Case{"-5", -5},
                        Case{"10", 10},
                        Case{"0", 0},
                        Case{"'7'", 7},
                        Case{"-6", kBad},
                        Case{"11", kBad},
                        Case{"", kBad},
                        Case{"~", kBad},
                        Case{"''", kBad},
                        Case{"7.0", kBad},
                        Case{"0x7", kBad},
                        Case{"07", kBad},
                        Case{"+7", kBad},
                        Case{"7 ", 7},
                        Case{"' 7'", kBad},
                        Case{"7a", kBad},
                        Case{"[7]", kBad},
                        Case{"{ a: 7 }", kBad},
                        Case{"seven", kBad},
                        Case{"9223372036854775808", kBad},
                        Case{"99999999999999999999999", kBad}}) {
    OneKey one(c.value);
    const auto found = one.map.integer("k", -5, 10);
    EXPECT_EQ(found.value_or(kBad), c.wanted) << c.value;
    EXPECT_EQ(one.diagnostics.errors(), c.wanted == kBad ? 1 : 0) << c.value;
  }
}

TEST(ConfigMap, IntegersAtTheEndsOfTheirType) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  OneKey largest("9223372036854775807");
  EXPECT_EQ(largest.map.integer("k", kMin, kMax), kMax);
  OneKey smallest("-9223372036854775808");
  EXPECT_EQ(smallest.map.integer("k", kMin, kMax), kMin);
}

TEST(ConfigMap, Durations) {
  for (const Case& c : {Case{"10ms", 10}, Case{"60s", 60000}, Case{"1m", 60000}, Case{"9ms", kBad},
                        Case{"61s", kBad}, Case{"0s", kBad}, Case{"5", kBad}, Case{"5 s", kBad},
                        Case{"-5s", kBad}, Case{"5S", kBad}, Case{"", kBad}, Case{"[5s]", kBad},
                        Case{"1.5s", kBad}, Case{"99999999999999999999d", kBad}}) {
    OneKey one(c.value);
    const auto found = one.map.duration("k", milliseconds{10}, seconds{60});
    EXPECT_EQ(found.value_or(milliseconds{kBad}).count(), c.wanted) << c.value;
    EXPECT_EQ(one.diagnostics.errors(), c.wanted == kBad ? 1 : 0) << c.value;
  }
}

TEST(ConfigMap, Bytes) {
  for (const Case& c :
       {Case{"1024", 1024}, Case{"1KiB", 1024}, Case{"1MiB", 1 << 20}, Case{"2GiB", 2LL << 30},
        Case{"1023", kBad}, Case{"2147483649", kBad}, Case{"3GiB", kBad}, Case{"KiB", kBad},
        Case{"1 KiB", kBad}, Case{"1kib", kBad}, Case{"1KB", kBad}, Case{"1K", kBad},
        Case{"-1KiB", kBad}, Case{"", kBad}, Case{"[1KiB]", kBad}, Case{"1.5MiB", kBad},
        Case{"17179869184GiB", kBad}, Case{"99999999999999999999", kBad}}) {
    OneKey one(c.value);
    const auto found = one.map.bytes("k", 1024, std::size_t{2} << 30);
    EXPECT_EQ(found ? static_cast<std::int64_t>(*found) : kBad, c.wanted) << c.value;
    EXPECT_EQ(one.diagnostics.errors(), c.wanted == kBad ? 1 : 0) << c.value;
  }
}

TEST(ConfigMap, Words) {
  for (const Case& c : {Case{"off", 0}, Case{"log", 1}, Case{"'log'", 1}, Case{"Log", kBad},
                        Case{"lo", kBad}, Case{"", kBad}, Case{"[off]", kBad}, Case{"{}", kBad}}) {
    OneKey one(c.value);
    const auto found = one.map.word("k", {"off", "log"});
    EXPECT_EQ(found ? static_cast<std::int64_t>(*found) : kBad, c.wanted) << c.value;
    EXPECT_EQ(one.diagnostics.errors(), c.wanted == kBad ? 1 : 0) << c.value;
  }
}

TEST(ConfigMap, OneOfATableIsItsValue) {
  constexpr Word<int> kSizes[] = {{"small", 3}, {"big", 70}};
  OneKey big("big");
  EXPECT_EQ(big.map.one_of("k", kSizes), 70);
  OneKey other("huge");
  EXPECT_EQ(other.map.one_of("k", kSizes), std::nullopt);
  EXPECT_EQ(other.diagnostics.to_string(), "f:1:4: error: k: found 'huge', want small or big\n");
  for (const char* yes : {"yes", "true"}) EXPECT_EQ(OneKey(yes).map.one_of("k", kYesOrNo), true);
  for (const char* no : {"no", "false"}) EXPECT_EQ(OneKey(no).map.one_of("k", kYesOrNo), false);
  EXPECT_EQ(word_of(kSizes, 70), "big");
  EXPECT_EQ(word_of(kSizes, 4), "");
}

TEST(ConfigMap, Texts) {
  OneKey good("a b");
  EXPECT_EQ(good.map.text("k"), "a b");
  OneKey empty("''");
  EXPECT_EQ(empty.map.text("k"), "");
  for (const char* value : {"", "~", "[a]", "{ a: b }"}) {
    OneKey one(value);
    EXPECT_EQ(one.map.text("k"), std::nullopt) << value;
    EXPECT_EQ(one.diagnostics.errors(), 1) << value;
  }
}

TEST(ConfigMap, ScalarsOfASequenceOrOne) {
  OneKey one("a");
  ASSERT_EQ(one.map.scalars("k").size(), 1U);
  OneKey several("[a, b, c]");
  const auto found = several.map.scalars("k");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[2]->text, "c");
  OneKey none("[]");
  EXPECT_TRUE(none.map.scalars("k").empty());
  EXPECT_EQ(none.diagnostics.errors(), 0);
  OneKey mixed("[a, [b], ~, { c: d }]");
  EXPECT_EQ(mixed.map.scalars("k").size(), 1U);
  EXPECT_EQ(mixed.diagnostics.errors(), 3);
}

TEST(ConfigMap, AnAbsentKeyIsNoError) {
  OneKey one("a");
  EXPECT_EQ(one.map.find("x"), nullptr);
  EXPECT_EQ(one.map.text("x"), std::nullopt);
  EXPECT_EQ(one.map.integer("x", 0, 1), std::nullopt);
  EXPECT_EQ(one.map.duration("x", seconds{0}, seconds{1}), std::nullopt);
  EXPECT_EQ(one.map.bytes("x", 0, 1), std::nullopt);
  EXPECT_EQ(one.map.word("x", {"a"}), std::nullopt);
  EXPECT_TRUE(one.map.scalars("x").empty());
  EXPECT_EQ(one.diagnostics.errors(), 0);
  EXPECT_EQ(one.map.require("x"), nullptr);
  EXPECT_EQ(one.diagnostics.to_string(), "f:1:1: error: thing: key 'x' is missing\n");
}

TEST(ConfigMap, NamesWhatIsUnknownAndWhatIsKnown) {
  Diagnostics diagnostics;
  const auto root = parse_yaml("a: 1\nzz: 2\nb: 3\nyy: 4\n", "f", diagnostics);
  ConfigMap map(*root, "thing", diagnostics);
  map.find("a");
  map.allow("b");
  map.find("c");
  map.finish();
  EXPECT_EQ(diagnostics.to_string(),
            "f:2:1: error: thing: found the key 'zz', want a, b or c\n"
            "f:4:1: error: thing: found the key 'yy', want a, b or c\n");
}

TEST(ConfigMap, WhatIsNoMapIsSaidOnceAndTakenAsEmpty) {
  Diagnostics diagnostics;
  const auto root = parse_yaml("[a, b]", "f", diagnostics);
  ConfigMap map(*root, "thing", diagnostics);
  EXPECT_EQ(map.require("a"), nullptr);
  EXPECT_EQ(map.text("a"), std::nullopt);
  map.finish();
  EXPECT_EQ(diagnostics.to_string(), "f:1:1: error: thing: found a list, want a map of keys\n");
}

TEST(ConfigMap, MessagesSayWhatWouldBeRight) {
  OneKey one("x");
  one.map.integer("k", 1, 64);
  one.map.duration("k", milliseconds{100}, seconds{25});
  one.map.bytes("k", 1, 2);
  one.map.word("k", {"p", "q", "r"});
  EXPECT_EQ(one.diagnostics.to_string(),
            "f:1:4: error: k: found 'x', want a number from 1 to 64\n"
            "f:1:4: error: k: found 'x', want a duration from 100ms to 25s, e.g. 500ms, 5s, 10m\n"
            "f:1:4: error: k: found 'x', want a size from 1 to 2 bytes, e.g. 16KiB, 64MiB\n"
            "f:1:4: error: k: found 'x', want p, q or r\n");
}

}  // namespace
}  // namespace postern::yaml::config_map_test
