// What the state of a session keeps of the message header.
#include <gtest/gtest.h>

#include <string>

#include "common/mime/header_text.h"
#include "tests/unit/milter/session_state_fixture.h"

namespace postern::milter::session_state_header_test {
namespace {

using Tls = SessionState::Tls;

Texts names_of(const std::vector<CutField>& cut) {
  Texts names;
  for (const CutField& one : cut) names.push_back(one.name);
  return names;
}

TEST_F(SessionStates, FieldsThatAreWantedAndNoOthers) {
  up_to_mail();
  state_.header("SUBJECT", "=?utf-8?q?caf=C3=A9?=\r\n again");
  state_.header("X-Other", "not wanted");
  state_.header("", "no name");
  state_.header("Subject", "second");
  EXPECT_FALSE(now().header) << "not before the end";
  state_.end_of_message();
  ASSERT_TRUE(now().header);
  ASSERT_EQ(now().header->fields.size(), 2U);
  EXPECT_EQ(now().header->fields[0].name, "subject");
  EXPECT_EQ(now().header->fields[0].text, "caf\xc3\xa9 again");
  EXPECT_EQ(now().header->fields[1].text, "second");
  EXPECT_TRUE(now().header->from.empty());
}

TEST_F(SessionStates, NoFieldsWantedAreNone) {
  state_.begin(Tls::told, {});
  up_to_mail();
  state_.header("Subject", "x");
  state_.header("From", "a@b.example");
  state_.end_of_message();
  ASSERT_TRUE(now().header);
  EXPECT_TRUE(now().header->fields.empty());
  EXPECT_TRUE(now().header->from.empty());
}

TEST_F(SessionStates, TheMailboxesOfAllFromFields) {
  up_to_mail();
  state_.header("From", "\"A\" <a@a.example>, b@b.example");
  state_.header("from", "C <c@C.example>");
  state_.end_of_message();
  EXPECT_EQ(texts(now().header->from), (Texts{"a@a.example", "b@b.example", "c@c.example"}));
  EXPECT_EQ(now().header->fields.size(), 2U);
}

TEST_F(SessionStates, FieldsAreBoundedByName) {
  up_to_mail();
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 100; ++i) {
    state_.header("X-Other", kilobyte);
    state_.header("List-Id", kilobyte);
  }
  state_.header("Subject", "seen, whatever the others are like");
  state_.end_of_message();
  std::size_t bytes = 0;
  for (const HeaderField& field : now().header->fields) bytes += field.text.size();
  EXPECT_LE(bytes, SessionState::kMaxFieldBytes + 100);
  EXPECT_EQ(names_of(now().header->cut), Texts{"list-id"});
  EXPECT_EQ(now().header->fields.back().name, "subject");
}

TEST_F(SessionStates, OfAFieldAsMuchIsKeptAsTheSettingsSay) {
  state_.begin(Tls::told, kFields, 1024);
  up_to_mail();
  state_.header("Subject", "begins " + std::string(2000, 'x'));
  state_.header("List-Id", std::string(900, 'y'));
  state_.end_of_message();
  ASSERT_EQ(now().header->fields.size(), 2U);
  EXPECT_TRUE(now().header->fields[0].text.starts_with("begins x"));
  EXPECT_LE(now().header->fields[0].text.size(), 1024U);
  EXPECT_EQ(now().header->fields[1].text.size(), 900U);
  EXPECT_EQ(names_of(now().header->cut), Texts{"subject"});
}

TEST_F(SessionStates, OfManyFromFieldsTheFirstMailboxesAreKept) {
  up_to_mail();
  for (int field = 0; field < 50; ++field) {
    std::string value;
    for (int i = 0; i < 10; ++i) value += "m" + std::to_string(field * 10 + i) + "@a.example, ";
    state_.header("From", value);
  }
  state_.end_of_message();
  ASSERT_EQ(now().header->from.size(), SessionState::kMaxFromMailboxes);
  EXPECT_EQ(now().header->from.back().text(), "m99@a.example");
  EXPECT_EQ(names_of(now().header->cut), Texts{"from"});
}

TEST_F(SessionStates, OfALongFieldTheBeginningIsKept) {
  up_to_mail();
  state_.header("Subject", "begins " + std::string(2 * SessionState::kMaxFieldBytes, 'x'));
  state_.header("From",
                "a@a.example, " + std::string(SessionState::kMaxFieldBytes, ' ') + "b@b.example");
  state_.end_of_message();
  ASSERT_EQ(now().header->fields.size(), 2U);
  EXPECT_TRUE(now().header->fields[0].text.starts_with("begins x"));
  EXPECT_LE(now().header->fields[0].text.size(), SessionState::kMaxFieldBytes);
  EXPECT_EQ(names_of(now().header->cut), (Texts{"subject", "from"}));
  EXPECT_TRUE(now().header->from.empty()) << "a mailbox that was cut is another one";
}

TEST_F(SessionStates, ATextThatGrowsBeyondItsRoomIsCut) {
  up_to_mail();
  std::string growing;  // each byte of the word becomes the three of U+FFFD
  while (growing.size() < 30000) growing += "=?us-ascii?b?/////////////////////////////w==?= ";
  state_.header("Subject", growing);
  state_.end_of_message();
  EXPECT_EQ(names_of(now().header->cut), Texts{"subject"});
}

TEST_F(SessionStates, MoreMailboxesThanAreKeptAreCut) {
  up_to_mail();
  std::string from = "a0@a.example";
  for (std::size_t i = 1; i < mime::kMaxMailboxes + 5; ++i) {
    from += ", a" + std::to_string(i) + "@a.example";
  }
  state_.header("From", from);
  state_.end_of_message();
  EXPECT_EQ(now().header->from.size(), mime::kMaxMailboxes);
  EXPECT_EQ(names_of(now().header->cut), Texts{"from"});
}

TEST_F(SessionStates, HowMuchWasCutIsCounted) {
  up_to_mail();
  constexpr std::size_t kRoom = SessionState::kMaxFieldBytes - 64;  // beside the field itself
  state_.header("Subject", std::string(kRoom, 'x'));
  state_.end_of_message();
  EXPECT_TRUE(now().header->cut.empty()) << "just fits";
  state_.mail("<a@b.example>", {});
  state_.header("Subject", std::string(kRoom + 1, 'x'));
  for (int i = 0; i < 3; ++i) state_.header("Subject", "later");
  state_.end_of_message();
  EXPECT_EQ(now().header->cut, (std::vector<CutField>{{"subject", 4, 16}}));
  EXPECT_EQ(now().header->fields.size(), 1U);
}

TEST_F(SessionStates, WhatWasCutIsForgottenWithItsMessage) {
  up_to_mail();
  state_.header("Subject", std::string(2 * SessionState::kMaxFieldBytes, 'x'));
  state_.end_of_message();
  state_.end();
  state_.mail("<a@b.example>", {});
  state_.header("Subject", "short");
  state_.end_of_message();
  EXPECT_TRUE(now().header->cut.empty());
  EXPECT_EQ(now().header->fields.size(), 1U);
}

TEST_F(SessionStates, TheHeaderOfAMessageIsNotThatOfTheNext) {
  up_to_mail();
  state_.header("Subject", "first");
  state_.end_of_message();
  state_.end();
  state_.mail("<a@b.example>", {});
  EXPECT_FALSE(now().header);
  state_.end_of_message();
  EXPECT_TRUE(now().header->fields.empty());
}

}  // namespace
}  // namespace postern::milter::session_state_header_test
