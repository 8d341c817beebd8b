#include "ctl/log/log_line.h"

#include <gtest/gtest.h>

#include <random>

#include "common/base/escape.h"

namespace postern::ctl::log_line_test {
namespace {

std::string why_not(std::string_view line) {
  const auto fields = read_log_line(line);
  return fields ? "" : fields.error().text;
}

std::string value(std::string_view line, std::string_view key) {
  const auto fields = read_log_line(line);
  if (!fields) throw std::runtime_error(fields.error().text);
  const auto field = fields->find(key);
  return field == fields->end() ? "(none)" : field->second.text;
}

TEST(LogLine, ReadsBareAndQuotedValues) {
  const std::string line =
      R"(decision door=policy reply="550 5.7.1 No" helo="a\"b\\c\x0a" detail="" us=53)";
  EXPECT_EQ(value(line, "door"), "policy");
  EXPECT_EQ(value(line, "reply"), "550 5.7.1 No");
  EXPECT_EQ(value(line, "helo"), "a\"b\\c\n");
  EXPECT_EQ(value(line, "detail"), "");
  EXPECT_EQ(value(line, "us"), "53");
  EXPECT_EQ(value(line, "rule"), "(none)");
}

TEST(LogLine, PassesOverWhatALogDaemonPutsInFront) {
  for (const char* front :
       {"", "2026-11-21T13:40:02.118+00:00 info ",
        "Nov 21 13:40:02 mx1 postern-policyd[4711]: ", "<6>", "a=b key=\"value\" "}) {
    const std::string line = std::string(front) + "decision door=milter stage=rcpt\r\n";
    EXPECT_TRUE(is_decision_line(line));
    EXPECT_EQ(value(line, "door"), "milter") << front;
    EXPECT_EQ(value(line, "stage"), "rcpt") << front;
  }
}

TEST(LogLine, AClientCannotSmuggleInADecision) {
  std::string line = "decision door=policy stage=helo client=192.0.2.1 helo=";
  append_log_value(line, "x decision door=milter client=198.51.100.1");
  EXPECT_EQ(value(line, "door"), "policy");
  EXPECT_EQ(value(line, "client"), "192.0.2.1");
}

TEST(LogLine, TheFirstOfEqualKeysCounts) {
  EXPECT_EQ(value("decision door=policy door=milter", "door"), "policy");
}

TEST(LogLine, SaysWhichValuesWereCut) {
  std::string line = "decision door=policy helo=";
  append_log_value(line, std::string(300, 'h'), 256);
  const auto fields = read_log_line(line);
  ASSERT_TRUE(fields);
  EXPECT_TRUE(fields->at("helo").cut);
  EXPECT_FALSE(fields->at("door").cut);
}

TEST(LogLine, SaysWhatIsWrong) {
  EXPECT_EQ(why_not("reload done"), "no decision in it; want a line with 'decision door=...'");
  EXPECT_EQ(why_not("decision door=policy helo=\"abc"),
            "a value in the decision line has no closing quote");
  EXPECT_EQ(why_not("decision door=policy helo=\"a\"b"),
            "something stands right behind a closing quote in the decision line");
  EXPECT_EQ(why_not(R"(decision door=policy helo="\q")"),
            R"(an escape in the decision line is none of \", \\ and \xNN)");
  EXPECT_EQ(why_not(R"(decision door=policy helo="\x4)"),
            R"(an escape in the decision line is none of \", \\ and \xNN)");
  EXPECT_EQ(why_not("decision door=policy helo"),
            "something that is not key=value stands in the decision line");
  EXPECT_EQ(why_not("decision door=policy =x"),
            "something that is not key=value stands in the decision line");
  EXPECT_EQ(why_not("decision door=" + std::string(kMaxLogLine, 'x')),
            "a line longer than any that Postern writes");
}

// Whatever a client says comes back byte for byte.
TEST(LogLine, WhatWasEscapedComesBack) {
  std::mt19937 random(4711);
  for (int round = 0; round < 5000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) {
      c = random() % 3 == 0 ? static_cast<char>(random()) : "\\\"=. xa\n\xc3\xa4"[random() % 10];
    }
    std::string line = "decision door=policy helo=";
    append_log_value(line, text);
    line += " us=1";
    ASSERT_EQ(value(line, "helo"), text) << line;
    ASSERT_EQ(value(line, "us"), "1") << line;
  }
}

const std::string kObject =
    R"({"time":"2026-11-21T13:40:02.118+00:00","level":"info","message":"decision",)";

TEST(LogLine, ReadsAnObject) {
  for (const char* front : {"", "<6>", "Nov 21 13:40:02 mx1 postern-policyd[4711]: "}) {
    const std::string line =
        front + kObject + R"("door":"policy","helo":"a\"b\\x0ac )" + "\xc3\xa4\",\"us\":53}\n";
    EXPECT_TRUE(is_decision_line(line));
    EXPECT_EQ(value(line, "door"), "policy");
    EXPECT_EQ(value(line, "helo"), "a\"b\nc \xc3\xa4");
    EXPECT_EQ(value(line, "us"), "53");
    EXPECT_EQ(value(line, "message"), "(none)");
  }
}

TEST(LogLine, AClientCannotSmuggleADecisionIntoAnObject) {
  std::string line = kObject + R"("door":"policy","helo":)";
  append_json_value(line, R"(x","door":"milter"} decision door=milter {"time":"2026)");
  EXPECT_EQ(value(line + "}", "door"), "policy");
  std::string other = R"({"time":"2026","level":"info","message":)";
  append_json_value(other, "decision door=milter");
  EXPECT_FALSE(is_decision_line(other + "}"));
}

TEST(LogLine, SaysWhatIsWrongWithAnObject) {
  EXPECT_NE(why_not(kObject + R"("door":"policy")"), "");
  EXPECT_EQ(why_not(kObject + R"("helo":"x"})"), "the decision line names no door");
  EXPECT_EQ(why_not(kObject + R"("door":["policy"]})"),
            "a value in the decision line is no text and no number");
}

TEST(LogLine, WhatWasEscapedInAnObjectComesBack) {
  std::mt19937 random(4711);
  for (int round = 0; round < 5000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) {
      c = random() % 3 == 0 ? static_cast<char>(random()) : "\\x0f\"=. a\n\xc3\xa4"[random() % 11];
    }
    std::string line = kObject + R"("door":"policy","helo":)";
    append_json_value(line, text);
    line += ",\"us\":1}";
    ASSERT_EQ(value(line, "helo"), text) << line;
  }
}

}  // namespace
}  // namespace postern::ctl::log_line_test
