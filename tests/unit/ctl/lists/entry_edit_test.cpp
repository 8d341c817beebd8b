#include "ctl/lists/list_file.h"

#include <gtest/gtest.h>

namespace postern::ctl::entry_edit_test {
namespace {

using Kind = EntryEdit::Kind;

EntryEdit put(const std::string& text, std::vector<EntryWord> words) {
  return add_entry(text, lists::ListKind::domain, {"a.example", "a.example", std::move(words)});
}

TEST(EntryEdit, AddsWhatIsNotThere) {
  const EntryEdit edit = put("# list\nb.example", {{"reason", "x"}, {"expires", std::nullopt}});
  EXPECT_EQ(edit.kind, Kind::added);
  EXPECT_EQ(edit.text, "# list\nb.example\na.example reason=x\n");
  EXPECT_EQ(edit.lines, std::vector<int>{3});
  EXPECT_EQ(edit.shown, std::vector<std::string>{"a.example reason=x"});
}

TEST(EntryEdit, WhatIsThereStaysAsItIs) {
  const std::string text = "A.example owner=drj\n";
  const EntryEdit edit = put(text, {{"owner", "ann"}, {"reason", std::nullopt}});
  EXPECT_EQ(edit.kind, Kind::none);
  EXPECT_EQ(edit.text, text);
  EXPECT_EQ(edit.lines, std::vector<int>{1});
}

TEST(EntryEdit, WhatIsThereTakesNewWords) {
  const EntryEdit edit = put("a.example owner=drj expires=2027-01-31\n",
                             {{"reason", "y"}, {"owner", "ann"}, {"expires", "2027-06-30"}});
  EXPECT_EQ(edit.kind, Kind::altered);
  EXPECT_EQ(edit.text, "a.example owner=drj expires=2027-06-30 reason=y\n");
}

TEST(EntryEdit, WithoutAnExpiryItIsToStay) {
  const EntryEdit edit =
      put("a.example expires=2026-12-01 reason=x\n", {{"expires", std::nullopt}});
  EXPECT_EQ(edit.text, "a.example reason=x\n");
  EXPECT_EQ(edit.notes, std::vector<std::string>{"was until 2026-12-01, now without end"});
  EXPECT_EQ(put("a.example expires=2026-12-01 reason=x\n", {}).text, "a.example reason=x\n");
}

TEST(EntryEdit, ANewExpiryTakesThePlaceOfTheOld) {
  const auto until = [](const char* line, const char* expires) {
    const EntryEdit edit = put(line, {{"expires", expires}});
    EXPECT_EQ(edit.text, "a.example expires=" + std::string(expires) + "\n");
    return edit.notes;
  };
  EXPECT_EQ(until("a.example expires=2026-12-01\n", "2027-01-31"), std::vector<std::string>{});
  EXPECT_EQ(until("a.example expires=2026-12-01\n", "2026-11-22T12:00:00Z"),
            std::vector<std::string>{
                "was until 2026-12-01, now until 2026-11-22T12:00:00Z, which is sooner"});
  EXPECT_EQ(
      until("a.example expires=\"2026-12-01\"\n", "2026-11-30"),
      std::vector<std::string>{"was until 2026-12-01, now until 2026-11-30, which is sooner"});
  EXPECT_EQ(until("a.example\n", "2027-01-31"),
            std::vector<std::string>{"was without end, now until 2027-01-31"});
}

// Words behind an open quote would become part of the value.
TEST(EntryEdit, ALineWhoseQuoteDoesNotEndIsNoEntry) {
  const std::string text = "~^b#\"a\n";
  const EntryEdit edit =
      add_entry(text, lists::ListKind::text, {"~^b#\"a", "~^b#\"a", {{"reason", "x"}}});
  EXPECT_EQ(edit.kind, Kind::added);
  EXPECT_EQ(edit.text, text + "\"~^b#\\\"a\" reason=x\n");
  EXPECT_EQ(remove_entry(text, lists::ListKind::text, "~^b#\"a").kind, Kind::none);
}

TEST(EntryEdit, LinesOfOneEntryAreToldOnce) {
  const EntryEdit edit = put("a.example expires=2026-12-01\nA.example expires=2026-12-01\n", {});
  EXPECT_EQ(edit.text, "a.example\nA.example\n");
  EXPECT_EQ(edit.notes.size(), 1U);
}

TEST(EntryEdit, EveryLineOfTheEntryIsAltered) {
  const EntryEdit edit = put("a.example\nb.example\nA.EXAMPLE\n", {{"then", "discard"}});
  EXPECT_EQ(edit.text, "a.example then=discard\nb.example\nA.EXAMPLE then=discard\n");
  EXPECT_EQ(edit.lines, (std::vector<int>{1, 3}));
}

TEST(EntryEdit, TakesTheEntryOutAndNoOther) {
  const EntryEdit edit =
      remove_entry("# a\na.example # x\n.a.example\nb\n", lists::ListKind::domain, "a.example");
  EXPECT_EQ(edit.kind, Kind::removed);
  EXPECT_EQ(edit.text, "# a\n.a.example\nb\n");
  EXPECT_EQ(edit.lines, std::vector<int>{2});
  EXPECT_EQ(edit.shown, std::vector<std::string>{"a.example # x"});
}

TEST(EntryEdit, WhatIsNotThereCannotBeTakenOut) {
  const EntryEdit edit = remove_entry("b.example\n", lists::ListKind::domain, "a.example");
  EXPECT_EQ(edit.kind, Kind::none);
  EXPECT_EQ(edit.text, "b.example\n");
}

}  // namespace
}  // namespace postern::ctl::entry_edit_test
