// Which of many mail hosts sender_mx asks about, and for how long those that do not answer count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/rules/checks/sender_mx_run.h"

namespace postern::checks::sender_mx_hosts_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Many {
  const char* name;
  std::size_t count;
  std::size_t good;  // the host that is usable; 0: none
  const char* finding;
  std::size_t rounds;  // of three hosts at most
};

TEST(SenderMx, ManyHosts) {
  for (const Many& c : {Many{"sixteen, none good", 16, 0, "unusable", 6},
                        Many{"seventeen, none good", 17, 0, "unknown", 6},
                        Many{"a hundred, none good", 100, 0, "unknown", 6},
                        Many{"the sixteenth is good", 17, 16, "mx", 6},
                        Many{"the seventeenth is not looked at", 17, 17, "unknown", 6},
                        Many{"the fourth is good", 17, 4, "mx", 2},
                        Many{"the first of a hundred is good", 100, 1, "mx", 1}}) {
    const std::string good = "h" + std::to_string(c.good) + ".example";
    const Outcome outcome = run(*make_check(), "joe@d.example", [&](const dns::DnsQuestion& asked) {
      if (asked.type == dns::DnsType::mx) return mx_answer(hosts(c.count));
      if (asked.name.text() == good) return address_answer("198.51.100.1");
      return absent_answer(dns::DnsReason::nxdomain);
    });
    EXPECT_EQ(outcome.finding, c.finding) << c.name;
    ASSERT_EQ(outcome.rounds.size(), 1 + c.rounds) << c.name;
    for (std::size_t round = 1; round <= c.rounds; ++round) {
      EXPECT_LE(outcome.rounds[round].size(), 6U) << c.name;
    }
  }
}

// Asked about `sender` with these mail hosts, of which those of `silent` never answer.
Outcome run_hosts(const std::vector<std::string>& mail_hosts,
                  const std::vector<std::string>& silent, const std::string& good = {}) {
  return run(*make_check(), "joe@d.example", [&](const dns::DnsQuestion& asked) {
    if (asked.type == dns::DnsType::mx) return mx_answer(mail_hosts);
    const std::string& name = asked.name.text();
    if (name == good) return address_answer("198.51.100.1");
    const bool is_silent = std::find(silent.begin(), silent.end(), name) != silent.end();
    return is_silent ? dns::temporary_failure(dns::DnsReason::timeout)
                     : absent_answer(dns::DnsReason::nxdomain);
  });
}

std::vector<std::string> hosts_of_zone(const std::string& zone, std::size_t count) {
  std::vector<std::string> names = hosts(count);
  for (std::string& name : names) name = name.substr(0, name.find('.') + 1) + zone;
  return names;
}

TEST(SenderMx, SilentHostsOfAZoneAreAskedNoFurther) {
  const auto dead = hosts_of_zone("evil.example", 16);
  const Outcome outcome = run_hosts(dead, dead);
  EXPECT_EQ(outcome.finding, "unknown");
  EXPECT_THAT(outcome.rounds,
              ElementsAre(ElementsAre("MX d.example"),
                          ElementsAre("A h1.evil.example", "AAAA h1.evil.example",
                                      "A h2.evil.example", "AAAA h2.evil.example")));
}

TEST(SenderMx, HostsOfOneZoneThatAnswerAreAskedToTheEnd) {
  const auto names = hosts_of_zone("d.example", 16);
  EXPECT_EQ(run_hosts(names, {}).finding, "unusable");
  EXPECT_EQ(run_hosts(names, {}, names.back()).finding, "mx");
  EXPECT_EQ(run_hosts(names, {names[3]}, names.back()).finding, "mx") << "one silent among them";
  EXPECT_EQ(run_hosts(names, {names[3]}).finding, "unknown");
}

// A backup elsewhere is asked at once beside those that do not answer.
TEST(SenderMx, AnotherZoneIsNotHeldUpByASilentOne) {
  auto names = hosts_of_zone("dead.example", 4);
  names.emplace_back("mx.backup.example");
  const Outcome outcome = run_hosts(names, names, names.back());
  EXPECT_EQ(outcome.finding, "mx");
  ASSERT_EQ(outcome.rounds.size(), 2U);
  EXPECT_EQ(outcome.rounds[1].back(), "AAAA mx.backup.example");
}

// Three of three zones at first, then the others: silence is that of a zone.
TEST(SenderMx, SilenceOfSomeZonesSaysNothingOfOthers) {
  const auto names = hosts(7);  // each a zone of its own
  EXPECT_EQ(run_hosts(names, {names[0], names[1], names[2]}, names[6]).finding, "mx");
  EXPECT_EQ(run_hosts(names, {names[0], names[1], names[2]}).finding, "unknown");
}

// The second of a zone is answered while the first is silent: then the third is asked.
TEST(SenderMx, ASilentHostCountsAmongThoseOfItsZone) {
  const auto names = hosts_of_zone("d.example", 4);
  EXPECT_EQ(run_hosts(names, {names[0]}, names[3]).finding, "mx");
  EXPECT_EQ(run_hosts(names, {names[0], names[2]}, names[3]).finding, "unknown");
}

TEST(SenderMx, HostsThatAreNoNamesAreNotAskedAbout) {
  const Outcome outcome = run(*make_check(), "joe@d.example", [&](const dns::DnsQuestion& asked) {
    if (asked.type == dns::DnsType::mx) {
      return mx_answer({"a b.example", "bad..example", "x\\000y.example", "*.example"});
    }
    return address_answer("198.51.100.1");
  });
  EXPECT_EQ(outcome.finding, "unusable");
  EXPECT_EQ(outcome.rounds.size(), 1U);
}

}  // namespace
}  // namespace postern::checks::sender_mx_hosts_test
