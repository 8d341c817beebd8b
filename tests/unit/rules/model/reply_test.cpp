#include "rules/model/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::reply_test {
namespace {

using testing::HasSubstr;

const SmtpReply kReject{550, {5, 7, 1}, "No"};
const SmtpReply kDefer{451, {4, 7, 1}, "Later"};

struct Case {
  std::string text;
  const SmtpReply* defaults;
  std::string wanted;
};

TEST(Reply, WhatIsMissingComesFromTheDefaults) {
  const Case cases[] = {
      {"", &kReject, "550 5.7.1 No"},
      {"", &kDefer, "451 4.7.1 Later"},
      {"554", &kReject, "554 5.7.1 No"},
      {"550 5.1.8", &kReject, "550 5.1.8 No"},
      {"5.1.8", &kReject, "550 5.1.8 No"},
      {"5.1.8 Gone", &kReject, "550 5.1.8 Gone"},
      {"Go away", &kReject, "550 5.7.1 Go away"},
      {"\"Go away\"", &kReject, "550 5.7.1 Go away"},
      {"554 \"Go away\"", &kReject, "554 5.7.1 Go away"},
      {"554 5.7.0 \"Go away\"", &kReject, "554 5.7.0 Go away"},
      {"554   5.7.0   Go  away", &kReject, "554 5.7.0 Go  away"},
      {"450 4.3.2 \"Come back\"", &kDefer, "450 4.3.2 Come back"},
      {"421", &kDefer, "421 4.7.1 Later"},
      {"500", &kReject, "500 5.7.1 No"},
      {"599 5.999.999 x", &kReject, "599 5.999.999 x"},
      {"550 5.0.0 x", &kReject, "550 5.0.0 x"},
      {"\"550 in quotes is text\"", &kReject, "550 5.7.1 550 in quotes is text"},
      {"550 5.7.1 5.7.1 twice", &kReject, "550 5.7.1 5.7.1 twice"},
      {"550 192.0.2.1 is bad", &kReject, "550 5.7.1 192.0.2.1 is bad"},
      {"550 1.2. x", &kReject, "550 5.7.1 1.2. x"},
      {R"("say \"no\" with \\")", &kReject, R"(550 5.7.1 say "no" with \)"},
      {"{rule} {client} {sender_domain}", &kReject, "550 5.7.1 {rule} {client} {sender_domain}"},
      {std::string(200, 'x'), &kReject, "550 5.7.1 " + std::string(200, 'x')},
  };
  for (const Case& c : cases) {
    const auto reply = parse_reply(c.text, *c.defaults);
    ASSERT_TRUE(reply.has_value()) << c.text << ": " << reply.error().text;
    EXPECT_EQ(reply->to_string(), c.wanted) << c.text;
  }
}

TEST(Reply, Refuses) {
  const Case cases[] = {
      {"450", &kReject, "reply code 450; want 500 to 599 here"},
      {"450 4.7.1 x", &kReject, "reply code 450; want 500 to 599 here"},
      {"550", &kDefer, "reply code 550; want 400 to 499 here"},
      {"250 ok", &kReject, "reply code 250"},
      {"600", &kReject, "reply code 600"},
      {"55", &kReject, "reply code 55;"},
      {"5500", &kReject, "reply code 5500;"},
      {"05550", &kReject, "reply code 05550;"},
      {"550 4.7.1 x", &kReject, "enhanced status code 4.7.1 does not fit 550; want 5.x.y"},
      {"4.7.1 x", &kReject, "enhanced status code 4.7.1"},
      {"451 5.7.1", &kDefer, "want 4.x.y"},
      {"451 2.0.0 ok", &kDefer, "want 4.x.y"},
      {"550 5.7.1000 x", &kReject, "enhanced status code 5.7.1000; want"},
      {"550 5.1000.1 x", &kReject, "enhanced status code 5.1000.1"},
      {"550 55.7.1 x", &kReject, "enhanced status code 55.7.1"},
      {"550 5.99999999999999999999.1 x", &kReject, "enhanced status code 5.9999"},
      {"\"\"", &kReject, "the text is empty"},
      {"550 5.7.1 \"\"", &kReject, "the text is empty"},
      {"550 \"   \"", &kReject, "the text is empty"},
      {"\"open", &kReject, "the closing '\"' is missing"},
      {"\"a\" b", &kReject, "something follows the closing"},
      {"a \"b\"", &kReject, "in the middle"},
      {"na\xc3\xafve", &kReject, "no visible ASCII"},
      {"a\tb", &kReject, "no visible ASCII"},
      {"a\r\n250 ok", &kReject, "no visible ASCII"},
      {std::string("a\0b", 3), &kReject, "no visible ASCII"},
      {"a\x7f", &kReject, "no visible ASCII"},
      {"{helo}", &kReject, "begins no placeholder"},
      {std::string(201, 'x'), &kReject, "the text has 201 bytes; want at most 200"},
  };
  for (const Case& c : cases) {
    const auto reply = parse_reply(c.text, *c.defaults);
    ASSERT_FALSE(reply.has_value()) << c.text << " became " << reply->to_string();
    EXPECT_THAT(reply.error().text, HasSubstr(c.wanted)) << c.text;
  }
}

TEST(Reply, DefaultsWithoutATextNeedOne) {
  const SmtpReply bare{550, {5, 7, 1}, ""};
  EXPECT_EQ(parse_reply("550 5.7.1 x", bare)->text, "x");
}

}  // namespace
}  // namespace postern::reply_test
