// What stands in front of a decision, as log daemons, journalctl and containers write it.
#include "ctl/log/log_front.h"

#include <gtest/gtest.h>

#include "ctl/log/log_entry.h"

namespace postern::ctl::log_front_test {
namespace {

using Kind = LogEntry::Kind;

constexpr UtcTime kNow{std::chrono::seconds{1795327200}};  // 2026-11-22T06:00:00Z

const std::string kDecision =
    "decision door=policy stage=rcpt rule=campaign action=reject reply=\"550 5.7.1 Sender banned\" "
    "client=198.51.100.7 sender=x@bad.example recipient=y@ours.example generation=12 us=53";
const std::string kObject =
    R"({"time":"2026-11-21T13:40:02.118+00:00","level":"info","message":"decision",)"
    R"("door":"policy","action":"reject"})";

// Local time is two hours ahead.
LogEntry entry(std::string_view line) {
  const LogCalendar calendar{kNow, [](LocalTime local) {
                               return UtcTime(local.time_since_epoch()) - std::chrono::hours{2};
                             }};
  return read_log_entry(line, calendar);
}

struct Case {
  const char* what;
  std::string line;
  const char* time;
};

const Case kTrusted[] = {
    {"docker compose", "postern-1  | 2026-11-21T13:40:02.118+00:00 info " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"docker compose, another name",
     "mail_policyd_1 | 2026-11-21T13:40:02.118+00:00 info " + kDecision, "2026-11-21T13:40:02Z"},
    {"docker compose -t",
     "postern-1  | 2026-11-21T13:40:03.118123456Z 2026-11-21T13:40:02.118+00:00 info " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"docker compose, object", "postern-1  | " + kObject, "2026-11-21T13:40:02Z"},
    {"docker logs -t",
     "2026-11-21T13:40:03.118123456Z 2026-11-21T13:40:02.118+00:00 info " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"CRI", "2026-11-21T13:40:03.118Z stderr F 2026-11-21T13:40:02.118+00:00 info " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"CRI, object", "2026-11-21T13:40:03.118Z stdout F " + kObject, "2026-11-21T13:40:02Z"},
    {"kubectl logs --prefix",
     "[pod/postern-7d9f/policyd] 2026-11-21T13:40:02.118+00:00 info " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"RFC 5424", "<134>1 2026-11-21T13:40:02.118Z mx1 postern-policyd 812 - - " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"RFC 5424, structured data and byte order mark",
     "<134>1 2026-11-21T13:40:02.118Z mx1 postern-policyd 812 ID47 "
     "[a@32473 iut=\"3\\\"]\" x=\"]\"][b@32473] \xef\xbb\xbf" +
         kDecision,
     "2026-11-21T13:40:02Z"},
    {"RFC 5424, priority of one digit",
     "<6>1 2026-11-21T13:40:02.118Z mx1 postern-milter - - - " + kDecision, "2026-11-21T13:40:02Z"},
    {"RFC 3164 with priority", "<22>Nov 21 13:40:02 mx1 postern-policyd[812]: " + kDecision,
     "2026-11-21T11:40:02Z"},
    {"RFC 3164, priority of one digit", "<6>Nov 21 13:40:02 mx1 postern-policyd[812]: " + kDecision,
     "2026-11-21T11:40:02Z"},
    {"-o short --no-hostname", "Nov 21 13:40:02 postern-policyd[812]: " + kDecision,
     "2026-11-21T11:40:02Z"},
    {"-o short-iso --no-hostname", "2026-11-21T13:40:02+0000 postern-policyd[812]: " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"-o short-precise", "Nov 21 13:40:02.118222 mx1 postern-policyd[812]: " + kDecision,
     "2026-11-21T11:40:02Z"},
    {"-o short-full", "Sat 2026-11-21 13:40:02 EET mx1 postern-policyd[812]: " + kDecision,
     "2026-11-21T11:40:02Z"},
    {"-o short-full --utc", "Sat 2026-11-21 13:40:02 UTC mx1 postern-policyd[812]: " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"-o with-unit", "Sat 2026-11-21 13:40:02 UTC mx1 postern-policyd.service[812]: " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"-o short-unix", "1795268402.118000 mx1 postern-policyd[812]: " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"-o short-monotonic", "[ 5271.006013] mx1 postern-policyd[812]: " + kDecision, "none"},
    {"-o cat", kDecision, "none"},
    {"a file through syslog",
     "Nov 21 13:40:09 mx1 postern-policyd[812]: 2026-11-21T13:40:02.118+00:00 info " + kDecision,
     "2026-11-21T13:40:02Z"},
    {"docker's own file",
     R"({"log":"2026-11-21T13:40:02.118+00:00 info decision door=policy action=reject )"
     R"(reply=\"550 x\"\n","stream":"stderr","time":"2026-11-21T13:40:03.1Z"})",
     "2026-11-21T13:40:02Z"},
    {"-o json",
     R"({"__REALTIME_TIMESTAMP":"1795268402118000","PRIORITY":"6","SYSLOG_IDENTIFIER":)"
     R"("postern-policyd","MESSAGE":"decision door=policy action=reject"})",
     "2026-11-21T13:40:02Z"},
};

TEST(LogFront, EveryOneOfPosternsIsTakenOffWithItsTime) {
  for (const Case& one : kTrusted) {
    const LogEntry read = entry(one.line);
    EXPECT_EQ(read.kind, Kind::decision) << one.what;
    EXPECT_EQ(read.fields.contains("action") ? read.fields.at("action").text : "none", "reject")
        << one.what;
    EXPECT_EQ(read.time ? format_utc(*read.time) : "none", one.time) << one.what;
  }
}

// A client can have any other program write this.
TEST(LogFront, WhatAnotherProgramWritesIsForeign) {
  for (const char* front :
       {"postfix-1  | Nov 21 13:40:02 mx1 postfix/smtpd[1]: reject: helo=",
        "<134>1 2026-11-21T13:40:02Z mx1 postfix/smtpd 812 - - ",
        "Sat 2026-11-21 13:40:02 UTC mx1 postfix/smtpd[1]: ", "1795268402.118000 mx1 sm-mta[8]: ",
        "[ 5271.006013] mx1 postfix/smtpd[1]: ", "Nov 21 13:40:02 postfix/smtpd[1]: ",
        "Nov 21 13:40:02 mx1 sshd: postern: "}) {
    EXPECT_EQ(entry(front + kDecision).kind, Kind::foreign) << front;
  }
  EXPECT_EQ(entry(R"({"SYSLOG_IDENTIFIER":"postfix/smtpd","MESSAGE":"decision door=policy )"
                  R"(action=reject"})")
                .kind,
            Kind::foreign);
}

TEST(LogFront, ADecisionBehindSomethingElseIsSaidAndNotCounted) {
  for (const char* front :
       {"x ", "postern: ", " ", "2026-11-21T13:40:02Z mx1 x ", "postern-1  | ",
        "2026-11-21T13:40:02.118Z stderr F ", "2026-11-21T13:40:02.118Z stderr P ",
        "21/Nov/2026 13:40:02 mx1 postern-policyd[1]: ", "[postern] "}) {
    EXPECT_EQ(entry(front + kDecision).kind, Kind::untrusted) << front;
  }
  EXPECT_EQ(entry(R"({"line":")" + std::string("decision door=policy action=reject\"}")).kind,
            Kind::untrusted);
}

TEST(LogFront, ALineOfNoLogThatIsKnownIsSo) {
  for (const char* line : {"x", "21/Nov/2026 13:40:02 mx1 postern-policyd[1]: x", "{}", "{", "[x",
                           R"({"MESSAGE":[1,2]})", "Traceback (most recent call last):"}) {
    EXPECT_EQ(entry(line).kind, Kind::unknown) << line;
  }
  for (const char* line : {"", " ", "Nov 21 13:40:02 mx1 last message repeated 2 times",
                           "postfix-1  | anything", "2026-11-21T13:40:02Z stdout F anything"}) {
    EXPECT_EQ(entry(line).kind, Kind::foreign) << line;
  }
}

TEST(LogFront, StructuredDataThatDoesNotEndIsNoFront) {
  for (const char* data : {"[", "[a", "[a b=\"]", "[a b=\"\\", "[a]x", "x", ""}) {
    const std::string front = "<134>1 2026-11-21T13:40:02Z mx1 postern-policyd 812 - ";
    EXPECT_NE(entry(front + data + " x").kind, Kind::message) << data;
  }
}

}  // namespace
}  // namespace postern::ctl::log_front_test
