#include "milter/recipient_changes.h"

#include <gtest/gtest.h>

namespace postern::milter::recipient_changes_test {
namespace {

using Capture = RecipientChanges::Capture;
using Texts = std::vector<std::string>;

TEST(RecipientChanges, NoneAtFirst) {
  RecipientChanges changes;
  EXPECT_TRUE(changes.empty());
  changes.take("<ann@a.example>", 0, "", Capture::may);
  EXPECT_TRUE(changes.empty()) << "she gets her mail";
  EXPECT_GT(changes.kept_bytes(), std::string("<ann@a.example>").size());
}

TEST(RecipientChanges, OnlyThoseWhoAreRedirectedAreReplaced) {
  RecipientChanges changes;
  changes.take("<ann@a.example>", 0, "c@cap.example", Capture::may);
  changes.take("<bob@a.example>", 1, "", Capture::may);
  changes.take("<cat@a.example>", 0, "c@cap.example", Capture::may);
  EXPECT_EQ(changes.removed(), (Texts{"<ann@a.example>", "<cat@a.example>"}));
  EXPECT_EQ(changes.redirects(), Texts{"c@cap.example"}) << "one message, one copy of it";
}

TEST(RecipientChanges, AtTheEndThoseWithOneKeyGoTogether) {
  RecipientChanges changes;
  changes.take("<ann@a.example>", 0, "", Capture::may);
  changes.take("<bob@a.example>", 1, "", Capture::may);
  changes.take("<cat@a.example>", 0, "", Capture::may);
  changes.redirect(0, "c@cap.example");
  changes.redirect(1, "");
  EXPECT_EQ(changes.removed(), (Texts{"<ann@a.example>", "<cat@a.example>"}));
}

TEST(RecipientChanges, TheFirstRedirectStays) {
  RecipientChanges changes;
  changes.take("<ann@a.example>", 0, "first@cap.example", Capture::may);
  changes.take("<bob@a.example>", 0, "", Capture::may);
  changes.redirect_all("second@cap.example");
  EXPECT_EQ(changes.redirects(), (Texts{"first@cap.example", "second@cap.example"}));
}

TEST(RecipientChanges, WhatIsForACaptureAddressStaysThere) {
  RecipientChanges changes;
  changes.take("<c@cap.example>", 0, "", Capture::leave);
  changes.take("<ann@a.example>", 0, "", Capture::may);
  changes.redirect_all("c@cap.example");
  EXPECT_EQ(changes.removed(), Texts{"<ann@a.example>"});
}

TEST(RecipientChanges, ARecipientToldTwiceIsRemovedOnce) {
  RecipientChanges changes;
  changes.take("<ann@a.example>", 0, "c@cap.example", Capture::may);
  changes.take("<ann@a.example>", 0, "c@cap.example", Capture::may);
  EXPECT_EQ(changes.removed(), Texts{"<ann@a.example>"});
}

TEST(RecipientChanges, AreBounded) {
  RecipientChanges changes;
  for (int i = 0; i < 5000; ++i) changes.copy("c" + std::to_string(i) + "@cap.example");
  EXPECT_EQ(changes.copies().size(), 100U);
  while (!changes.is_full()) changes.take("<ann@a.example>", 0, "", Capture::may);
  changes.clear();
  EXPECT_FALSE(changes.is_full());
  EXPECT_EQ(changes.kept_bytes(), 0U);
  EXPECT_TRUE(changes.empty());
}

}  // namespace
}  // namespace postern::milter::recipient_changes_test
