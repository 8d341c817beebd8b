// What a conversation keeps of the message header.
#include <gtest/gtest.h>

#include <string>

#include "common/mime/header_text.h"
#include "tests/unit/milter/conversation_rig.h"

namespace postern::milter {
namespace {

using Tls = Conversation::Tls;

Texts names_of(const std::vector<CutField>& cut) {
  Texts names;
  for (const CutField& one : cut) names.push_back(one.name);
  return names;
}

TEST_F(Conversations, FieldsThatAreWantedAndNoOthers) {
  up_to_mail();
  conversation_.header("SUBJECT", "=?utf-8?q?caf=C3=A9?=\r\n again");
  conversation_.header("X-Other", "not wanted");
  conversation_.header("", "no name");
  conversation_.header("Subject", "second");
  EXPECT_FALSE(now().header) << "not before the end";
  conversation_.end_of_message();
  ASSERT_TRUE(now().header);
  ASSERT_EQ(now().header->fields.size(), 2U);
  EXPECT_EQ(now().header->fields[0].name, "subject");
  EXPECT_EQ(now().header->fields[0].text, "caf\xc3\xa9 again");
  EXPECT_EQ(now().header->fields[1].text, "second");
  EXPECT_TRUE(now().header->from.empty());
}

TEST_F(Conversations, NoFieldsWantedAreNone) {
  conversation_.begin(Tls::told, {});
  up_to_mail();
  conversation_.header("Subject", "x");
  conversation_.header("From", "a@b.example");
  conversation_.end_of_message();
  ASSERT_TRUE(now().header);
  EXPECT_TRUE(now().header->fields.empty());
  EXPECT_TRUE(now().header->from.empty());
}

TEST_F(Conversations, TheMailboxesOfAllFromFields) {
  up_to_mail();
  conversation_.header("From", "\"A\" <a@a.example>, b@b.example");
  conversation_.header("from", "C <c@C.example>");
  conversation_.end_of_message();
  EXPECT_EQ(texts(now().header->from), (Texts{"a@a.example", "b@b.example", "c@c.example"}));
  EXPECT_EQ(now().header->fields.size(), 2U);
}

TEST_F(Conversations, FieldsAreBoundedByName) {
  up_to_mail();
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 100; ++i) {
    conversation_.header("X-Other", kilobyte);
    conversation_.header("List-Id", kilobyte);
  }
  conversation_.header("Subject", "seen, whatever the others are like");
  conversation_.end_of_message();
  std::size_t bytes = 0;
  for (const HeaderField& field : now().header->fields) bytes += field.text.size();
  EXPECT_LE(bytes, Conversation::kMaxFieldBytes + 100);
  EXPECT_EQ(names_of(now().header->cut), Texts{"list-id"});
  EXPECT_EQ(now().header->fields.back().name, "subject");
}

TEST_F(Conversations, OfAFieldAsMuchIsKeptAsTheSettingsSay) {
  conversation_.begin(Tls::told, kFields, 1024);
  up_to_mail();
  conversation_.header("Subject", "begins " + std::string(2000, 'x'));
  conversation_.header("List-Id", std::string(900, 'y'));
  conversation_.end_of_message();
  ASSERT_EQ(now().header->fields.size(), 2U);
  EXPECT_TRUE(now().header->fields[0].text.starts_with("begins x"));
  EXPECT_LE(now().header->fields[0].text.size(), 1024U);
  EXPECT_EQ(now().header->fields[1].text.size(), 900U);
  EXPECT_EQ(names_of(now().header->cut), Texts{"subject"});
}

TEST_F(Conversations, OfManyFromFieldsTheFirstMailboxesAreKept) {
  up_to_mail();
  for (int field = 0; field < 50; ++field) {
    std::string value;
    for (int i = 0; i < 10; ++i) value += "m" + std::to_string(field * 10 + i) + "@a.example, ";
    conversation_.header("From", value);
  }
  conversation_.end_of_message();
  ASSERT_EQ(now().header->from.size(), Conversation::kMaxFromMailboxes);
  EXPECT_EQ(now().header->from.back().text(), "m99@a.example");
  EXPECT_EQ(names_of(now().header->cut), Texts{"from"});
}

TEST_F(Conversations, OfALongFieldTheBeginningIsKept) {
  up_to_mail();
  conversation_.header("Subject", "begins " + std::string(2 * Conversation::kMaxFieldBytes, 'x'));
  conversation_.header(
      "From", "a@a.example, " + std::string(Conversation::kMaxFieldBytes, ' ') + "b@b.example");
  conversation_.end_of_message();
  ASSERT_EQ(now().header->fields.size(), 2U);
  EXPECT_TRUE(now().header->fields[0].text.starts_with("begins x"));
  EXPECT_LE(now().header->fields[0].text.size(), Conversation::kMaxFieldBytes);
  EXPECT_EQ(names_of(now().header->cut), (Texts{"subject", "from"}));
  EXPECT_TRUE(now().header->from.empty()) << "a mailbox that was cut is another one";
}

TEST_F(Conversations, ATextThatGrowsBeyondItsRoomIsCut) {
  up_to_mail();
  std::string growing;  // each byte of the word becomes the three of U+FFFD
  while (growing.size() < 30000) growing += "=?us-ascii?b?/////////////////////////////w==?= ";
  conversation_.header("Subject", growing);
  conversation_.end_of_message();
  EXPECT_EQ(names_of(now().header->cut), Texts{"subject"});
}

TEST_F(Conversations, MoreMailboxesThanAreKeptAreCut) {
  up_to_mail();
  std::string from = "a0@a.example";
  for (std::size_t i = 1; i < mime::kMaxMailboxes + 5; ++i) {
    from += ", a" + std::to_string(i) + "@a.example";
  }
  conversation_.header("From", from);
  conversation_.end_of_message();
  EXPECT_EQ(now().header->from.size(), mime::kMaxMailboxes);
  EXPECT_EQ(names_of(now().header->cut), Texts{"from"});
}

TEST_F(Conversations, HowMuchWasCutIsCounted) {
  up_to_mail();
  constexpr std::size_t kRoom = Conversation::kMaxFieldBytes - 64;  // beside the field itself
  conversation_.header("Subject", std::string(kRoom, 'x'));
  conversation_.end_of_message();
  EXPECT_TRUE(now().header->cut.empty()) << "just fits";
  conversation_.mail("<a@b.example>", {});
  conversation_.header("Subject", std::string(kRoom + 1, 'x'));
  for (int i = 0; i < 3; ++i) conversation_.header("Subject", "later");
  conversation_.end_of_message();
  EXPECT_EQ(now().header->cut, (std::vector<CutField>{{"subject", 4, 16}}));
  EXPECT_EQ(now().header->fields.size(), 1U);
}

TEST_F(Conversations, WhatWasCutIsForgottenWithItsMessage) {
  up_to_mail();
  conversation_.header("Subject", std::string(2 * Conversation::kMaxFieldBytes, 'x'));
  conversation_.end_of_message();
  conversation_.end();
  conversation_.mail("<a@b.example>", {});
  conversation_.header("Subject", "short");
  conversation_.end_of_message();
  EXPECT_TRUE(now().header->cut.empty());
  EXPECT_EQ(now().header->fields.size(), 1U);
}

TEST_F(Conversations, TheHeaderOfAMessageIsNotThatOfTheNext) {
  up_to_mail();
  conversation_.header("Subject", "first");
  conversation_.end_of_message();
  conversation_.end();
  conversation_.mail("<a@b.example>", {});
  EXPECT_FALSE(now().header);
  conversation_.end_of_message();
  EXPECT_TRUE(now().header->fields.empty());
}

}  // namespace
}  // namespace postern::milter
