#include <gtest/gtest.h>

#include "rules/model/message_effects.h"
#include "tests/support/state_map.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::rate_test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTenOfSender = "name: l\nkey: sender\nlimit: 10/1h";

Transaction at_rcpt(const std::string& sender, const std::string& recipient = "r@d.example",
                    const std::string& client = "203.0.113.7") {
  return TransactionBuilder(Stage::rcpt)
      .client(client)
      .sender(sender)
      .recipient(recipient)
      .transaction;
}

// One limit, one message after the other, as a door has them judged.
class RateTest : public testing::Test {
 protected:
  void use(const std::string& options) { check_ = make_check("rate", options); }
  void next_message() { message_.clear(); }

  // `within 3 of 10 in 1h`, as it is found.
  std::string look(const Transaction& t) {
    MessageFacts facts(state_, message_, t);
    FactView view(&facts);
    report_ = check_->inspect(t, view);
    if (report_.state != CheckReport::State::found) return "-";
    return std::string(find_check("rate")->findings[report_.finding].name) + " " + report_.detail;
  }
  // The same of mail that comes in unless it is over the limit.
  std::string ask(const Transaction& t) {
    const std::string said = look(t);
    if (said.starts_with("over")) {
      std::erase_if(report_.effects,
                    [](const Effect& one) { return one.when == Effect::When::on_pass; });
    }
    message_.keep_new(report_.effects, t.recipient);
    state_.apply(report_.effects);
    return said;
  }
  std::string mail(const Transaction& t) {
    next_message();
    return ask(t);
  }
  std::string last_of(int messages, const Transaction& t) {
    std::string said;
    for (int i = 0; i < messages; ++i) said = mail(t);
    return said;
  }

  StateMap state_;
  MessageEffects message_;
  std::unique_ptr<Check> check_ = make_check("rate", kTenOfSender);
  CheckReport report_;
};

TEST_F(RateTest, LetsInWhatTheLimitAllowsAndNoMore) {
  const Transaction t = at_rcpt("a@s.example");
  EXPECT_EQ(mail(t), "within 1 of 10 in 1h");
  EXPECT_EQ(last_of(9, t), "within 10 of 10 in 1h");
  EXPECT_EQ(mail(t), "over 10 of 10 in 1h, free in 6m");
  EXPECT_EQ(report_.named, "6m");
  EXPECT_EQ(mail(at_rcpt("b@s.example")), "within 1 of 10 in 1h");
}

TEST_F(RateTest, GetsOneBackEachInterval) {
  const Transaction t = at_rcpt("a@s.example");
  last_of(10, t);
  state_.pass(359s);
  EXPECT_EQ(mail(t), "over 10 of 10 in 1h, free in 1s");
  state_.pass(1s);
  EXPECT_EQ(mail(t), "within 10 of 10 in 1h");
  EXPECT_EQ(mail(t), "over 10 of 10 in 1h, free in 6m");
  state_.pass(1h);
  EXPECT_EQ(mail(t), "within 1 of 10 in 1h");
}

TEST_F(RateTest, NeverLetsInMoreThanTwiceTheLimitInAnyPeriod) {
  const Transaction t = at_rcpt("a@s.example");
  int passed = 0;
  for (int second = 0; second < 3600; ++second, state_.pass(1s)) {
    if (mail(t).starts_with("within")) ++passed;
  }
  EXPECT_EQ(passed, 19);
}

TEST_F(RateTest, MakesTheBucketSmallerByBurst) {
  use("name: l\nkey: sender\nlimit: 10/1h\nburst: 2");
  const Transaction t = at_rcpt("a@s.example");
  EXPECT_EQ(last_of(2, t), "within 2 of 2 at once, 10 in 1h");
  EXPECT_EQ(mail(t), "over 2 of 2 at once, 10 in 1h, free in 6m");
}

TEST_F(RateTest, KeepsWhatWasCountedWhenTheNumbersChange) {
  const Transaction t = at_rcpt("a@s.example");
  last_of(10, t);
  use("name: l\nkey: sender\nlimit: 20/1h");
  EXPECT_EQ(mail(t), "over 20 of 20 in 1h, free in 3m");
  state_.pass(30min);
  EXPECT_EQ(mail(t), "within 11 of 20 in 1h");
}

TEST_F(RateTest, IsUnknownAndCountsNothingWithoutState) {
  state_.is_away = true;
  EXPECT_EQ(mail(at_rcpt("a@s.example")), "unknown no record can be had");
  EXPECT_TRUE(report_.effects.empty());
  EXPECT_EQ(find_check("rate")->findings[report_.finding].finding_class, FindingClass::temporary);
}

TEST_F(RateTest, WaitsForARecordThatHasToBeAskedFor) {
  class Asked : public FactSource {
   public:
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& /*question*/) override { return {}; }
    std::optional<StateFact> find_state(const StateKey& /*key*/) override { return {}; }
  } asked;
  FactView view(&asked);
  EXPECT_EQ(check_->inspect(at_rcpt("a@s.example"), view).state, CheckReport::State::waiting);
  EXPECT_EQ(view.missing_state().size(), 1U);
}

// What users of other programs complain of; each named after what must not happen.

TEST_F(RateTest, CountsNoNullSender) {
  EXPECT_EQ(mail(at_rcpt("<>")), "-");
  use("name: l\nkey: [client_network, sender_domain]\nlimit: 10/1h");
  EXPECT_EQ(mail(at_rcpt("<>")), "-");
}

TEST_F(RateTest, CountsNoAliasOfASenderTwice) {
  EXPECT_EQ(mail(at_rcpt("Anna+news@S.example")), "within 1 of 10 in 1h");
  EXPECT_EQ(mail(at_rcpt("anna@s.example")), "within 2 of 10 in 1h");
  EXPECT_EQ(mail(at_rcpt("prvs=0123abcdef=anna@s.example")), "within 3 of 10 in 1h");
  EXPECT_EQ(mail(at_rcpt("ann@s.example")), "within 1 of 10 in 1h");
}

TEST_F(RateTest, CountsNoMessageTwiceHoweverOftenTheMtaAsks) {
  Transaction t = at_rcpt("a@s.example");
  next_message();
  for (const char* recipient : {"r@d.example", "r@d.example", "q@d.example"}) {
    t.recipient = MailAddress::from_envelope(recipient);
    EXPECT_EQ(ask(t), "within 1 of 10 in 1h");
  }
  for (const Stage stage : {Stage::data, Stage::eom}) {
    t.stage = stage;
    t.recipient_count = 2;
    EXPECT_EQ(ask(t), "within 1 of 10 in 1h");
  }
  EXPECT_EQ(state_.taken, 1U);
}

TEST_F(RateTest, IsNotOverByWhatTheMessageItselfWasCounted) {
  Transaction t = at_rcpt("a@s.example");
  last_of(10, t);
  t.recipient = MailAddress::from_envelope("q@d.example");
  EXPECT_EQ(ask(t), "within 10 of 10 in 1h");
  t.stage = Stage::eom;
  EXPECT_EQ(ask(t), "within 10 of 10 in 1h");
  EXPECT_EQ(mail(t), "over 10 of 10 in 1h, free in 6m");
}

TEST_F(RateTest, CountsNoRecipientTwice) {
  use("name: l\nkey: sender\nlimit: 2/1h\ncount: recipients");
  next_message();
  EXPECT_EQ(ask(at_rcpt("a@s.example", "r@d.example")), "within 1 of 2 in 1h");
  EXPECT_EQ(ask(at_rcpt("a@s.example", "q@d.example")), "within 2 of 2 in 1h");
  EXPECT_EQ(ask(at_rcpt("a@s.example", "q@d.example")), "within 2 of 2 in 1h");
  EXPECT_EQ(ask(at_rcpt("a@s.example", "p@d.example")), "over 2 of 2 in 1h, free in 30m");
  EXPECT_EQ(state_.taken, 2U);
}

TEST_F(RateTest, StarvesNoMessageThatIsLargerThanTheBucket) {
  use("name: l\nkey: sender\nlimit: 5/1h\ncount: recipients");
  Transaction t = at_rcpt("a@s.example");
  t.stage = Stage::eom;
  t.recipient_count = 9;
  EXPECT_EQ(mail(t), "within 9 of 5 in 1h");
  EXPECT_EQ(mail(t), "over 9 of 5 in 1h, free in 108m");
  use("name: l\nkey: sender\nlimit: 5/1h\ncount: recipients\ndebt: yes");
  next_message();
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(ask(at_rcpt("b@s.example", std::to_string(i) + "@d.example")).starts_with("within"))
        << i;
  }
  EXPECT_TRUE(mail(at_rcpt("b@s.example")).starts_with("over"));
}

TEST_F(RateTest, LocksNobodyOutForGoodWhoGoesOnTrying) {
  use("name: l\nkey: sender\nlimit: 5/1h\ncount: attempts");
  const Transaction t = at_rcpt("a@s.example");
  EXPECT_EQ(last_of(5, t), "within 5 of 5 in 1h");
  EXPECT_TRUE(last_of(100, t).starts_with("over 10 of 5 in 1h")) << report_.detail;
  state_.pass(1h + 12min);
  EXPECT_TRUE(mail(t).starts_with("within"));
}

TEST_F(RateTest, CountsNoAttemptThatIsRefusedUnlessAskedTo) {
  const Transaction t = at_rcpt("a@s.example");
  last_of(50, t);
  state_.pass(6min);
  EXPECT_TRUE(mail(t).starts_with("within"));
}

TEST_F(RateTest, TakesAnIPv6ClientForItsNetwork) {
  use("name: l\nkey: client\nlimit: 10/1h");
  mail(at_rcpt("a@s.example", "r@d.example", "2001:db8:0:1::1"));
  mail(at_rcpt("a@s.example", "r@d.example", "2001:db8:0:1:ffff::2"));
  mail(at_rcpt("a@s.example", "r@d.example", "::ffff:203.0.113.9"));
  mail(at_rcpt("a@s.example", "r@d.example", "203.0.113.9"));
  EXPECT_EQ(state_.keys(), "l 2001:db8:0:1::/64, l 203.0.113.9");
}

TEST_F(RateTest, CountsNoClientOfThisMachineOrThatHasLoggedIn) {
  use("name: l\nkey: client_network\nlimit: 10/1h");
  EXPECT_EQ(mail(at_rcpt("a@s.example", "r@d.example", "127.0.0.1")), "-");
  EXPECT_EQ(mail(at_rcpt("a@s.example", "r@d.example", "10.0.0.9")), "-");
  Transaction t = at_rcpt("a@s.example");
  t.sasl_username = "anna";
  EXPECT_EQ(mail(t), "-");
  use("name: l\nkey: [sasl_username, client_network]\nlimit: 10/1h");
  EXPECT_EQ(mail(t), "within 1 of 10 in 1h");
  EXPECT_EQ(state_.keys(), "l anna 203.0.113.0/24");
}

TEST_F(RateTest, CountsNoInboundMailUnderALimitOfAccounts) {
  use("name: l\npreset: account_messages");
  EXPECT_EQ(mail(at_rcpt("a@s.example")), "-");
  Transaction t = at_rcpt("<>");
  t.sasl_username = "Anna";
  EXPECT_EQ(mail(t), "within 1 of 100 in 1h");
  EXPECT_EQ(state_.keys(), "l anna");
}

TEST_F(RateTest, FindsAnAccountThatIsUsedFromManyNetworks) {
  use("name: l\npreset: account_networks\nlimit: 3/1h");
  const auto from = [&](int network) {
    Transaction t =
        at_rcpt("a@s.example", "r@d.example", "203.0." + std::to_string(network) + ".7");
    t.sasl_username = "anna";
    return mail(t);
  };
  for (int again = 0; again < 20; ++again) {
    for (const int network : {1, 2, 3}) EXPECT_TRUE(from(network).starts_with("within"));
  }
  EXPECT_EQ(from(4), "within 3 of 3 in 1h by client_network");
  EXPECT_EQ(from(1), "over 4 of 3 in 1h by client_network");
  state_.pass(61min);
  EXPECT_EQ(from(4), "within 0 of 3 in 1h by client_network");
}

TEST_F(RateTest, KeepsNoMoreOfAStrangersTextThanAnAddressHas) {
  mail(at_rcpt(std::string(5000, 'a') + "@s.example"));
  EXPECT_EQ(state_.keys().size(), 2 + 32U) << state_.keys();
  EXPECT_EQ(mail(at_rcpt(std::string(5000, 'A') + "@s.example")), "within 2 of 10 in 1h");
  EXPECT_EQ(mail(at_rcpt(std::string(5001, 'a') + "@s.example")), "within 1 of 10 in 1h");
}

TEST_F(RateTest, LooksAtALimitOfRecipientsAtRcptAlone) {
  use("name: l\nkey: recipient\nlimit: 10/1h");
  Transaction t = at_rcpt("a@s.example");
  EXPECT_EQ(mail(t), "within 1 of 10 in 1h");
  t.stage = Stage::eom;
  EXPECT_EQ(ask(t), "-");
}

TEST(Rate, HasNoPresetThatRefusesForGood) {
  for (const CheckPreset& preset : find_check("rate")->presets) {
    for (const PresetAction& action : preset.actions) {
      EXPECT_FALSE(action.action.starts_with("reject")) << preset.name;
      EXPECT_NE(action.finding, "unknown") << preset.name;
    }
  }
}

std::string errors_of(const std::string& options) {
  try {
    make_check("rate", options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Rate, SaysWhatIsWrongWithItsOptionsAndWhere) {
  const std::pair<const char*, const char*> kCases[] = {
      {"name: l\nlimit: 1/1h", "rules.yaml:1:1: error: key: found nothing, want what is counted"},
      {"name: l\nkey: client", "limit"},
      {"name: l\nkey: [client, who]\nlimit: 1/1h",
       "rules.yaml:2:15: error: key: found 'who', want"},
      {"name: l\nkey: [client, rule]\nlimit: 1/1h", "key: found 'rule', want"},
      {"key: client\nlimit: 0/1h", "rules.yaml:2:8: error: limit: found '0/1h', want a number"},
      {"key: client\nlimit: 100", "limit: found '100', want"},
      {"key: client\nlimit: 1/10ms", "limit: found '1/10ms', want"},
      {"key: client\nlimit: 1/32d", "limit: found '1/32d', want"},
      {"key: client\nlimit: 10/1h\nburst: 11", "rules.yaml:3:8: error: burst"},
      {"key: client\nlimit: 10/1h\ncount: bytes", "rules.yaml:3:8: error: count"},
      {"key: client\nlimit: 10/1h\ndistinct: who", "rules.yaml:3:11: error: distinct: found 'who'"},
      {"key: client\nlimit: 10/1h\ndistinct: sender\nburst: 2", "burst: found it beside distinct"},
      {"key: client\nlimit: 250/1h\ndistinct: sender", "limit: found 250, want less than 250"},
      {"key: recipient\nlimit: 10/1h\nstage: data", "stage: found no rcpt"},
  };
  for (const auto& [options, error] : kCases) {
    EXPECT_NE(errors_of(options).find(error), std::string::npos) << options << "\n"
                                                                 << errors_of(options);
  }
  EXPECT_EQ(errors_of("key: rule\nlimit: 10/1h\nstage: rcpt"), "");
  EXPECT_EQ(errors_of("key: recipient\nlimit: 10/1h\nstage: [rcpt, data]"), "");
}

}  // namespace
}  // namespace postern::checks::rate_test
