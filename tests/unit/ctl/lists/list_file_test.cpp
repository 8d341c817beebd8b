#include "ctl/lists/list_file.h"

#include <gtest/gtest.h>

#include "rules/load/plain_list.h"

namespace postern::ctl::list_file_test {
namespace {

using Lines = std::vector<int>;

// What a daemon reads on a line that was written here.
std::string read_back(lists::ListKind kind, const std::string& text) {
  const auto list = lists::make_list(kind, "list");
  Diagnostics diagnostics;
  load::load_plain_list(text, "list", *list, diagnostics);
  EXPECT_TRUE(list->build());
  if (diagnostics.has_errors() || list->entries().size() != 1) return diagnostics.to_string();
  const lists::EntryData* data = list->entries().data(0);
  return list->entry_text(0) + (data != nullptr ? "|" + data->reason : "");
}

TEST(ListEdit, EqualEntriesHaveOneForm) {
  EXPECT_EQ(canonical_entry(lists::ListKind::domain, "BÜCHER.example.").value(),
            "xn--bcher-kva.example");
  EXPECT_EQ(canonical_entry(lists::ListKind::domain, ".A.Example").value(), ".a.example");
  EXPECT_EQ(canonical_entry(lists::ListKind::network, "::ffff:192.0.2.0/120").value(),
            "192.0.2.0/24");
  EXPECT_EQ(canonical_entry(lists::ListKind::address, "User@A.example").value(), "user@a.example");
  EXPECT_EQ(canonical_entry(lists::ListKind::text, "Alice").value(), "Alice");
  EXPECT_FALSE(canonical_entry(lists::ListKind::domain, "a b"));
  EXPECT_FALSE(canonical_entry(lists::ListKind::network, "a.example"));
}

TEST(ListEdit, FindsEveryLineOfAnEntry) {
  const std::string text =
      "# a.example\n"
      "A.example.\n"
      "  a.example  reason=x # y\n"
      ".a.example\r\n"
      "\n"
      "\"a.example\"\n"
      "a.example.org\n"
      "a.example";
  EXPECT_EQ(lines_of_entry(text, lists::ListKind::domain, "a.example"), (Lines{2, 3, 6, 8}));
  EXPECT_EQ(lines_of_entry(text, lists::ListKind::domain, ".a.example"), (Lines{4}));
  EXPECT_EQ(lines_of_entry(text, lists::ListKind::domain, "b.example"), (Lines{}));
}

TEST(ListEdit, FindsOtherSpellings) {
  EXPECT_EQ(lines_of_entry("bücher.example\n", lists::ListKind::domain, "xn--bcher-kva.example"),
            (Lines{1}));
  EXPECT_EQ(lines_of_entry("\xef\xbb\xbf"
                           "a.example\n",
                           lists::ListKind::domain, "a.example"),
            (Lines{1}));
  EXPECT_EQ(lines_of_entry("192.0.2.0/32\n192.0.2.0/24\n", lists::ListKind::network, "192.0.2.0"),
            (Lines{1}));
  EXPECT_EQ(lines_of_entry("USER@a.EXAMPLE\n<>\n", lists::ListKind::address, "user@a.example"),
            (Lines{1}));
  EXPECT_EQ(lines_of_entry("b.example!a\na%b.example\na@b.example\n\"a!b.example\"\n",
                           lists::ListKind::address, "a@b.example"),
            (Lines{1, 2, 3}));
  EXPECT_EQ(lines_of_entry("a!b@c.example\na!b\n", lists::ListKind::address, "a!b@c.example"),
            (Lines{1}));
  EXPECT_EQ(lines_of_entry("mail..*\nmail.*\n", lists::ListKind::domain, "mail.*"), (Lines{1, 2}));
  EXPECT_EQ(lines_of_entry("alice\nAlice\n", lists::ListKind::text, "Alice"), (Lines{2}));
  EXPECT_EQ(lines_of_entry("\"~a b\"\n~a\n", lists::ListKind::domain, "~a b"), (Lines{1}));
}

TEST(ListEdit, AddsALineAtTheEnd) {
  EXPECT_EQ(with_entry("", "a.example", {}), "a.example\n");
  EXPECT_EQ(with_entry("x\n", "a.example", {}), "x\na.example\n");
  EXPECT_EQ(with_entry("x", "a.example", {}), "x\na.example\n");
  EXPECT_EQ(with_entry("x\r\ny", "a.example", {}), "x\r\ny\r\na.example\r\n");
  EXPECT_EQ(with_entry("x\r\ny\r", "a.example", {}), "x\r\ny\r\na.example\r\n");
  EXPECT_EQ(with_entry("x\ny\r", "a.example", {}), "x\ny\r\na.example\n");
  EXPECT_EQ(with_entry("x\r", "a.example", {}), "x\r\na.example\n");
  EXPECT_EQ(with_entry("\r", "a.example", {}), "\r\na.example\n");
  EXPECT_EQ(with_entry("\xef\xbb\xbf", "a.example", {}),
            "\xef\xbb\xbf"
            "a.example\n");
  EXPECT_EQ(with_entry("x\n", "a.example",
                       {{"reason", "ticket 4711"}, {"owner", "drj"}, {"then", std::nullopt}}),
            "x\na.example reason=\"ticket 4711\" owner=drj\n");
}

TEST(ListEdit, WhatIsWrittenIsReadAsItWasMeant) {
  for (const std::string reason :
       {"a", "a b", "say \"no\"", "C:\\new", "\\", "\"", "#1", "a#1", "a=b", "ümlaut ü"}) {
    EXPECT_EQ(read_back(lists::ListKind::domain, with_entry("", "a.example", {{"reason", reason}})),
              "a.example|" + reason);
  }
  for (const std::string value : {"~a b", "~^\\d+\\.a\\.example$", "~\"", "~a\\\\b c"}) {
    EXPECT_EQ(read_back(lists::ListKind::domain, with_entry("", value, {})), value);
  }
  EXPECT_EQ(read_back(lists::ListKind::text, with_entry("", "#4711", {})), "#4711");
}

TEST(ListEdit, SetsWordsAndLeavesTheRestOfTheLine) {
  const std::string line = "  a.example\treason=\"old one\"  owner=drj # by hand";
  EXPECT_EQ(with_words(line, {{"reason", "new"}}), "  a.example\treason=new  owner=drj # by hand");
  EXPECT_EQ(with_words(line, {{"expires", "2027-01-31"}}),
            "  a.example\treason=\"old one\"  owner=drj expires=2027-01-31 # by hand");
  EXPECT_EQ(with_words(line, {{"reason", std::nullopt}}), "  a.example  owner=drj # by hand");
  EXPECT_EQ(with_words(line, {{"expires", std::nullopt}}), line);
  EXPECT_EQ(with_words("a.example", {{"reason", "x"}, {"then", "discard"}}),
            "a.example reason=x then=discard");
}

TEST(ListEdit, ReplacesOneLine) {
  EXPECT_EQ(with_line_replaced("a\r\nb\r\nc", 2, "x"), "a\r\nx\r\nc");
  EXPECT_EQ(with_line_replaced("a\nb", 2, "x"), "a\nx");
  EXPECT_EQ(line_at("a\r\nb\r\nc", 2), "b");
}

TEST(ListEdit, TakesLinesAway) {
  EXPECT_EQ(without_lines("a\nb\n\n# c\nb\n", {2, 5}), "a\n\n# c\n");
  EXPECT_EQ(without_lines("a\nb", {2}), "a\n");
  EXPECT_EQ(without_lines("\xef\xbb\xbf"
                          "a\nb\n",
                          {1}),
            "\xef\xbb\xbf"
            "b\n");
  EXPECT_EQ(without_lines("a\n", {}), "a\n");
  // Two files with a mark each, one behind the other.
  const std::string joined =
      "b\n\xef\xbb\xbf"
      "a\n";
  EXPECT_EQ(lines_of_entry(without_lines(joined, {1}), lists::ListKind::text,
                           "\xef\xbb\xbf"
                           "a"),
            (Lines{1}));
  EXPECT_EQ(lines_of_entry(without_lines(joined, {1}), lists::ListKind::text, "a"), (Lines{}));
}

TEST(ListEdit, TheValueOfAWord) {
  const char* line = "a.example reason=\"not expires=1 \\\"x\\\"\" expires=2026-12-01 # owner=ann";
  EXPECT_EQ(word_of(line, "expires"), "2026-12-01");
  EXPECT_EQ(word_of(line, "reason"), "not expires=1 \"x\"");
  EXPECT_EQ(word_of(line, "owner"), std::nullopt);
  EXPECT_EQ(word_of("expires=2026-12-01", "expires"), std::nullopt) << "this is the entry";
  EXPECT_EQ(word_of("", "expires"), std::nullopt);
}

}  // namespace
}  // namespace postern::ctl::list_file_test
