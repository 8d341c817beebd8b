#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/replay/judge.h"
#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::helo_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kClient = "203.0.113.7";
constexpr const char* kClient6 = "2001:db8::7";

constexpr const char* kZone = R"(
zone:
  mx.good.example: { A: [198.51.100.9, 203.0.113.7], AAAA: ["2001:db8::7"] }
  alias.good.example: { CNAME: mx.good.example }
  four.example: { A: [203.0.113.7], AAAA: { fault: servfail } }
  six.example: { AAAA: ["2001:db8::7"] }
  other.example: { A: [198.51.100.9], AAAA: ["2001:db8::9"] }
  other4.example: { A: [198.51.100.9], AAAA: { fault: timeout } }
  mail-only.example: { MX: [10 mx.good.example] }
  null-mx.example: { MX: ["0 ."] }
  empty.example: { PTR: [x.example] }
  under_score.example: { A: [203.0.113.7] }
  xn--bcher-kva.example: { A: [203.0.113.7] }
  denied.example: { A: { fault: nxdomain }, AAAA: ["2001:db8::9"] }
  broken.example: { fault: servfail }
  slow.example: { fault: timeout }
  half.example: { AAAA: { fault: servfail } }
  no-mx-answer.example: { MX: { fault: servfail } }
  ours.example: { A: [192.0.2.25] }
  relay.ours.example: { A: [203.0.113.7] }
  broken.ours.example: { fault: servfail }
)";

Transaction helo(std::string_view said, const char* client = kClient) {
  return TransactionBuilder(Stage::mail).client(client).helo(said).sender("<>").transaction;
}

Outcome run(const Transaction& transaction, const std::string& options = "{}") {
  static const ZoneMap zone = ZoneMap::parse(kZone).value();
  return run_in(zone, "helo", options, transaction);
}

struct Case {
  const char* helo;
  const char* finding;
  const char* client = kClient;
};

TEST(Helo, Findings) {
  const Case cases[] = {
      {"", "missing"},
      {"bad..example", "malformed"},
      {"a b.example", "malformed"},
      {"-", "local_name"},
      {"*.example", "malformed"},
      {"\xff.example", "malformed"},
      {"203.0.113.7", "bare_address"},
      {"203.0.113.7.", "bare_address"},
      {"2001:db8::7", "bare_address", kClient6},
      {"IPv6:2001:db8::7", "bare_address", kClient6},
      {"[203.0.113.7]", "literal"},
      {"[IPv6:::ffff:203.0.113.7]", "literal"},
      {"[IPv6:2001:DB8:0:0::7]", "literal", kClient6},
      {"[203.0.113.8]", "literal_mismatch"},
      {"[192.168.1.5]", "literal_mismatch"},
      {"[203.0.113.7", "malformed"},
      {"[]", "malformed"},
      {"[", "malformed"},
      {"[mx.good.example]", "malformed"},
      {"localhost", "local_name"},
      {"localhost.localdomain", "local_name"},
      {"joes-pc", "local_name"},
      {"12345", "local_name"},
      {"relay.power.internal", "local_name"},
      {"host.fritz.lan", "local_name"},
      {"x.home.arpa", "local_name"},
      {"PC.Local.", "local_name"},
      {"mylocal.example", "unresolvable"},
      {"gone.example", "unresolvable"},
      {"empty.example", "unresolvable"},
      {"1.2.3", "unresolvable"},
      {"mail-only.example", "mismatch"},
      {"null-mx.example", "mismatch"},
      {"other.example", "mismatch"},
      {"other.example", "mismatch", kClient6},
      {"other4.example", "mismatch"},
      {"six.example", "mismatch"},
      {"four.example", "confirmed"},
      {"four.example", "unknown", kClient6},
      {"denied.example", "mismatch"},
      {"mx.good.example", "confirmed"},
      {"MX.Good.Example.", "confirmed"},
      {"mx.good.example", "confirmed", kClient6},
      {"alias.good.example", "confirmed"},
      {"under_score.example", "confirmed"},
      {"b\xc3\xbc"
       "cher.example",
       "confirmed"},
      {"broken.example", "unknown"},
      {"slow.example", "unknown"},
      {"half.example", "unknown"},
      {"no-mx-answer.example", "unknown"},
  };
  for (const Case& c : cases) {
    const Outcome outcome = run(helo(c.helo, c.client));
    EXPECT_EQ(outcome.finding, c.finding) << c.helo << ": " << outcome.detail;
    EXPECT_LE(outcome.rounds.size(), 2U) << c.helo;
  }
}

TEST(Helo, AsksTheClientsFamilyFirst) {
  EXPECT_THAT(run(helo("mx.good.example")).rounds, ElementsAre(ElementsAre("A mx.good.example")));
  EXPECT_THAT(run(helo("mx.good.example", kClient6)).rounds,
              ElementsAre(ElementsAre("AAAA mx.good.example")));
  EXPECT_THAT(run(helo("gone.example")).rounds,
              ElementsAre(ElementsAre("A gone.example"),
                          ElementsAre("AAAA gone.example", "MX gone.example")));
}

TEST(Helo, NamesOfThisSiteAreNotAskedForInDnsWhenTheyAreLocal) {
  for (const char* said :
       {"", "localhost", "printer.lan", "203.0.113.7", "[203.0.113.8]", "a..b"}) {
    EXPECT_THAT(run(helo(said)).rounds, IsEmpty()) << said;
  }
}

constexpr const char* kOwn = "{ own_names: [ours.example, .ours.example, mailhost, 192.0.2.0/24] }";

TEST(Helo, OwnNames) {
  const Case cases[] = {
      {"ours.example", "own_name"},     {"OURS.example.", "own_name"},
      {"www.ours.example", "own_name"}, {"mailhost", "own_name"},
      {"[192.0.2.25]", "own_name"},     {"notours.example", "unresolvable"},
      {"192.0.2.25", "bare_address"},   {"broken.ours.example", "unknown"},
      {"other.example", "mismatch"},
  };
  for (const Case& c : cases) EXPECT_EQ(run(helo(c.helo), kOwn).finding, c.finding) << c.helo;
  EXPECT_EQ(run(helo("www.one.example"), "{ own_names: one.example }").finding, "unresolvable");
  EXPECT_THROW(make_check("helo", "{ own_names: ['a b'] }"), std::runtime_error);
  EXPECT_THROW(make_check("helo", "{ own_names: [192.0.2.1/24] }"), std::runtime_error);
  EXPECT_THROW(make_check("helo", "{ own: [a.example] }"), std::runtime_error);
}

// Every answer that two questions can get, behind every answer to the first.
TEST(Helo, AFaultOfDnsIsNeverABadFinding) {
  const auto check = make_check("helo", "{ own_names: [.d.example] }");
  const auto answer_of = [](int kind) {
    switch (kind) {
      case 0:
        return absent_answer(dns::DnsReason::nxdomain);
      case 1:
        return absent_answer(dns::DnsReason::nodata);
      default:
        return dns::temporary_failure(
            static_cast<dns::DnsReason>(static_cast<int>(dns::DnsReason::servfail) + kind - 2));
    }
  };
  const int kinds = 2 + static_cast<int>(dns::DnsReason::deadline) -
                    static_cast<int>(dns::DnsReason::servfail) + 1;
  for (const char* said : {"h.d.example", "h.e.example"}) {
    for (int combination = 0; combination < kinds * kinds * kinds; ++combination) {
      int rest = combination;
      bool failed = false;
      const Outcome outcome = checks::run("helo", *check, helo(said), [&](const dns::DnsQuestion&) {
        const int kind = rest % kinds;
        rest /= kinds;
        failed = failed || kind >= 2;
        return answer_of(kind);
      });
      ASSERT_EQ(outcome.finding_class == FindingClass::temporary, failed) << combination;
      ASSERT_EQ(outcome.finding == "unknown", failed) << combination;
    }
  }
}

// --- what must not happen (the complaints about other programs)

TEST(Helo, AMailProgramBehindNatIsNotJudgedBeforeItCanLogIn) {
  EXPECT_EQ(find_check("helo")->first_stage, Stage::mail);
  Transaction mail_program = helo("[192.168.1.5]");
  EXPECT_EQ(run(mail_program).finding, "literal_mismatch");
  mail_program.sasl_username = "joe";
  EXPECT_EQ(run(mail_program).finding, "-");
}

TEST(Helo, LocalhostOfWhoHasLoggedInIsNotHeldAgainstThem) {
  Transaction mail_program = helo("localhost");
  mail_program.sasl_username = "joe";
  EXPECT_EQ(run(mail_program, kOwn).finding, "-");
}

TEST(Helo, ARelayInAPrivateNetworkIsNotJudged) {
  for (const char* client : {"10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.0.1",
                             "100.64.0.1", "::1", "fe80::1", "fd00::1"}) {
    for (const char* said : {"", "ours.example", "localhost", "10.0.0.1", "gone.example"}) {
      const Outcome outcome = run(helo(said, client), kOwn);
      EXPECT_EQ(outcome.finding, "-") << client << " " << said;
      EXPECT_THAT(outcome.rounds, IsEmpty());
    }
  }
}

TEST(Helo, WithoutAClientThereIsNothingToSay) {
  const Transaction piped = TransactionBuilder(Stage::mail).helo("localhost").transaction;
  EXPECT_EQ(run(piped).finding, "-");
}

TEST(Helo, AHostOfOursOutsideIsNotTakenForAForger) {
  EXPECT_EQ(run(helo("relay.ours.example"), kOwn).finding, "confirmed");
  EXPECT_EQ(run(helo("[192.0.2.25]", "192.0.2.25"), kOwn).finding, "literal");
}

std::string errors_of(const std::string& on, const std::string& mode = "enforce") {
  return complaints_about("version: 1\nrules:\n  - name: helo\n    check: helo\n    mode: " + mode +
                          "\n    on:\n      mismatch: " + on + "\n");
}

TEST(Helo, NobodyIsRefusedBecauseTheNameIsNotThatOfTheClient) {
  for (const char* on : {"reject", "reject 550 5.7.1 \"no\"", "defer", "discard",
                         "[ { prepend: 'X-Helo: no' }, reject ]"}) {
    EXPECT_THAT(errors_of(on), HasSubstr("rules.yaml:7:17: error: mismatch: found ")) << on;
    EXPECT_THAT(errors_of(on, "log"), HasSubstr("want hold, log, prepend, skip or pass: no server "
                                                "may refuse mail"))
        << on;
    EXPECT_THAT(errors_of(on), HasSubstr("(RFC 5321 4.1.4)")) << on;
  }
  for (const char* on : {"log", "hold", "pass", "{ prepend: 'X-Helo: no' }"}) {
    EXPECT_EQ(errors_of(on), "") << on;
  }
}

TEST(Helo, AsShippedOnlyABareAddressAndANameOfOursAreRefused) {
  const auto rules =
      rules_from("version: 1\nrules:\n  - { name: helo, check: helo, preset: standard }\n");
  const RuleCheck& check = *rules->rules()[0].check();
  for (std::size_t i = 0; i < check.on.size(); ++i) {
    const std::string_view name = check.finding_name(i);
    const bool refused = !check.on[i].empty() && kind_of(check.on[i][0]) != ActionKind::log;
    EXPECT_EQ(refused, name == "bare_address" || name == "own_name") << name;
  }
}

// A log has no HELO of mail that came in.
TEST(Helo, WhatALogDoesNotTellIsNotMissing) {
  for (const Attribute untold : {Attribute::helo, Attribute::sasl_username, Attribute::client}) {
    Transaction transaction = helo("");
    transaction.stage = Stage::rcpt;
    transaction.untold.set(static_cast<std::size_t>(untold));
    const auto judged = [&](const std::string& rest) {
      replay::Judge judge(rules_from("version: 1\nrules: [ { name: helo, check: helo, " + rest +
                                     ", on: { missing: reject } } ]\n"),
                          nullptr);
      return judge.judge(transaction, {});
    };
    const auto enforced = judged("mode: enforce");
    ASSERT_TRUE(enforced.undecided);
    EXPECT_EQ(enforced.undecided->needs, to_string(untold));
    const auto logged = judged("mode: log");
    EXPECT_FALSE(logged.undecided);
    EXPECT_TRUE(logged.verdict.would.empty());
    ASSERT_EQ(logged.not_looked_at.size(), 1U);
    EXPECT_EQ(logged.not_looked_at[0].needs, to_string(untold));
  }
}

}  // namespace
}  // namespace postern::checks::helo_test
