#include "rules/load/plain_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/lists/domain_list.h"
#include "rules/lists/text_list.h"

namespace postern::load::plain_list_test {
namespace {

using testing::HasSubstr;

struct Loaded {
  lists::TextList list{"l"};
  Diagnostics diagnostics;
  explicit Loaded(std::string_view text) { load_plain_list(text, "l.txt", list, diagnostics); }
  [[nodiscard]] std::string key(lists::EntryId id) const {
    return std::string(list.entries().key(id));
  }
  [[nodiscard]] const lists::EntryData& data(lists::EntryId id) const {
    return *list.entries().data(id);
  }
};

TEST(PlainList, OneEntryALine) {
  const Loaded loaded(
      "# head\n\n  a.example\t# why\r\nb\n   \n\t\n#c\nd#e\n\"bob smith\" owner=x\nlast");
  EXPECT_EQ(loaded.diagnostics.to_string(), "");
  ASSERT_EQ(loaded.list.entries().size(), 5U);
  const char* keys[] = {"a.example", "b", "d#e", "bob smith", "last"};
  const int lines[] = {3, 4, 8, 9, 10};
  for (lists::EntryId id = 0; id < 5; ++id) {
    EXPECT_EQ(loaded.key(id), keys[id]);
    EXPECT_EQ(loaded.list.entries().line(id), lines[id]);
  }
}

TEST(PlainList, NothingAndAByteOrderMark) {
  for (const char* text : {"", "\n", "\n\n", "# only", "\xef\xbb\xbf", "\r\n", "   "}) {
    const Loaded loaded(text);
    EXPECT_EQ(loaded.list.entries().size(), 0U) << text;
    EXPECT_EQ(loaded.diagnostics.to_string(), "") << text;
  }
  const Loaded marked(
      "\xef\xbb\xbf"
      "a\n");
  ASSERT_EQ(marked.list.entries().size(), 1U);
  EXPECT_EQ(marked.key(0), "a");
}

TEST(PlainList, WhatElseThereIsToSay) {
  const Loaded loaded(
      "a reason=\"ticket 4711 # not a comment\" owner=drj expires=2026-12-31 then=\"reject 550 "
      "\\\"No\\\"\" # done\nb then=pass\nc reason=\"\"\n");
  ASSERT_EQ(loaded.diagnostics.to_string(), "");
  EXPECT_EQ(loaded.data(0).reason, "ticket 4711 # not a comment");
  EXPECT_EQ(loaded.data(0).owner, "drj");
  EXPECT_EQ(loaded.data(0).expires, parse_expiry("2026-12-31").value());
  ASSERT_TRUE(loaded.data(0).then);
  EXPECT_EQ(std::get<Reject>(*loaded.data(0).then).reply.to_string(), "550 5.7.1 No");
  EXPECT_EQ(kind_of(*loaded.data(1).then), ActionKind::pass);
  EXPECT_EQ(loaded.list.entries().data(2), nullptr);
}

struct Wrong {
  std::string line;
  const char* said;
};

TEST(PlainList, RefusesWithTheLine) {
  const Wrong cases[] = {
      {"b because", "found 'because' behind the value, want reason=, owner=, expires= or then="},
      {"b until=2026", "found 'until=', want reason="},
      {"b =x", "found '=', want reason="},
      {"b expires=tomorrow", "tomorrow"},
      {"b expires=2026-02-30", "2026-02-30"},
      {"b expires=", "is not a day or time"},
      {"b then=rejct", "'rejct' is not an action"},
      {"b then=\"delay 5s\"", "delay cannot be the action of an entry"},
      {"b then=\"skip x\"", "skip cannot be the action"},
      {"b then=", "'' is not an action"},
      {"b reason=\"open", "the closing '\"'"},
      {"b reason=\"x\\", "the closing '\"'"},
      {"b reason=\"x\"y", "the closing '\"'"},
      {"\"open", "the closing '\"'"},
      {"~^b#\"c", "found '~^b#\"c' without the closing '\"'"},
      {"b reason=x\"y owner=z", "found 'reason=x\"y owner=z' without the closing '\"'"},
      {"\"\"", "an empty value"},
      {"~(", "is not a regular expression"},
      {"~", "would match everything"},
      {std::string("b\0c", 3), "the line holds a NUL byte"},
      {"b\rc", "the line holds a carriage return; want lines that end with LF or CRLF"},
      {"# head\rb\rc\r", "the line holds a carriage return"},
      {std::string(kMaxListLine + 1, 'x'), "the line has 4097 bytes, want at most 4096"},
  };
  for (const Wrong& c : cases) {
    const Loaded loaded("a\n" + c.line + "\nz\n");
    EXPECT_THAT(loaded.diagnostics.to_string(), HasSubstr("l.txt:2:1: error: ")) << c.line;
    EXPECT_THAT(loaded.diagnostics.to_string(), HasSubstr(c.said)) << c.line;
    EXPECT_EQ(loaded.diagnostics.errors(), 1) << c.line;
    const auto last = static_cast<lists::EntryId>(loaded.list.entries().size() - 1);
    EXPECT_EQ(loaded.key(last), "z") << "the rest of the file is read: " << c.line;
  }
}

TEST(PlainList, TheLongestLineFits) {
  const Loaded loaded(std::string(kMaxListLine, 'x') + "\r\n");
  EXPECT_EQ(loaded.diagnostics.to_string(), "");
  EXPECT_EQ(loaded.key(0).size(), kMaxListLine);
}

TEST(PlainList, LineEndsOfEverySystemAndHalfOfOne) {
  const Loaded loaded("a\r\n# b\r\r\nc # d\r\r\ne\nf\r");
  EXPECT_EQ(loaded.diagnostics.to_string(), "");
  ASSERT_EQ(loaded.list.entries().size(), 4U);
  EXPECT_EQ(loaded.key(1), "c");
  EXPECT_EQ(loaded.key(3), "f");
}

TEST(PlainList, ReportsAreBounded) {
  for (int wrong : {kMaxReported - 1, kMaxReported, kMaxReported + 50}) {
    std::string text;
    for (int i = 0; i < wrong; ++i) text += "b because\n";
    const Loaded loaded(text);
    const bool cut = wrong >= kMaxReported;
    EXPECT_EQ(loaded.diagnostics.errors(), cut ? kMaxReported + 1 : wrong);
    EXPECT_EQ(loaded.diagnostics.to_string().find("is not looked at") != std::string::npos, cut);
  }
}

TEST(PlainList, ValuesAreTheLists) {
  lists::DomainList list("d");
  Diagnostics diagnostics;
  load_plain_list("good.example\nbad..example\n*.x.example\n", "d.txt", list, diagnostics);
  EXPECT_EQ(list.entries().size(), 2U);
  EXPECT_THAT(diagnostics.to_string(),
              HasSubstr("d.txt:2:1: error: 'bad..example' is not a domain"));
}

}  // namespace
}  // namespace postern::load::plain_list_test
