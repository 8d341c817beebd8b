#include "ctl/entry_edit.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

using Kind = EntryEdit::Kind;

const UtcTime kNow = parse_expiry("2026-11-21T12:00:00Z").value();

EntryEdit put(const std::string& text, std::vector<EntryWord> words) {
  return put_entry(text, ListKind::domain, {"a.example", "a.example", std::move(words)}, kNow);
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

TEST(EntryEdit, WhatHasExpiredBeginsAnew) {
  EXPECT_EQ(put("a.example expires=2026-11-20 reason=x\n", {}).text, "a.example reason=x\n");
  EXPECT_EQ(put("a.example expires=2026-11-20\n", {{"expires", "2027-01-31"}}).text,
            "a.example expires=2027-01-31\n");
  EXPECT_EQ(put("a.example expires=2026-11-22\n", {}).kind, Kind::none);
}

TEST(EntryEdit, EveryLineOfTheEntryIsAltered) {
  const EntryEdit edit = put("a.example\nb.example\nA.EXAMPLE\n", {{"then", "discard"}});
  EXPECT_EQ(edit.text, "a.example then=discard\nb.example\nA.EXAMPLE then=discard\n");
  EXPECT_EQ(edit.lines, (std::vector<int>{1, 3}));
}

TEST(EntryEdit, TakesTheEntryOutAndNoOther) {
  const EntryEdit edit =
      take_entry_out("# a\na.example # x\n.a.example\nb\n", ListKind::domain, "a.example");
  EXPECT_EQ(edit.kind, Kind::removed);
  EXPECT_EQ(edit.text, "# a\n.a.example\nb\n");
  EXPECT_EQ(edit.lines, std::vector<int>{2});
  EXPECT_EQ(edit.shown, std::vector<std::string>{"a.example # x"});
}

TEST(EntryEdit, WhatIsNotThereCannotBeTakenOut) {
  const EntryEdit edit = take_entry_out("b.example\n", ListKind::domain, "a.example");
  EXPECT_EQ(edit.kind, Kind::none);
  EXPECT_EQ(edit.text, "b.example\n");
}

}  // namespace
}  // namespace postern
