#include "rules/journal/segment_name.h"

#include <gtest/gtest.h>

namespace postern::journal::segment_name_test {
namespace {

using namespace std::chrono_literals;

constexpr JournalTime kBegun =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 18h + 3min + 7s + 120us;

TEST(SegmentName, SaysWhenAndWhoAndIsReadBack) {
  SegmentName name{kBegun, Door::milter, "mx-1.example.org", 4711, false};
  EXPECT_EQ(name.to_string(), "20261129T180307.000120Z-milter-mx-1.example.org-4711.jsonl");
  EXPECT_EQ(parse_segment_name(name.to_string()), name);
  name.packed = true;
  name.door = Door::policy;
  EXPECT_EQ(name.to_string(), "20261129T180307.000120Z-policy-mx-1.example.org-4711.jsonl.zst");
  EXPECT_EQ(parse_segment_name(name.to_string()), name);
}

TEST(SegmentName, OrdersByTime) {
  const SegmentName earlier{kBegun, Door::policy, "b", 9, false};
  const SegmentName later{kBegun + 1us, Door::milter, "a", 1, true};
  EXPECT_LT(earlier.to_string(), later.to_string());
}

TEST(SegmentName, OtherNamesAreNone) {
  for (const char* name :
       {"", ".jsonl", "key", "20261129T180307.000120Z.jsonl",
        "20261129T180307.000120Z-policy.jsonl", "20261129T180307.000120Z-policy-mx1.jsonl",
        "20261129T180307.000120Z-policy-mx1-.jsonl", "20261129T180307.000120Z-policy--1.jsonl",
        "20261129T180307.000120Z-other-mx1-1.jsonl", "20261329T180307.000120Z-policy-mx1-1.jsonl",
        "20261129T240307.000120Z-policy-mx1-1.jsonl",
        "20261129T180307.000120Z-policy-mx1-1.jsonl.tmp",
        "20261129T180307.000120Z-policy-mx/1-1.jsonl", "20261129T180307,000120Z-policy-m-1.jsonl",
        "20261129T180307.000120Z-policy-mx1--1.jsonl.gz"}) {
    EXPECT_FALSE(parse_segment_name(name)) << name;
  }
}

TEST(SegmentName, WhatNoHostHasIsReplaced) {
  EXPECT_EQ(segment_host("mx1/..\n"), "mx1_.._");
  EXPECT_EQ(segment_host(""), "_");
  EXPECT_EQ(segment_host(std::string(100, 'a')).size(), 64U);
}

}  // namespace
}  // namespace postern::journal::segment_name_test
