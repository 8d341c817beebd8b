#include "rules/explain/explanation.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::explain::explanation_test {
namespace {

const auto kNow = parse_expiry("2026-11-21T18:00:00Z").value();

Explanation explained(const std::string& rules, const Transaction& transaction,
                      const ListFiles& files = {}) {
  const auto snapshot = rules_from("version: 1\n" + rules, files);
  Decision decision(snapshot, transaction, nullptr, kNow);
  if (decision.step() == Decision::Step::need_facts) {
    decision.give_up(dns::DnsReason::timeout);
    decision.step();
  }
  return explain(decision, snapshot, transaction, kNow);
}

// The only condition of the only rule.
ExplainedPredicate only_condition(const Explanation& explanation) {
  return explained_predicate(explanation, explanation.snapshot->rules().at(0).when.all.at(0));
}

std::string rule(const std::string& when) {
  return "rules:\n  - { name: r, when: { " + when + " }, then: log }\n";
}

TransactionBuilder at_rcpt() {
  return TransactionBuilder(Stage::rcpt)
      .client("192.0.2.1")
      .helo("h.example")
      .sender("s@mail.a.example")
      .recipient("r@b.example");
}

TEST(Explanation, HoldsTheRulesItPointsInto) {
  Explanation kept;
  {
    const Explanation made =
        explained("rules: [ { name: no-more, when: { client: 192.0.2.1 }, then: reject } ]\n",
                  at_rcpt().transaction);
    kept = made;
  }
  EXPECT_EQ(kept.verdict.rule, "no-more");
  EXPECT_EQ(kept.trace.rules.at(0).actions.at(0).outcome, TracedAction::Outcome::decided);
  EXPECT_EQ(kind_of(*kept.trace.rules[0].actions[0].action), ActionKind::reject);
  EXPECT_EQ(kept.now, kNow);
}

TEST(Explanation, TheTraceIsThatOfTheVerdictWithItsFacts) {
  const Explanation made = explained(
      "rules: [ { name: exists, check: sender_mx, preset: standard } ]\n", at_rcpt().transaction);
  EXPECT_EQ(made.verdict.finding, "unknown");
  ASSERT_EQ(made.evidence.size(), 1U);
  EXPECT_EQ(made.trace.rules.at(0).outcome, TracedRule::Outcome::matches);
}

TEST(Explanation, NamesTheEntryWithAllItSays) {
  const ListFiles files = {
      {"c.txt",
       "# one\nother.example\n.a.example reason=\"ticket 1\" owner=drj expires=2026-12-31\n"}};
  const Explanation made =
      explained("lists: { c: { kind: domain, file: c.txt } }\n" + rule("sender_domain: c"),
                at_rcpt().transaction, files);
  const ExplainedPredicate condition = only_condition(made);
  EXPECT_EQ(condition.attribute, "sender_domain");
  EXPECT_EQ(condition.value, "mail.a.example");
  EXPECT_EQ(condition.truth, Truth::yes);
  ASSERT_TRUE(condition.matched);
  EXPECT_EQ(condition.matched->text, ".a.example");
  EXPECT_EQ(condition.matched->list, "c");
  EXPECT_EQ(condition.matched->file, "c.txt");
  EXPECT_EQ(condition.matched->line, 3);
  EXPECT_EQ(condition.matched->reason, "ticket 1");
  EXPECT_EQ(condition.matched->owner, "drj");
  EXPECT_EQ(format_utc(*condition.matched->expires), "2027-01-01T00:00:00Z");
  EXPECT_FALSE(condition.expired);
}

TEST(Explanation, TellsOfAnEntryThatHasEnded) {
  for (const auto& [kind, attribute, entry] :
       {std::tuple{"domain", "sender_domain", ".a.example"},
        std::tuple{"domain", "sender_domain", "~a\\.example$"},
        std::tuple{"network", "client", "192.0.2.0/24"},
        std::tuple{"address", "recipient", "r@"}}) {
    const std::string value(entry);
    const Explanation made =
        explained("lists: { l: { kind: " + std::string(kind) + ", entries: [ { entry: '" + value +
                      "', expires: 2026-11-20 } ] } }\n" + rule(std::string(attribute) + ": l"),
                  at_rcpt().transaction);
    const ExplainedPredicate condition = only_condition(made);
    EXPECT_EQ(condition.truth, Truth::no) << value;
    EXPECT_FALSE(condition.matched);
    ASSERT_TRUE(condition.expired) << value;
    EXPECT_EQ(condition.expired->text, value);
    EXPECT_EQ(format_utc(*condition.expired->expires), "2026-11-21T00:00:00Z");
  }
}

TEST(Explanation, ALivingEntryIsNamedAndNotTheOneThatEnded) {
  const Explanation made = explained(
      "lists: { l: { kind: domain, entries: [ { entry: mail.a.example, expires: 2026-11-20 }, "
      ".a.example ] } }\n" +
          rule("sender_domain: l"),
      at_rcpt().transaction);
  EXPECT_EQ(only_condition(made).matched->text, ".a.example");
  EXPECT_FALSE(only_condition(made).expired);
}

struct Shown {
  std::string when;
  std::string attribute;
  std::string value;
};

TEST(Explanation, ShowsWhatTheRulesSee) {
  Transaction t = at_rcpt().user("joe").tls(TlsState::encrypted).transaction;
  t.stage = Stage::eom;
  t.header.emplace();
  t.header->fields = {{"subject", "one"}, {"x-other", "no"}, {"subject", "two"}};
  t.header->from = {MailAddress::from_envelope("a@A.example"),
                    MailAddress::from_envelope("b@c.example")};
  const Shown cases[] = {
      {"client: 192.0.2.1", "client", "192.0.2.1"},
      {"client_name: .a.example", "client_name", "unknown"},
      {"reverse_client_name: .a.example", "reverse_client_name", "unknown"},
      {"helo: .a.example", "helo", "h.example"},
      {"sender: s@", "sender", "s@mail.a.example"},
      {"sender_domain: .a.example", "sender_domain", "mail.a.example"},
      {"recipient: r@", "recipient", "r@b.example"},
      {"recipient_domain: .a.example", "recipient_domain", "b.example"},
      {"sasl_username: joe", "sasl_username", "joe"},
      {"tls: yes", "tls", "yes"},
      {"authenticated: yes", "sasl_username", "joe"},
      {"header.subject: one", "header.subject", "one | two"},
      {"header.to: one", "header.to", "none"},
      {"header.from_address: a@", "header.from_address", "a@a.example, b@c.example"},
      {"header.from_domain: .a.example", "header.from_domain", "a.example, c.example"},
      {"header.from_differs: address", "header.from_differs",
       "From: a@a.example, b@c.example, sender s@mail.a.example"},
  };
  for (const Shown& one : cases) {
    const ExplainedPredicate condition = only_condition(explained(rule(one.when), t));
    EXPECT_EQ(condition.attribute, one.attribute);
    EXPECT_EQ(condition.value, one.value) << one.when;
  }
}

TEST(Explanation, WhatIsNotKnownYetHasNoValue) {
  const Explanation made =
      explained(rule("recipient: r@"), TransactionBuilder(Stage::mail).sender("").transaction);
  EXPECT_EQ(only_condition(made).truth, Truth::unknown);
  EXPECT_EQ(only_condition(made).value, std::nullopt);
}

TEST(Explanation, JudgesWholeConditions) {
  const Explanation made = explained(
      rule("client: 192.0.2.1, not: [ { helo: h.example, sender: x@ }, { recipient: x@ } ]"),
      at_rcpt().transaction);
  const Condition& when = made.snapshot->rules()[0].when;
  EXPECT_EQ(truth_of(made, when), Truth::yes);
  EXPECT_EQ(truth_of(made, when.none.at(0)), Truth::no);
}

TEST(AtStage, ForgetsWhatComesLater) {
  Transaction t = at_rcpt().user("joe").tls(TlsState::plain).transaction;
  t.stage = Stage::eom;
  t.header.emplace();
  t.recipient_count = 2;
  t.instance = "i";
  EXPECT_TRUE(at_stage(t, Stage::eom).header);
  const Transaction at_data = at_stage(t, Stage::data);
  EXPECT_FALSE(at_data.header);
  EXPECT_EQ(at_data.recipient_count, 2U);
  EXPECT_TRUE(at_data.recipient);
  const Transaction at_mail = at_stage(t, Stage::mail);
  EXPECT_EQ(at_mail.stage, Stage::mail);
  EXPECT_FALSE(at_mail.recipient);
  EXPECT_EQ(at_mail.recipient_count, 0U);
  EXPECT_EQ(at_mail.instance, "");
  EXPECT_EQ(at_mail.tls, TlsState::plain);
  const Transaction at_helo = at_stage(t, Stage::helo);
  EXPECT_FALSE(at_helo.sender);
  EXPECT_EQ(at_helo.sasl_username, "");
  EXPECT_EQ(at_helo.tls, TlsState::unknown);
  EXPECT_EQ(at_helo.helo, "h.example");
  EXPECT_EQ(at_stage(t, Stage::connect).helo, "");
  EXPECT_TRUE(at_stage(t, Stage::connect).client);
}

}  // namespace
}  // namespace postern::explain::explanation_test
