// The check about mail: whom it is about, its findings and options, and the header. What a record
// says is tests/unit/rules/spf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/engine.h"
#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::spf_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kZone = R"(
zone:
  good.example: { TXT: ["v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 -all exp=why.good.example"] }
  why.good.example: { TXT: ["Not from %{i}\""] }
  open.example: { TXT: ["v=spf1 +all"] }
  soft.example: { TXT: ["v=spf1 ~all"] }
  neutral.example: { TXT: ["v=spf1 ?all"] }
  broken.example: { TXT: ["v=spf1 foo"] }
  voids.example: { TXT: ["v=spf1 a:n1.example -all"] }
  sick.example: { fault: servfail }
)";

Transaction mail(const char* sender, const char* client = "203.0.113.7") {
  return TransactionBuilder(Stage::mail)
      .client(client)
      .helo("mx.good.example")
      .sender(sender)
      .transaction;
}

const ZoneMap& zone() {
  static const ZoneMap map = ZoneMap::parse(kZone).value();
  return map;
}

Outcome run_spf(const Transaction& transaction, const std::string& options = "{}") {
  return run_in(zone(), "spf", options, transaction);
}

TEST(SpfCheck, Findings) {
  const std::pair<const char*, const char*> kCases[] = {
      {"s@good.example", "pass"},      {"s@open.example", "pass_all"},
      {"s@none.example", "none"},      {"s@neutral.example", "neutral"},
      {"s@soft.example", "softfail"},  {"s@broken.example", "permerror"},
      {"s@sick.example", "temperror"}, {"s", "none"},
      {"s@[203.0.113.7]", "none"},     {"s@example", "none"},
      {"s@bad..example", "none"},
  };
  for (const auto& [sender, finding] : kCases) {
    EXPECT_EQ(run_spf(mail(sender)).finding, finding) << sender;
  }
  EXPECT_EQ(run_spf(mail("s@good.example", "192.0.2.1")).finding, "fail");
  EXPECT_EQ(run_spf(mail("s@good.example", "2001:db8::1")).finding, "pass");
  EXPECT_EQ(run_spf(mail("s@good.example", "2001:db9::1")).finding, "fail");
}

TEST(SpfCheck, IsAboutClientsOfTheInternetThatHaveNotLoggedIn) {
  for (const char* client : {"127.0.0.1", "10.0.0.1", "192.168.1.5", "169.254.1.1", "::1",
                             "fe80::1", "fd00::1", "::ffff:10.0.0.1"}) {
    const Outcome outcome = run_spf(mail("s@good.example", client));
    EXPECT_EQ(outcome.finding, "-") << client;
    EXPECT_THAT(outcome.rounds, IsEmpty()) << client;
  }
  Transaction user = mail("s@good.example", "192.0.2.1");
  user.sasl_username = "joe";
  EXPECT_EQ(run_spf(user).finding, "-");
  Transaction local = mail("s@good.example");
  local.client.reset();
  EXPECT_EQ(run_spf(local).finding, "-");
}

TEST(SpfCheck, OfANullSenderTheHeloNameCounts) {
  Transaction bounce = mail("<>", "192.0.2.1");
  bounce.helo = "good.example";
  EXPECT_EQ(run_spf(bounce).finding, "fail");
  EXPECT_EQ(run_spf(bounce).detail, "-all of good.example");
  for (const char* helo : {"", "localhost", "[192.0.2.1]", "bad..example"}) {
    bounce.helo = helo;
    EXPECT_EQ(run_spf(bounce).finding, "none") << helo;
  }
}

TEST(SpfCheck, IdentityMayBeTheHeloName) {
  Transaction transaction = mail("s@soft.example");
  transaction.helo = "good.example";
  EXPECT_EQ(run_spf(transaction, "{ identity: helo }").finding, "pass");
  EXPECT_EQ(run_spf(transaction, "{ identity: mail_from }").finding, "softfail");
}

TEST(SpfCheck, VoidLookUpsHaveALimit) {
  EXPECT_EQ(run_spf(mail("s@voids.example")).finding, "fail");
  EXPECT_EQ(run_spf(mail("s@voids.example"), "{ void_limit: 0 }").finding, "permerror");
  EXPECT_THROW(run_spf(mail("s@voids.example"), "{ void_limit: 11 }"), std::runtime_error);
}

// It is a stranger's text.
TEST(SpfCheck, AnExplanationIsAskedForOnlyIfItIsWanted) {
  const Transaction transaction = mail("s@good.example", "192.0.2.1");
  const Outcome without = run_spf(transaction);
  EXPECT_EQ(without.detail, "-all of good.example");
  EXPECT_THAT(without.rounds, ElementsAre(ElementsAre("TXT good.example")));
  EXPECT_EQ(run_spf(transaction, "{ explanation: log }").detail,
            "-all of good.example, which says: Not from 192.0.2.1\"");
}

TEST(SpfCheck, TellsWhatIsWrong) {
  EXPECT_EQ(run_spf(mail("s@broken.example")).detail,
            "broken.example: 'foo' is no term of an SPF record");
  EXPECT_EQ(run_spf(mail("s@sick.example")).detail, "TXT of sick.example: servfail");
  EXPECT_EQ(run_spf(mail("s@none.example")).detail, "none.example");
  EXPECT_EQ(run_spf(mail("s")).detail, "no domain name");
}

// What is not known at the deadline, or for a bound of ours, is never the domain's fault.
TEST(SpfCheck, WhatWasGivenUpIsATemporaryError) {
  const auto check = make_check("spf", "{}");
  for (const dns::DnsReason reason : {dns::DnsReason::deadline, dns::DnsReason::overloaded,
                                      dns::DnsReason::malformed, dns::DnsReason::timeout}) {
    const Outcome outcome =
        run("spf", *check, mail("s@good.example"),
            [&](const dns::DnsQuestion& /*question*/) { return dns::temporary_failure(reason); });
    EXPECT_EQ(outcome.finding, "temperror");
    EXPECT_EQ(outcome.finding_class, FindingClass::temporary);
  }
}

// What comes of it in a header of each finding.
std::string header_of(const Transaction& transaction, const std::string& text,
                      const std::string& options = "") {
  std::string rule = "version: 1\nrules:\n  - name: spf\n    check: spf\n" + options + "    on:\n";
  for (const char* finding : {"pass", "pass_all", "fail", "none", "permerror"}) {
    rule += "      " + std::string(finding) + ": { prepend: \"X: " + text + "\" }\n";
  }
  LoadTarget target;
  target.authserv_id = "mx.box.example";
  const auto rules = rules_from(rule, {}, target);
  FactView facts(nullptr);
  while (true) {
    const auto verdict = evaluate(*rules, transaction, facts, {});
    if (verdict) {
      return verdict->prepend.empty() ? "none" : verdict->prepend.front().value;
    }
    const std::vector<dns::DnsQuestion> missing = facts.missing();
    for (const dns::DnsQuestion& question : missing) {
      facts.add(question, {std::make_shared<const dns::DnsAnswer>(zone().answer(question))});
    }
  }
}

std::string received_spf(const Transaction& transaction) {
  return header_of(transaction, "{spf}");
}

// RFC 8601 2.2, 2.7.2.
TEST(SpfCheck, WritesAuthenticationResults) {
  const auto results = [](Transaction transaction, const std::string& options = "") {
    transaction.stage = Stage::rcpt;
    return header_of(transaction, "{auth_results}", options);
  };
  EXPECT_EQ(results(mail("\"a; b\"@good.example")),
            "mx.box.example; spf=pass smtp.mailfrom=good.example");
  EXPECT_EQ(results(mail("s@good.example", "192.0.2.1")),
            "mx.box.example; spf=fail smtp.mailfrom=good.example");
  EXPECT_EQ(results(mail("s@broken.example")),
            "mx.box.example; spf=permerror smtp.mailfrom=broken.example");
  EXPECT_EQ(results(mail("<>")), "mx.box.example; spf=none smtp.helo=mx.good.example");
  EXPECT_EQ(results(mail("s@broken.example"), "    identity: helo\n"),
            "mx.box.example; spf=none smtp.helo=mx.good.example");
  Transaction hostile = mail("<>");
  hostile.helo = "a.example; dkim=pass\r\n";
  EXPECT_EQ(results(hostile), "mx.box.example; spf=none");
}

// RFC 7208 9.1.
TEST(SpfCheck, WritesReceivedSpf) {
  Transaction transaction = mail("\"a b\"@good.example");
  transaction.stage = Stage::rcpt;
  EXPECT_EQ(received_spf(transaction),
            "pass client-ip=203.0.113.7; envelope-from=\"a b@good.example\"; "
            "helo=\"mx.good.example\"; identity=mailfrom; mechanism=\"ip4:203.0.113.0/24\"");
  transaction = mail("<>", "192.0.2.1");
  transaction.stage = Stage::rcpt;
  transaction.helo = "good.example";
  EXPECT_EQ(received_spf(transaction),
            "fail client-ip=192.0.2.1; helo=\"good.example\"; identity=helo; mechanism=\"-all\"");
  transaction = mail("s@broken.example");
  transaction.stage = Stage::rcpt;
  EXPECT_THAT(received_spf(transaction), HasSubstr("; problem=\"'foo' is no term"));
}

TEST(SpfCheck, NothingOfAStrangerGetsOutOfTheQuotesOfTheHeader) {
  Transaction transaction = mail("s@none.example");
  transaction.stage = Stage::rcpt;
  transaction.helo = "a\"; x=\\y\r\nBcc: z\xff" + std::string(900, 'h');
  const std::string field = received_spf(transaction);
  EXPECT_THAT(field, HasSubstr("helo=\"a\\\"; x=\\\\y??Bcc: z?hhh"));
  EXPECT_THAT(field, HasSubstr("hhh\"; identity=mailfrom"));
  EXPECT_LT(field.size(), 400U);
}

TEST(SpfCheck, NoQuoteOfTheHeaderIsCutOff) {
  const std::string quotes(250, '"');
  Transaction transaction = mail(("s" + quotes + "@broken.example").c_str(), "2001:db8::1");
  transaction.stage = Stage::rcpt;
  transaction.helo = quotes;
  const std::string field = received_spf(transaction);
  EXPECT_TRUE(field.starts_with("permerror client-ip=\"2001:db8::1\"; envelope-from=\"s")) << field;
  EXPECT_TRUE(field.ends_with("is no term of an SPF record\"")) << field;
  EXPECT_LT(field.size(), kMaxHeaderValue);
}

}  // namespace
}  // namespace postern::checks::spf_test
