// posternctl report on a log whose numbers were counted by hand (report_fixture.log): a day of both
// doors as text, as JSON, behind syslog and journalctl, with lines of others and broken ones
// between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/base/line_splitter.h"
#include "common/json/parse_json.h"
#include "ctl/report/report_counts.h"
#include "ctl/report/report_page.h"

namespace postern::report::report_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Count = TopCounts::Count;

constexpr UtcTime at(int hours) {
  return UtcTime{std::chrono::seconds{1795219200}} + std::chrono::hours{hours};  // 2026-11-21, UTC
}

// Local time is UTC here.
ctl::LogCalendar calendar() {
  return {at(30), [](ctl::LocalTime local) { return UtcTime(local.time_since_epoch()); }};
}

ReportCounts counted(ReportWindow window) {
  ReportCounts counts(window);
  std::ifstream log(POSTERN_SOURCE_DIR "/tests/unit/ctl/report/report_fixture.log");
  EXPECT_TRUE(read_lines(
      log, ctl::kMaxLogLine,
      [&](std::string_view line) { counts.add(ctl::read_log_entry(line, calendar()), line); },
      [&] { counts.add_overlong(); }));
  return counts;
}

const ReportCounts& the_day() {
  static const ReportCounts counts = counted({at(0), at(24)});
  return counts;
}

std::vector<Count> all(const TopCounts& counts) {
  return counts.top(100);
}

TEST(Report, CountsLines) {
  const auto& day = the_day();
  EXPECT_EQ(day.decision_lines, 17U);
  EXPECT_EQ(day.sampled_lines, 1U);
  EXPECT_EQ(day.unreadable, 2U);
  EXPECT_EQ(day.without_time, 1U);
  EXPECT_EQ(day.foreign, 1U);
  EXPECT_EQ(day.errors, 1U);
  EXPECT_EQ(day.warnings, 2U);
  EXPECT_EQ(day.first, at(0));
  EXPECT_EQ(day.last, at(24) - std::chrono::seconds{1});
}

TEST(Report, CountsActionsByDoor) {
  const auto& day = the_day();
  EXPECT_EQ(day.decisions, 116U);  // sixteen, and a hundred in one line
  //                                     pass reject defer discard hold redirect
  EXPECT_THAT(day.by_door[0], ElementsAre(104, 4, 3, 0, 0, 0));
  EXPECT_THAT(day.by_door[1], ElementsAre(1, 1, 1, 1, 1, 0));
}

TEST(Report, CountsRules) {
  const auto& rules = the_day().rules;
  EXPECT_EQ(rules.size(), 8U);
  EXPECT_THAT(rules.at("campaign").decided, ElementsAre(0, 4, 0, 0, 0, 0));
  EXPECT_THAT(rules.at("sender-must-exist").decided, ElementsAre(0, 1, 3, 0, 0, 0));
  EXPECT_THAT(rules.at("greylist").decided, ElementsAre(0, 0, 1, 0, 0, 0));
  EXPECT_THAT(rules.at("partners").decided, ElementsAre(100, 0, 0, 0, 0, 0));
  EXPECT_THAT(rules.at("swallow").decided, ElementsAre(0, 0, 0, 1, 0, 0));
  EXPECT_THAT(rules.at("quarantine").decided, ElementsAre(0, 0, 0, 0, 1, 0));
  EXPECT_EQ(rules.at("tagged").also, 1U);
  EXPECT_EQ(rules.at("slow").also, 1U);
  EXPECT_EQ(rules.at("campaign").also, 0U);
  EXPECT_THAT(all(the_day().would),
              ElementsAre(Count{"tried: reject", 2}, Count{"other: hold", 1}));
}

ReportCounts counted_in(const std::string& text) {
  ReportCounts counts({});
  std::istringstream in(text);
  EXPECT_TRUE(read_lines(
      in, ctl::kMaxLogLine,
      [&](std::string_view line) { counts.add(ctl::read_log_entry(line, calendar()), line); },
      [] {}));
  return counts;
}

TEST(Report, CountsWhatWasFoundByRulesThatOnlyNote) {
  const auto counts = counted_in(
      "<6>decision door=policy stage=rcpt rule=- action=pass found=sender_mx:null_mx also=mx\n"
      "<6>decision door=policy stage=rcpt rule=- action=pass found=sender_mx:null_mx,other:bad\n"
      "<6>decision door=policy stage=rcpt rule=r action=reject check=sender_mx finding=missing\n"
      "<6>decision door=policy stage=rcpt rule=- action=pass found=cut\n");
  EXPECT_THAT(all(counts.findings),
              ElementsAre(Count{"sender_mx null_mx", 2}, Count{"other bad", 1},
                          Count{"sender_mx missing", 1}));
}

TEST(Report, NamesTheFirstOfTheLinesThatItDoesNotUnderstand) {
  const auto counts = counted_in(
      "no\x1b log\nnor this\n"
      "[x] y: decision door=policy stage=rcpt rule=r action=reject\n");
  EXPECT_EQ(counts.decisions, 0U);
  const std::string page = report_text(counts, 10);
  EXPECT_NE(page.find("0 decisions in 0 lines\n"
                      "1 line has a decision behind something that is not known, and was not "
                      "counted: [x] y: decision door=policy"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("2 lines were not understood, the first: no\\x1b log\n"), std::string::npos)
      << page;
  const auto object = report_json(counts, 10);
  EXPECT_EQ(object.at("lines").at("not_understood").to_number<int>(), 2);
  EXPECT_EQ(object.at("lines").at("untrusted").to_number<int>(), 1);
  EXPECT_EQ(object.at("first_not_understood").as_string(), "no\\x1b log");
}

TEST(Report, CountsFindings) {
  EXPECT_THAT(all(the_day().findings),
              ElementsAre(Count{"sender_mx unknown", 3}, Count{"sender_mx missing", 1}));
}

TEST(Report, CountsWhatWasRefused) {
  EXPECT_THAT(
      all(the_day().refused_domains),
      ElementsAre(Count{"spam.example", 3}, Count{"gone.example", 1}, Count{"other.example", 1}));
  EXPECT_THAT(all(the_day().refused_clients),
              ElementsAre(Count{"198.51.100.1", 2}, Count{"198.51.100.2", 1},
                          Count{"198.51.100.3", 1}, Count{"2001:db8::1", 1}));
}

TEST(Report, CountsWhatDnsFailedFor) {
  EXPECT_EQ(the_day().deferred_for_dns, 3U);
  EXPECT_THAT(all(the_day().dns_domains),
              ElementsAre(Count{"dark.example", 2}, Count{"lame.example", 1}));
  EXPECT_THAT(all(the_day().dns_reasons), ElementsAre(Count{"timeout", 2}, Count{"servfail", 1}));
}

TEST(Report, CountsTheRest) {
  const auto& day = the_day();
  EXPECT_THAT(all(day.discarded_domains), ElementsAre(Count{"swallowed.example", 1}));
  EXPECT_EQ(day.delayed, 1U);
  EXPECT_EQ(day.longest_delay, std::chrono::seconds{6});
  EXPECT_EQ(day.slow, 3U);
  ASSERT_EQ(day.slowest.size(), 3U);
  EXPECT_EQ(day.slowest[0].microseconds, 4000000U);
  EXPECT_EQ(day.slowest[0].sender_domain, "dark.example");
  EXPECT_EQ(day.slowest[1].microseconds, 1500000U);
  EXPECT_EQ(day.slowest[2].client, "198.51.100.9");
}

TEST(Report, WithoutAWindowEverythingCounts) {
  const auto counts = counted({});
  EXPECT_EQ(counts.decision_lines, 21U);
  EXPECT_EQ(counts.without_time, 0U);
  EXPECT_EQ(counts.rules.at("campaign").decided[1], 7U);
  EXPECT_THAT(all(counts.discarded_domains),
              ElementsAre(Count{"swallowed.example", 1}, Count{"weeks-ago.example", 1}));
}

TEST(Report, AnHourOfIt) {
  const auto counts = counted({at(2), at(3)});
  EXPECT_EQ(counts.decision_lines, 5U);
  EXPECT_EQ(counts.deferred_for_dns, 2U);
  EXPECT_EQ(counts.warnings, 0U);
}

TEST(Report, TextHasTheNumbers) {
  const std::string text = report_text(the_day(), 1);
  for (const char* part :
       {"From 2026-11-21T00:00:00Z to 2026-11-21T23:59:59Z\n", "116 decisions in 17 lines\n",
        "2 lines could not be read\n", "1 decision left out: without a time in the line\n",
        "1 line stands for several passes", "      105      104        1  pass\n",
        "        5        4        1  reject\n", "        1  greetings delayed, for 6s at most\n",
        "        0        4        0        0        0        0        0  campaign\n",
        "Rules in mode log would have (1 of 2)\n        2  tried: reject\n",
        "Refused: sender domains (1 of 3)\n        3  spam.example\n",
        "Deferred for DNS\n        3  in all\n",
        "Slow: 3 decisions of a second or more; the slowest\n"
        "       4s  2026-11-21T02:00:01Z rcpt 198.51.100.4 dark.example  MX dark.example: "
        "timeout"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Report, JsonHasTheNumbers) {
  const auto report = report_json(the_day(), 10);
  EXPECT_EQ(report.at("decisions").as_uint64(), 116U);
  EXPECT_EQ(report.at("by_door").at("policy").at("reject").as_uint64(), 4U);
  EXPECT_EQ(report.at("deferred_for_dns").at("count").as_uint64(), 3U);
  EXPECT_EQ(report.at("refused").at("sender_domains").at("top").as_array().size(), 3U);
  EXPECT_EQ(report.at("lines").at("unreadable").as_uint64(), 2U);
  EXPECT_TRUE(json::parse_json(boost::json::serialize(report)));
}

TEST(Report, NothingOfTheLogReachesTheTerminalAsItIs) {
  ReportCounts counts({});
  ctl::LogEntry entry;
  entry.kind = ctl::LogEntry::Kind::decision;
  for (const auto& [key, value] : {std::pair{"door", "policy"},
                                   {"action", "reject"},
                                   {"rule", "a\x1b[2Jb"},
                                   {"us", "2000000"},
                                   {"client", "\x1b]0;x\x07"},
                                   {"sender", "a@\xff\n.example"},
                                   {"dns", "\x1b"}}) {
    entry.fields[key] = {value};
  }
  counts.add(entry, {});
  for (const std::string& text :
       {report_text(counts, 10), boost::json::serialize(report_json(counts, 10))}) {
    for (const char c : text) ASSERT_TRUE(c == '\n' || c >= ' ') << text;
  }
}

}  // namespace
}  // namespace postern::report::report_test
