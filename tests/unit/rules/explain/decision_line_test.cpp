#include "rules/explain/decision_line.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace postern::explain::decision_line_test {
namespace {

class DecisionLine : public testing::Test {
 protected:
  std::string line() {
    return decision_line(
        {"policy", transaction_, verdict_, evidence_, reply_, std::chrono::microseconds{53}});
  }

  void expect(const std::string& part) {
    EXPECT_NE(line().find(" " + part), std::string::npos) << line();
  }

  void expect_no(const std::string& part) {
    EXPECT_EQ(line().find(part), std::string::npos) << line();
  }

  void add_fact(dns::DnsType type, const std::string& name, dns::DnsAnswer answer,
                dns::DnsFact::Source source, std::chrono::seconds age = {}) {
    evidence_.push_back({{*DomainName::parse(name), type},
                         {std::make_shared<const dns::DnsAnswer>(std::move(answer)), age, source}});
  }

  Transaction transaction_;
  Verdict verdict_;
  std::vector<DnsEvidence> evidence_;
  std::string reply_ = "DUNNO";
};

TEST_F(DecisionLine, AlwaysHasWhatADecisionAlwaysHas) {
  EXPECT_EQ(line(),
            "decision door=policy stage=connect rule=- action=pass reply=DUNNO client=- "
            "generation=0 us=53");
}

TEST_F(DecisionLine, SaysWhatWasCutAndWhatBecameOfMixedRecipients) {
  transaction_.stage = Stage::eom;
  transaction_.header.emplace();
  expect_no("cut=");
  expect_no("mixed_recipients=");
  transaction_.header->cut = {{"subject", 1, 17}, {"list-id", 3, 51234}};
  expect("cut=\"subject 1 field 17 bytes,list-id 3 fields 51234 bytes\"");
  defer_as_mixed(verdict_);
  expect("rule=- action=defer");
  expect("mixed_recipients=split");
  verdict_.mixed_recipients = MixedRecipients::mildest;
  expect("mixed_recipients=mildest");
}

TEST_F(DecisionLine, SaysWhichRecordsOfStateItRestsOn) {
  using namespace std::chrono_literals;
  StateEvidence counted{{StateKind::rate, "limit", {"s@a.example"}}, {}};
  counted.fact.status = StateFact::Status::found;
  counted.fact.record.since_first = 90s;
  counted.fact.record.debt = 35s + 1us;
  counted.fact.done = StateFact::Done::for_others;
  std::vector<StateEvidence> state = {counted, {{StateKind::distinct, "nets", {"anna"}}, {}}};
  const auto line_with_state = [&] {
    return decision_line({.door = "policy",
                          .transaction = transaction_,
                          .verdict = verdict_,
                          .evidence = evidence_,
                          .reply = reply_,
                          .state = state});
  };
  EXPECT_NE(line_with_state().find(" state=\"limit s@a.example: found, since 90s, debt 36s, "
                                   "counted; nets anna: unavailable\" generation="),
            std::string::npos)
      << line_with_state();
  state.assign(10, counted);
  EXPECT_LT(line_with_state().size(), 600U) << "bounded";
  expect_no("state=");
}

TEST_F(DecisionLine, SaysWhatStandsForTheTokenBesideTheReply) {
  transaction_.token = "k7m3f2";
  expect_no("token=");
  verdict_.token = "k7m3f2";
  expect("reply=DUNNO token=k7m3f2 client=-");
}

TEST_F(DecisionLine, SaysWhatASoftenedDeferralWouldHaveBeen) {
  verdict_.action = Disposition::defer;
  expect_no("softened_from=");
  verdict_.softened_from = Disposition::discard;
  expect("action=defer reply=DUNNO softened_from=discard");
}

TEST_F(DecisionLine, SaysWhereAMessageGoes) {
  expect_no("redirect=");
  expect_no("copy=");
  verdict_.action = Disposition::redirect;
  verdict_.redirect = "r@cap.example";
  verdict_.copies = {"c@cap.example", "d@cap.example"};
  expect("action=redirect");
  expect("redirect=r@cap.example copy=c@cap.example,d@cap.example");
}

TEST_F(DecisionLine, SaysWhy) {
  transaction_.stage = Stage::rcpt;
  transaction_.client = IpAddress::from_v4(0xc0000219);
  transaction_.client_name = "mail.example.org";
  transaction_.helo = "helo.example.org";
  transaction_.sender = MailAddress::from_envelope("s@adp.example");
  transaction_.recipient = MailAddress::from_envelope("r@dest.example");
  transaction_.sasl_username = "alice";
  transaction_.queue_id = "4F2";
  transaction_.instance = "1a.2b.0";
  verdict_.action = Disposition::reject;
  verdict_.rule = "adp-2026-11";
  verdict_.entry = {"adp-campaign", ".adp.example", "ticket 4711", "lists/adp.txt", 12};
  verdict_.also = {"tagged", "slow"};
  verdict_.would = {{"tried", ActionKind::defer}, {"other", ActionKind::hold}};
  verdict_.generation = 7;
  reply_ = "550 5.7.1 Sender banned.";
  EXPECT_EQ(line(),
            "decision door=policy stage=rcpt rule=adp-2026-11 action=reject "
            "reply=\"550 5.7.1 Sender banned.\" list=adp-campaign entry=.adp.example "
            "reason=\"ticket 4711\" at=lists/adp.txt:12 also=tagged,slow "
            "would=tried:defer,other:hold client=192.0.2.25 client_name=mail.example.org "
            "helo=helo.example.org sender=s@adp.example recipient=r@dest.example "
            "sasl_username=alice queue_id=4F2 instance=1a.2b.0 generation=7 us=53");
}

TEST_F(DecisionLine, NamesCheckFindingAndDetail) {
  verdict_.check = "sender_mx";
  verdict_.finding = "missing";
  verdict_.detail = "no MX, no A";
  expect("check=sender_mx finding=missing detail=\"no MX, no A\" client=-");
}

TEST_F(DecisionLine, NamesWhatWasFoundByRulesThatOnlyNote) {
  verdict_.also = {"noting"};
  verdict_.found = {{"noting", "sender_mx", "null_mx", true, "example.org"}};
  expect("found=sender_mx:null_mx detail=example.org also=noting client=-");
}

TEST_F(DecisionLine, SaysOnceWhatSeveralRulesNoted) {
  verdict_.found = {{"one", "sender_mx", "missing", true, "no MX, no A"},
                    {"two", "sender_mx", "missing", true, "no MX, no A"},
                    {"three", "other", "bad", true, "else"}};
  expect("found=sender_mx:missing,other:bad detail=\"no MX, no A\" client=-");
}

TEST_F(DecisionLine, KeepsTheDetailOfTheRuleThatDecided) {
  verdict_.rule = "second";
  verdict_.check = "other";
  verdict_.finding = "bad";
  verdict_.detail = "of other";
  verdict_.found = {{"first", "sender_mx", "missing", true, "of sender_mx"},
                    {"second", "other", "bad", true, "of other"}};
  expect("check=other finding=bad found=sender_mx:missing detail=\"of other\" client=-");
}

TEST_F(DecisionLine, SaysNothingOfFindingsThatNoRuleNoted) {
  verdict_.found = {{"mx", "sender_mx", "mx"}};
  expect_no("found=");
  expect_no("detail=");
}

TEST_F(DecisionLine, TellsTheNullSenderFromNone) {
  expect_no("sender=");
  transaction_.sender = MailAddress{};
  expect("sender=<>");
}

TEST_F(DecisionLine, ShowsWhatWasGivenForAnAddress) {
  transaction_.sender = MailAddress::from_envelope("s@a.example");
  transaction_.recipient = MailAddress::from_envelope("r@b.example");
  expect_no("_given=");
  expect_no("_untagged=");
  transaction_.sender = MailAddress::from_envelope("a.example!s");
  transaction_.recipient->set_given(" r@b.example\nrule=x");
  expect(
      "sender=s@a.example sender_given=a.example!s recipient=r@b.example "
      "recipient_given=\" r@b.example\\x0arule\\x3dx\" ");
  transaction_.sender = MailAddress::from_envelope("prvs=0123abcdef=s@a.example");
  expect("sender=\"prvs=0123abcdef=s@a.example\" sender_untagged=s@a.example recipient=");
  transaction_.sender = MailAddress();
  transaction_.sender->set_given(" ");
  expect("sender=<> sender_given=\" \" ");
}

TEST_F(DecisionLine, ShowsDelayHeadersAndWhatItWaitsFor) {
  verdict_.delay = std::chrono::milliseconds{6000};
  verdict_.prepend = {{"X-A", "1"}, {"X-B", "2"}};
  verdict_.pending_rule = "recipients-only";
  expect("pending_rule=recipients-only delay=6s headers=X-A,X-B");
}

TEST_F(DecisionLine, ShowsTheEvidence) {
  dns::DnsAnswer found;
  found.status = dns::DnsStatus::found;
  found.reason = dns::DnsReason::answer;
  found.server = "127.0.0.1:53";
  dns::DnsAnswer absent;
  absent.status = dns::DnsStatus::absent;
  absent.reason = dns::DnsReason::nxdomain;
  add_fact(dns::DnsType::mx, "example.org", found, dns::DnsFact::Source::asked);
  add_fact(dns::DnsType::a, "mx.example.org", absent, dns::DnsFact::Source::cache,
           std::chrono::seconds{90});
  add_fact(dns::DnsType::aaaa, "mx.example.org", dns::temporary_failure(dns::DnsReason::deadline),
           dns::DnsFact::Source::given_up);
  expect(
      "dns=\"MX example.org: found (127.0.0.1:53); A mx.example.org: nxdomain (cache 90s); "
      "AAAA mx.example.org: deadline (given up)\"");
}

TEST_F(DecisionLine, ShowsNoKeyOfAListInTheEvidence) {
  const dns::DnsName list = dns::DnsName::parse("list.example").value();
  const dns::DnsName keyed = dns::DnsName::parse("s3cret").value().hidden_under(list).value();
  add_fact(dns::DnsType::a, "2.0.0.127", dns::temporary_failure(dns::DnsReason::timeout),
           dns::DnsFact::Source::asked);
  evidence_.back().question.name = evidence_.back().question.name.under(keyed).value();
  expect("dns=\"A 2.0.0.127.list.example: timeout\"");
}

TEST_F(DecisionLine, IsOneBoundedLineWhateverIsInIt) {
  const std::string hostile =
      std::string("\"\n\r\t\x1b[0m\0 rule=forged \\", 23) + std::string(100'000, 'x');
  transaction_.client_name = hostile;
  transaction_.helo = hostile;
  transaction_.sender = MailAddress::from_envelope(hostile + "@example.org");
  transaction_.recipient = MailAddress::from_envelope(hostile);
  transaction_.sasl_username = hostile;
  transaction_.queue_id = hostile;
  transaction_.instance = hostile;
  verdict_.detail = hostile;
  verdict_.entry.reason = hostile;
  reply_ = hostile;
  for (int i = 0; i < 500; ++i) {
    verdict_.also.push_back("a-rule-with-a-long-name");
    add_fact(dns::DnsType::mx, "example.org", dns::temporary_failure(dns::DnsReason::timeout),
             dns::DnsFact::Source::asked);
  }
  const std::string text = line();
  EXPECT_LT(text.size(), 16'000U);
  for (const char byte : text) {
    ASSERT_TRUE(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f) << text;
  }
  std::size_t quotes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      ++quotes;
  }
  EXPECT_EQ(quotes % 2, 0U);
  EXPECT_NE(text.find("generation=0 us=53"), std::string::npos);
}

TEST_F(DecisionLine, SaysWhatAMilterKnowsOfRecipients) {
  transaction_.stage = Stage::eom;
  transaction_.recipient_count = 1;
  expect_no("recipient_count=");
  transaction_.recipient_count = 12;
  expect("recipient_count=12");
  expect_no("recipient_refused=");
  transaction_.recipient_state = RecipientState::refused;
  expect("recipient_refused=yes");
}

}  // namespace
}  // namespace postern::explain::decision_line_test
