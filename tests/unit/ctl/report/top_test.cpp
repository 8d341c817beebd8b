// posternctl top: what is counted of the last minutes, and what of the hour before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ctl/report/recent_counts.h"
#include "ctl/report/top_page.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::report::top_test {
namespace {

using namespace std::chrono_literals;

const UtcTime kNow = parse_expiry("2026-11-21T12:00:30Z").value();

ctl::LogFields decision(const std::string& action, const std::string& client,
                        const std::string& sender = "a@b.example") {
  return {{"door", {"policy"}}, {"stage", {"rcpt"}}, {"rule", {"r"}},     {"action", {action}},
          {"client", {client}}, {"helo", {"h"}},     {"sender", {sender}}};
}

const std::vector<RecentRow>& rows(const RecentPage& page, Counted counted) {
  return page.rows.at(static_cast<std::size_t>(counted));
}

TEST(RecentCounts, TellsPassedFromRefused) {
  RecentCounts counts;
  for (const char* action : {"pass", "reject", "defer", "discard", "hold", "redirect"}) {
    counts.add(decision(action, "192.0.2.1"), kNow, kNow);
  }
  const RecentPage page = counts.page(kNow, 10);
  EXPECT_EQ(page.now.passed, 1U);
  EXPECT_EQ(page.now.refused, 5U);
  ASSERT_EQ(rows(page, Counted::rule).size(), 1U);
  EXPECT_EQ(rows(page, Counted::rule)[0].text, "r");
  EXPECT_EQ(rows(page, Counted::rule)[0].now.all(), 6U);
  EXPECT_EQ(rows(page, Counted::sender)[0].text, "a@b.example");
  EXPECT_EQ(rows(page, Counted::sender_domain)[0].text, "b.example");
  EXPECT_EQ(rows(page, Counted::helo)[0].text, "h");
}

TEST(RecentCounts, NetworksAreWhatOneCustomerHas) {
  RecentCounts counts;
  for (const char* client :
       {"192.0.2.1", "192.0.2.200", "2001:db8:0:1::1", "2001:db8:0:1:2::1", "-"}) {
    counts.add(decision("pass", client), kNow, kNow);
  }
  const RecentPage page = counts.page(kNow, 10);
  ASSERT_EQ(rows(page, Counted::network).size(), 2U);
  EXPECT_EQ(rows(page, Counted::network)[0].text, "192.0.2.0/24");
  EXPECT_EQ(rows(page, Counted::network)[1].text, "2001:db8:0:1::/64");
  EXPECT_EQ(rows(page, Counted::client).size(), 4U) << "no row for the one that is not known";
}

TEST(RecentCounts, WhatGrewMostAgainstTheHourBefore) {
  RecentCounts counts;
  for (int i = 0; i < 12; ++i) {  // one in five minutes
    counts.add(decision("pass", "192.0.2.1", "a@steady.example"), kNow - 6min - i * 5min, kNow);
  }
  counts.add(decision("pass", "192.0.2.1", "a@steady.example"), kNow - 1min, kNow);
  for (int i = 0; i < 3; ++i) {
    counts.add(decision("reject", "198.51.100.1", "a@new.example"), kNow - i * 1min, kNow);
  }
  const RecentPage page = counts.page(kNow, 100);
  EXPECT_DOUBLE_EQ(page.before, 1);
  const auto& domains = rows(page, Counted::sender_domain);
  ASSERT_EQ(domains.size(), 2U);
  EXPECT_EQ(domains[0].text, "new.example");
  EXPECT_DOUBLE_EQ(domains[0].growth(), 3);
  EXPECT_EQ(domains[1].text, "steady.example");
  EXPECT_DOUBLE_EQ(domains[1].before, 1);
  ASSERT_FALSE(page.grown.empty());
  EXPECT_DOUBLE_EQ(page.grown[0].row.growth(), 3);
  for (const auto& [counted, row] : page.grown) EXPECT_NE(row.text, "steady.example");
}

TEST(RecentCounts, WhatIsTooOldIsNotCountedAndWhatIsToComeIsNow) {
  RecentCounts counts;
  counts.add(decision("pass", "192.0.2.1"), kNow - 66min, kNow);
  EXPECT_DOUBLE_EQ(counts.page(kNow, 10).before, 0);
  counts.add(decision("pass", "192.0.2.1"), kNow + 10min, kNow);
  EXPECT_EQ(counts.page(kNow, 10).now.passed, 1U);
  EXPECT_EQ(counts.page(kNow + 6min, 10).now.passed, 0U);
  EXPECT_DOUBLE_EQ(counts.page(kNow + 6min, 10).before, 1.0 / 12);
  EXPECT_DOUBLE_EQ(counts.page(kNow + 70min, 10).before, 0);
}

TEST(RecentCounts, ASampledLineStandsForMany) {
  RecentCounts counts;
  auto fields = decision("pass", "192.0.2.1");
  fields["sampled"] = {"100"};
  counts.add(fields, kNow, kNow);
  EXPECT_EQ(counts.page(kNow, 1).now.passed, 100U);
}

// Of one that comes in a milter tells five times and more that it goes on.
TEST(RecentCounts, AMessageThroughTheMilterHasPassedAtItsEnd) {
  RecentCounts counts;
  const auto at = [](const char* stage, const char* action) {
    auto fields = decision(action, "192.0.2.1");
    fields["door"] = {"milter"};
    fields["stage"] = {stage};
    return fields;
  };
  for (const char* stage : {"connect", "helo", "mail", "rcpt", "data"}) {
    counts.add(at(stage, "pass"), kNow, kNow);
  }
  EXPECT_EQ(counts.page(kNow, 10).now.all(), 0U);
  counts.add(at("eom", "pass"), kNow, kNow);
  EXPECT_EQ(counts.page(kNow, 10).now.passed, 1U);
  for (const char* stage : {"connect", "rcpt", "eom"}) counts.add(at(stage, "reject"), kNow, kNow);
  EXPECT_EQ(counts.page(kNow, 10).now.refused, 3U) << "refused is refused, wherever";
}

// Whoever sends from a new address each time does not hide the one that comes often.
TEST(RecentCounts, ManyThatCameOnceDoNotHideTheOneThatComesOften) {
  RecentCounts counts;
  for (std::size_t i = 0; i < 10 * RecentCounts::kMaxTexts; ++i) {
    counts.add(decision("reject", "192.0.2.1", std::to_string(i) + "@x.example"), kNow, kNow);
    if (i % 10 == 0) counts.add(decision("reject", "192.0.2.1", "often@x.example"), kNow, kNow);
  }
  const RecentPage page = counts.page(kNow, 1'000'000);
  EXPECT_EQ(rows(page, Counted::sender)[0].text, "often@x.example");
  EXPECT_LE(rows(page, Counted::sender).size(), RecentCounts::kMaxTexts) << "bounded";
}

TEST(TopPage, ShowsWhatGrewFirstAndEscapes) {
  RecentCounts counts;
  counts.add(decision("reject", "192.0.2.1", "x\x1b[2J@b.example"), kNow, kNow);
  const std::string text = top_text(counts.page(kNow, 5), kNow);
  EXPECT_TRUE(
      text.starts_with("2026-11-21T12:00:30Z  the last 5 minutes: 0 passed, 1 refused; before: "
                       "0.0 in such a time of the hour before\n\n"
                       "   passed  refused   before  what grew most\n"))
      << text;
  EXPECT_TRUE(ctl::has(text, "        0        1      0.0  192.0.2.0/24  (networks)\n"));
  EXPECT_TRUE(ctl::has(text, "  sender domains\n        0        1      0.0  b.example\n"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(TopPage, FitsIntoATerminal) {
  RecentCounts counts;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    counts.add(decision("reject", "192.0." + number + ".1",
                        "a@" + number + std::string(100, 'x') + "\xc3\xa9.example"),
               kNow, kNow);
  }
  const RecentPage page = counts.page(kNow, 5);
  const std::string whole = top_text(page, kNow);
  EXPECT_EQ(top_text_within(page, kNow, {lines_of(whole) + 1, 1000}), whole);
  const std::string small = top_text_within(page, kNow, {24, 80});
  EXPECT_LT(lines_of(small), 24U) << small;
  for (const char* table : {"what grew most", "rules", "senders", "networks", "helo names"}) {
    EXPECT_TRUE(ctl::has(small, std::string("  ") + table + "\n"));
  }
  std::istringstream in(small);
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 80U) << line;
  const std::string cut = top_text_within(page, kNow, {100, 29 + 2 + 1 + 100 + 1});
  EXPECT_EQ(cut.find("\xc3\n"), std::string::npos) << "half of a character";
}

TEST(CtlTop, OnePageOfAStreamAndForPrograms) {
  const ctl::InstallationFixture fixture;
  const std::string line =
      "2026-11-21T11:59:01.000+00:00 info decision door=policy stage=rcpt rule=campaign "
      "action=reject reply=550 client=192.0.2.7 sender=x@a.example generation=3 us=50\n";
  std::istringstream text(line);
  const auto page = fixture.run({"top", "-"}, text, ctl::Terminal::none);
  EXPECT_EQ(page.exit, 0);
  EXPECT_TRUE(ctl::has(page.out, "0 passed, 1 refused"));
  EXPECT_EQ(page.out.find('\x1b'), std::string::npos);
  std::istringstream json(line);
  const auto object = fixture.run({"--json", "top", "-"}, json, ctl::Terminal::none);
  EXPECT_TRUE(ctl::has(object.out, R"("refused":1)"));
  EXPECT_TRUE(ctl::has(object.out, R"("networks":[{"what":"192.0.2.0/24")"));
}

}  // namespace
}  // namespace postern::report::top_test
