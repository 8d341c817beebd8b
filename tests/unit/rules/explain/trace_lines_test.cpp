#include "rules/explain/trace_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::explain::trace_lines_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const auto kThen = parse_expiry("2026-11-21T18:00:00Z").value();

constexpr const char* kRules = R"(version: 1
lists: { campaign: { kind: domain, file: c.txt } }
rules:
  - { name: partners, when: { client: 198.51.100.0/24 }, then: pass }
  - { name: must-exist, check: sender_mx, on: { unknown: log } }
  - { name: campaign, when: { sender_domain: campaign, not: { recipient: postmaster@ } },
      then: 'reject 550 5.7.1 "no"' }
  - { name: below, when: { helo: x.example }, then: pass }
  - { name: last, then: log }
)";

Explanation explained(const Transaction& transaction, const std::string& rules = kRules) {
  const auto snapshot = rules_from(rules, {{"c.txt", ".a.example reason=\"ticket 1\"\n"}});
  Decision decision(snapshot, transaction, nullptr, kThen);
  if (decision.step() == Decision::Step::need_facts) {
    decision.give_up(dns::DnsReason::timeout);
    decision.step();
  }
  return explain(decision, decision.rules(), transaction, decision.now());
}

Transaction at_rcpt() {
  return TransactionBuilder(Stage::rcpt)
      .client("192.0.2.7")
      .helo("h\n.example")
      .sender("s@mail.a.example")
      .recipient("r@b.example")
      .transaction;
}

TEST(TraceLines, TellEachRuleWithWhatBecameOfItAndWhy) {
  const Explanation explanation = explained(at_rcpt());
  const auto lines = trace_lines({3, 17, "policy", explanation}, LogFormat::text);
  ASSERT_EQ(lines.size(), 6U) << testing::PrintToString(lines);
  EXPECT_EQ(lines[0],
            "trace id=3 n=17 door=policy stage=rcpt action=reject by=campaign client=192.0.2.7 "
            "helo=\"h\\x0a.example\" sender=s@mail.a.example recipient=r@b.example generation=7");
  EXPECT_EQ(lines[1],
            "trace id=3 n=17 rule=partners at=rules.yaml:4 outcome=no_match "
            "why=\"does not match\" when=\"- client 192.0.2.7: not in 198.51.100.0/24\"");
  EXPECT_THAT(lines[2],
              HasSubstr("rule=must-exist at=rules.yaml:5 outcome=matches "
                        "did=\"does, and goes on: log\" check=sender_mx finding=unknown"));
  EXPECT_EQ(
      lines[3],
      "trace id=3 n=17 rule=campaign at=rules.yaml:6 outcome=matches "
      "did=\"DECIDES: reject 550 5.7.1 \\\"no\\\"\" when=\"+ sender_domain mail.a.example: "
      "in list campaign: .a.example (c.txt:1), \\\"ticket 1\\\"; - not: recipient r@b.example: "
      "not in postmaster@\"");
  EXPECT_EQ(lines[4], "trace id=3 n=17 not_reached=2");
  EXPECT_EQ(lines[5],
            "trace id=3 n=17 dns=\"MX mail.a.example\" status=temporary_failure reason=timeout "
            "source=given_up ttl=0");
}

TEST(TraceLines, TellWhatWasSoftenedAndFromWhat) {
  const Explanation explanation = explained(at_rcpt(),
                                            "version: 1\nrules:\n  - { name: s, then: soften }\n"
                                            "  - { name: r, then: 'reject 554 5.7.1 \"no\"' }\n");
  const auto lines = trace_lines({3, 17, "policy", explanation}, LogFormat::text);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[1], HasSubstr("did=\"does, and goes on: soften\""));
  EXPECT_THAT(lines[2], HasSubstr("did=\"DECIDES: defer 450 4.7.1 \\\"no\\\", softened from "
                                  "reject 554 5.7.1 \\\"no\\\"\""));
}

TEST(TraceLines, TellWhatWouldHaveBeenSoftened) {
  const char* const rules =
      "version: 1\nrules:\n  - { name: r, mode: log, then: 'reject 554 5.7.1 \"no\"' }\n"
      "  - { name: s, then: soften }\n"
      "  - { name: t, mode: log, then: 'reject 554 5.7.1 \"no\"' }\n";
  const Explanation explanation = explained(at_rcpt(), rules);
  const auto lines = trace_lines({3, 17, "policy", explanation}, LogFormat::text);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[1], HasSubstr("did=\"would, but is in mode log: reject 554 5.7.1 \\\"no"));
  EXPECT_THAT(lines[3], HasSubstr("did=\"would, but is in mode log: defer 450 4.7.1 \\\"no\\\", "
                                  "softened from reject 554 5.7.1 \\\"no\\\"\""));
}

TEST(TraceLines, AreMembersOfObjectsForJson) {
  const Explanation explanation = explained(at_rcpt());
  const auto text = trace_lines({3, 17, "policy", explanation}, LogFormat::text);
  const auto json = trace_lines({3, 17, "policy", explanation}, LogFormat::json);
  ASSERT_EQ(json.size(), text.size());
  EXPECT_EQ(json[1], R"("message":"trace","id":3,"n":17,"rule":"partners","at":"rules.yaml:4",)"
                     R"("outcome":"no_match","why":"does not match",)"
                     R"("when":"- client 192.0.2.7: not in 198.51.100.0/24")");
}

TEST(TraceLines, AreBoundedInNumberAndLength) {
  std::string rules = "version: 1\nrules:\n";
  for (int i = 0; i < 250; ++i) {
    rules +=
        "  - { name: r" + std::to_string(i) + ", when: { sender_domain: b.example }, then: log }\n";
  }
  Transaction transaction = at_rcpt();
  transaction.helo = std::string(100000, 'h');
  const Explanation explanation = explained(transaction, rules);
  const auto lines = trace_lines({1, 1, "milter", explanation}, LogFormat::text);
  ASSERT_EQ(lines.size(), kMaxTracedRules + 2);
  EXPECT_EQ(lines.back(), "trace id=1 n=1 not_shown=50");
  for (const std::string& line : lines) EXPECT_LT(line.size(), 4000U);
}

}  // namespace
}  // namespace postern::explain::trace_lines_test
