#include "ctl/log/log_entry.h"

#include <gtest/gtest.h>

#include <sstream>

#include "common/base/line_splitter.h"

namespace postern::ctl::log_entry_test {
namespace {

using Kind = LogEntry::Kind;

constexpr UtcTime kNow{std::chrono::seconds{1795327200}};  // 2026-11-22T06:00:00Z

// Local time is two hours ahead.
LogCalendar calendar(UtcTime now = kNow) {
  return {now, [](LocalTime local) {
            return UtcTime(local.time_since_epoch()) - std::chrono::hours{2};
          }};
}

LogEntry entry(std::string_view line, UtcTime now = kNow) {
  return read_log_entry(line, calendar(now));
}

std::string time_of(std::string_view line, UtcTime now = kNow) {
  const auto read = entry(line, now);
  return read.time ? format_utc(*read.time) : "none";
}

const std::string kDecisionText = "decision door=policy stage=rcpt";

TEST(LogEntry, KnowsADecisionBehindEveryFrontThatALogDaemonWrites) {
  for (const char* front :
       {"", "<6>", "2026-11-21T13:40:02.118+00:00 info ",
        "Nov 21 13:40:02 mx1 postern-policyd[1]: ", "Nov  1 13:40:02 mx1 postern-policyd[1]: ",
        "2026-11-21T13:40:02+0000 mx1 postern-milter: ",
        "2026-11-21T13:40:02.118+00:00 mx1 postern-policyd@in[1]: ",
        "2026-11-21T13:40:02Z mx1 postern[1]: 2026-11-21T13:40:02.118+00:00 info "}) {
    const auto read = entry(front + kDecisionText + "\r\n");
    EXPECT_EQ(read.kind, Kind::decision) << front;
  }
}

TEST(LogEntry, WhatOthersWroteIsForeign) {
  for (const char* front : {"Nov 21 13:40:02 mx1 postfix/smtpd[1]: ",
                            "Nov 21 13:40:02 mx1 sshd: postern: ", "2026-11-21T13:40:02Z mx1 x "}) {
    EXPECT_EQ(entry(front + kDecisionText).kind, Kind::foreign) << front;
  }
  for (const char* front : {"x ", "postern: ", " "}) {
    EXPECT_EQ(entry(front + kDecisionText).kind, Kind::unknown) << front;
  }
  EXPECT_EQ(entry("").kind, Kind::foreign);
}

TEST(LogEntry, OtherLinesOfPosternsHaveALevel) {
  EXPECT_EQ(entry("2026-11-21T13:40:02.118+00:00 warning x").level, LogLevel::warning);
  EXPECT_EQ(entry("<3>reload refused").level, LogLevel::error);
  EXPECT_EQ(entry("Nov 21 13:40:02 mx1 postern-policyd[1]: x").kind, Kind::message);
  const auto object =
      entry(R"({"time":"2026-11-21T13:40:02.118+00:00","level":"error","message":"x"})");
  EXPECT_EQ(object.kind, Kind::message);
  EXPECT_EQ(object.level, LogLevel::error);
}

TEST(LogEntry, ReadsTimes) {
  EXPECT_EQ(time_of("2026-11-21T13:40:02.118+01:00 info x"), "2026-11-21T12:40:02Z");
  EXPECT_EQ(time_of("2026-11-21T13:40:02-0230 mx1 postern: x"), "2026-11-21T16:10:02Z");
  EXPECT_EQ(time_of("2026-11-21T13:40:02 mx1 postern: x"), "2026-11-21T11:40:02Z");  // local
  EXPECT_EQ(time_of("Nov 21 13:40:02 mx1 postern: x"), "2026-11-21T11:40:02Z");
  EXPECT_EQ(time_of("Nov  1 13:40:02.5 mx1 postern: x"), "2026-11-01T11:40:02Z");
  EXPECT_EQ(time_of(R"({"time":"2026-11-21T13:40:02.118+00:00","level":"info","message":"x"})"),
            "2026-11-21T13:40:02Z");
}

TEST(LogEntry, AYearThatIsNotSaidIsTheLatestPossible) {
  EXPECT_EQ(time_of("Dec 31 13:00:00 mx1 postern: x"), "2025-12-31T11:00:00Z");
  EXPECT_EQ(time_of("Nov 22 20:00:00 mx1 postern: x"), "2026-11-22T18:00:00Z");  // clocks differ
  EXPECT_EQ(time_of("Feb 29 13:00:00 mx1 postern: x"), "2024-02-29T11:00:00Z");
  const UtcTime eve{std::chrono::seconds{1798754400}};  // 2026-12-31T22:00:00Z
  EXPECT_EQ(time_of("Jan  1 00:30:00 mx1 postern: x", eve), "2026-12-31T22:30:00Z");
}

TEST(LogEntry, NoTimes) {
  for (const char* line :
       {"2026-13-21T13:40:02Z info x", "2026-02-30T13:40:02Z info x", "2026-11-21T24:40:02Z info x",
        "2026-11-21 13:40:02 info x", "2026-11-21T13:40:02Zinfo x",
        "Nox 21 13:40:02 mx1 postern: x", "Nov 31 13:40:02 mx1 postern: x",
        "Nov 21 13:40 mx1 postern: x", "2026-11"}) {
    EXPECT_EQ(time_of(line), "none") << line;
  }
}

TEST(LogEntry, WhatBeginsAsADecisionAndIsNoneIsUnreadable) {
  EXPECT_EQ(entry("<6>decision door=policy helo=\"x").kind, Kind::unreadable);
  EXPECT_EQ(entry(R"({"time":"x","level":"info","message":"decision","door":"policy")").kind,
            Kind::unreadable);
}

TEST(LogEntry, ParsesADay) {
  EXPECT_TRUE(parse_day("2026-11-21"));
  for (const char* wrong : {"", "2026-11-31", "2026-11-21x", "26-11-21", "2026-11-21T"}) {
    EXPECT_FALSE(parse_day(wrong)) << wrong;
  }
}

struct Lines {
  std::string text;
  int overlong = 0;
};

Lines lines_of(const std::string& text, std::size_t max_bytes) {
  Lines lines;
  std::istringstream in(text);
  EXPECT_TRUE(read_lines(
      in, max_bytes, [&](std::string_view line) { lines.text.append(line) += '|'; },
      [&] { ++lines.overlong; }));
  return lines;
}

TEST(LineStream, EveryLineIsOneHoweverItLies) {
  EXPECT_EQ(lines_of("a\nb\n\nc", 100).text, "a|b||c|");
  EXPECT_EQ(lines_of("", 100).text, "");
  const std::string across(65530, 'x');  // its end lies in the second buffer
  EXPECT_EQ(lines_of(across + "yyyyyyyyyyyy\nz\n", 70000).text, across + "yyyyyyyyyyyy|z|");
}

TEST(LineStream, WhatIsTooLongIsPassedOver) {
  const std::string long_line(300000, 'x');
  const auto lines = lines_of("a\n" + long_line + "\nb\n" + long_line, 65536);
  EXPECT_EQ(lines.text, "a|b|");
  EXPECT_EQ(lines.overlong, 2);
  EXPECT_EQ(lines_of("abc\nabcd\n", 3).text, "abc|");
}

}  // namespace
}  // namespace postern::ctl::log_entry_test
