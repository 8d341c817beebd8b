#include "ctl/lists/value_place.h"

#include <gtest/gtest.h>

namespace postern::ctl::value_place_test {
namespace {

std::string place(const std::string& value) {
  const ValuePlace found = place_of(value);
  return condition_word(found) + " " + found.entry + " campaign" + std::string(found.suffix);
}

TEST(ValuePlace, GoesByTheLooks) {
  EXPECT_EQ(place("phish.example"), "sender_domain phish.example campaign");
  EXPECT_EQ(place(".phish.example"), "sender_domain .phish.example campaign");
  EXPECT_EQ(place("emalsrv.*"), "sender_domain emalsrv.* campaign");
  EXPECT_EQ(place("a@phish.example"), "sender a@phish.example campaign-senders");
  EXPECT_EQ(place("<a@phish.example>,"), "sender a@phish.example campaign-senders");
  EXPECT_EQ(place("[192.0.2.7]"), "client 192.0.2.7 campaign-clients");
  EXPECT_EQ(place("helo:[192.0.2.7]"), "helo [192.0.2.7] campaign-helo");
  EXPECT_EQ(place("newsletter@"), "sender newsletter@ campaign-senders");
  EXPECT_EQ(place("<>"), "sender <> campaign-senders");
  EXPECT_EQ(place("192.0.2.7"), "client 192.0.2.7 campaign-clients");
  EXPECT_EQ(place("2001:db8::/32"), "client 2001:db8::/32 campaign-clients");
}

TEST(ValuePlace, ANetworkWithAMistakeIsStillOne) {
  for (const char* value : {"192.0.2.0/33", "192.0.2.300", "192.0.2", "192.0.2.0/x", "2001:db8:::1",
                            "2001:db8::/129"}) {
    EXPECT_EQ(place(value), std::string("client ") + value + " campaign-clients");
  }
  for (const char* value :
       {"163.example", "1.2.3.*", "~1/2", "a.example/7", "dead.beef", "https://phish.example/1"}) {
    EXPECT_EQ(place(value), std::string("sender_domain ") + value + " campaign");
  }
}

TEST(ValuePlace, SaysWhatLooksDoNotTell) {
  EXPECT_EQ(place("helo:mail.phish.example"), "helo mail.phish.example campaign-helo");
  EXPECT_EQ(place("HELO: 192.0.2.7"), "helo 192.0.2.7 campaign-helo");
  EXPECT_EQ(place("subject:You have won"), "header.subject ~You have won campaign-subjects");
  EXPECT_EQ(place("Subject: You have won"), "header.subject ~You have won campaign-subjects");
}

TEST(ValuePlace, APartOfASubjectIsNoExpressionUnlessItSaysSo) {
  EXPECT_EQ(place_of("subject:50% off (today)").entry, R"(~50% off \(today\))");
  EXPECT_EQ(place_of(R"(subject:a\b.c)").entry, R"(~a\\b\.c)");
  EXPECT_EQ(place_of("subject:~^won .* off$").entry, "~^won .* off$");
}

TEST(ValuesIn, TakesWhatWasPasted) {
  EXPECT_EQ(values_in("a.example, b.example;c.example\n\n  <x@d.example>\t192.0.2.7\r\n").value(),
            (std::vector<std::string>{"a.example", "b.example", "c.example", "<x@d.example>",
                                      "192.0.2.7"}));
}

TEST(ValuesIn, ALineWithAPrefixIsOneValue) {
  EXPECT_EQ(
      values_in("subject: You, too, have won # 1\nhelo:a b\na.example # why\n# none\n<>").value(),
      (std::vector<std::string>{"subject: You, too, have won # 1", "helo:a b", "a.example", "<>"}));
}

TEST(ValuesIn, HasABound) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a.example ";
  EXPECT_EQ(values_in(text).value().size(), 1000U);
  EXPECT_EQ(values_in(text + "b.example").error().text,
            "found more than 1000 values, want fewer at once; posternctl import takes more");
}

}  // namespace
}  // namespace postern::ctl::value_place_test
