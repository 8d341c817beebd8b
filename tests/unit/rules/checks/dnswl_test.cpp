#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::dnswl_test {
namespace {

using testing::HasSubstr;

constexpr const char* kZone = R"(
zone:
  2.0.0.127.wl.example: { A: [127.0.10.0] }
  1.113.0.203.wl.example: { A: [127.0.5.0] }
  2.113.0.203.wl.example: { A: [127.0.5.1] }
  3.113.0.203.wl.example: { A: [127.0.5.2] }
  4.113.0.203.wl.example: { A: [127.0.5.3] }
  5.113.0.203.wl.example: { A: [127.0.0.255] }
  6.113.0.203.wl.example: { A: [127.0.10.3] }
  7.113.0.203.wl.example: { A: [127.0.5.7] }
  9.113.0.203.wl.example: { fault: servfail }
  2.0.0.127.other.example: { A: [127.0.2.0] }
  2.113.0.203.other.example: { A: [127.0.2.3] }
  9.113.0.203.other.example: { A: [127.0.2.1] }
  2.0.0.127.blocked.example: { A: [127.0.10.3] }
  1.0.0.127.blocked.example: { A: [127.0.10.3] }
  4.113.0.203.blocked.example: { A: [127.0.10.3] }
  2.0.0.127.white.example: { A: [127.0.0.2] }
  4.113.0.203.white.example: { A: [127.0.0.1] }
)";

Outcome run(const std::string& zones, const std::string& client) {
  static const ZoneMap zone = ZoneMap::parse(kZone).value();
  return run_in(zone, "dnswl", "{ zones: " + zones + " }",
                TransactionBuilder(Stage::mail).client(client).sender("<>").transaction);
}

struct Case {
  const char* zones;
  const char* client;
  const char* finding;
};

TEST(Dnswl, Findings) {
  for (const Case& c : {
           Case{"wl.example", "203.0.113.1", "none"},
           Case{"wl.example", "203.0.113.2", "low"},
           Case{"wl.example", "203.0.113.3", "medium"},
           Case{"wl.example", "203.0.113.4", "high"},
           Case{"wl.example", "203.0.113.7", "unlisted"},
           Case{"wl.example", "203.0.113.8", "unlisted"},
           Case{"wl.example", "2001:db8::8", "unlisted"},
           Case{"wl.example", "203.0.113.9", "unknown"},
           Case{"[wl.example, other.example]", "203.0.113.2", "high"},
           Case{"[other.example, wl.example]", "203.0.113.2", "high"},
           Case{"[wl.example, other.example]", "203.0.113.9", "unknown"},
           Case{"[other.example, wl.example]", "203.0.113.9", "unknown"},
           Case{"[gone.example, wl.example]", "203.0.113.3", "broken"},
           Case{"[gone.example, wl.example]", "203.0.113.4", "high"},
           Case{"[wl.example, gone.example]", "203.0.113.8", "broken"},
           Case{"[{ zone: white.example, codes: 127.0.0.1 }]", "203.0.113.4", "low"},
           Case{"wl.example", "10.0.0.1", "-"},
       }) {
    const Outcome outcome = run(c.zones, c.client);
    EXPECT_EQ(outcome.finding, c.finding) << c.zones << " " << c.client << ": " << outcome.detail;
    EXPECT_LE(outcome.rounds.size(), 1U);
  }
  EXPECT_EQ(run("[wl.example, other.example]", "203.0.113.2").detail, "other.example 127.0.2.3");
}

TEST(Dnswl, NothingIsWaitedForBehindTheHighestTrust) {
  const auto check = make_check("dnswl", "{ zones: [wl.example, slow.example] }");
  const ZoneMap zone = ZoneMap::parse(kZone).value();
  const auto state_for = [&](const char* client, const char* key) {
    FactView facts(nullptr);
    for (const std::string name : {key, "2.0.0.127.wl.example", "1.0.0.127.wl.example"}) {
      const dns::DnsQuestion question{dns::DnsName::parse(name).value(), dns::DnsType::a};
      facts.add(question, {std::make_shared<const dns::DnsAnswer>(zone.answer(question))});
    }
    return check->inspect(TransactionBuilder(Stage::mail).client(client).transaction, facts).state;
  };
  EXPECT_EQ(state_for("203.0.113.4", "4.113.0.203.wl.example"), CheckReport::State::found);
  EXPECT_EQ(state_for("203.0.113.3", "3.113.0.203.wl.example"), CheckReport::State::waiting);
}

// --- what must not happen (the complaints about other programs)

TEST(Dnswl, NobodyIsTrustedBecauseTheListTrustsEverybodyWhoAsksTooMuch) {
  EXPECT_EQ(run("blocked.example", "203.0.113.4").finding, "refused");
  EXPECT_EQ(run("wl.example", "203.0.113.5").finding, "refused");
  EXPECT_EQ(run("wl.example", "203.0.113.6").finding, "refused");
}

TEST(Dnswl, NobodyIsTrustedByAListThatHasEnded) {
  EXPECT_EQ(run("gone.example", "203.0.113.4").finding, "broken");
}

std::string complaint(const std::string& on) {
  return complaints_about(
      "version: 1\nrules:\n  - { name: wl, check: dnswl, zones: wl.example, on: { " + on +
      " } }\n  - { name: bl, check: dnsbl, zones: a.example, preset: standard }\n");
}

TEST(Dnswl, GoodMailIsNotRefusedBecauseTheListCannotBeAsked) {
  const std::string failures = ", refused: skip dnsbl, broken: skip dnsbl, unknown: skip dnsbl";
  EXPECT_EQ(complaint("high: skip dnsbl" + failures), "");
  EXPECT_EQ(complaint("high: skip dnsbl, refused: hold, broken: hold, unknown: defer"), "");
  EXPECT_EQ(complaint("high: log"), "");
  EXPECT_THAT(complaint("high: skip dnsbl"), HasSubstr("refused: found nothing that decides"));
  EXPECT_THAT(complaint("high: skip dnsbl, refused: log, broken: log, unknown: log"),
              HasSubstr("unknown: found nothing that decides"));
  EXPECT_THAT(complaint("high: skip dnsbl sender_mx" + failures),
              HasSubstr("broken: found nothing that decides"));
  EXPECT_THAT(complaint("high: [ skip dnsbl, pass ]" + failures),
              HasSubstr("broken: found nothing that decides"));
  EXPECT_EQ(complaints_about("version: 1\nrules:\n  - { name: wl, check: dnswl, zones: wl.example, "
                             "preset: standard, on: { low: log } }\n  - { name: bl, check: dnsbl, "
                             "zones: a.example, preset: standard }\n"),
            "");
}

}  // namespace
}  // namespace postern::checks::dnswl_test
