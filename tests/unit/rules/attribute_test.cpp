#include "rules/attribute.h"

#include <gtest/gtest.h>

#include <set>

namespace postern::attribute_test {
namespace {

struct Row {
  Attribute attribute;
  const char* word;
  Stage known;
};

TEST(Attribute, HasAWordAndAStage) {
  for (const Row& r :
       {Row{Attribute::client, "client", Stage::connect},
        Row{Attribute::client_name, "client_name", Stage::connect},
        Row{Attribute::reverse_client_name, "reverse_client_name", Stage::connect},
        Row{Attribute::tls, "tls", Stage::mail}, Row{Attribute::helo, "helo", Stage::helo},
        Row{Attribute::sasl_username, "sasl_username", Stage::mail},
        Row{Attribute::sender, "sender", Stage::mail},
        Row{Attribute::sender_domain, "sender_domain", Stage::mail},
        Row{Attribute::recipient, "recipient", Stage::rcpt},
        Row{Attribute::recipient_domain, "recipient_domain", Stage::rcpt}}) {
    EXPECT_EQ(to_string(r.attribute), r.word);
    EXPECT_EQ(known_from(r.attribute), r.known) << r.word;
  }
}

TEST(Attribute, IsTheRowOfItsNumberAndHasAWordOfItsOwn) {
  std::set<std::string_view> words;
  for (const AttributeInfo& info : attributes()) {
    EXPECT_EQ(&info_of(info.attribute), &info);
    EXPECT_FALSE(info.about.empty()) << info.word;
    EXPECT_TRUE(words.insert(info.word).second) << info.word;
  }
}

TEST(Attribute, IsToldByItselfOrWithOneThatIs) {
  for (const AttributeInfo& info : attributes()) {
    const AttributeInfo& told = info_of(info.told_with);
    EXPECT_EQ(told.told_with, told.attribute) << info.word;
    EXPECT_EQ(told.known_from, info.known_from) << info.word;
    EXPECT_EQ(info.option_type.empty(), &told != &info) << info.word;
  }
}

TEST(Attribute, CanBeComparedOrAskedForAndIsAnsweredThen) {
  for (const AttributeInfo& info : attributes()) {
    const bool asked = info.question.answers != AttributeQuestion::Answers::none;
    EXPECT_EQ(asked, info.question.answer != nullptr) << info.word;
    EXPECT_EQ(asked, !info.question.key.empty()) << info.word;
    const bool differs = info.attribute == Attribute::header_from_differs;
    EXPECT_TRUE(asked || differs || list_kind_of(info.attribute)) << info.word;
  }
}

TEST(Attribute, OfTheMilterAloneIsWhatAPolicyRequestDoesNotSay) {
  for (const AttributeInfo& info : attributes()) {
    const bool refused = info.attribute == Attribute::recipient_refused;
    EXPECT_EQ(info.doors == DoorSet{Door::milter}, refused || info.known_from == Stage::eom)
        << info.word;
    EXPECT_FALSE(info.doors.empty()) << info.word;
  }
}

}  // namespace
}  // namespace postern::attribute_test
