#include "rules/rule_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "rules/engine.h"
#include "rules/trace.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::rule_index_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const auto kNow = std::chrono::system_clock::time_point{};

std::vector<RuleNumber> rest_of(RuleIndex::Walk& walk) {
  std::vector<RuleNumber> rules;
  while (const auto rule = walk.next()) rules.push_back(*rule);
  return rules;
}

std::vector<RuleNumber> candidates(const Snapshot& snapshot, const Transaction& transaction) {
  RuleIndex::Walk walk = snapshot.index().walk(transaction);
  return rest_of(walk);
}

// The only rule, r, with `when`: whether it is looked at.
bool is_candidate(const std::string& when, const Transaction& transaction) {
  const auto rules =
      rules_from("version: 1\nrules: [ { name: r, when: " + when + ", then: reject } ]\n");
  return !candidates(*rules, transaction).empty();
}

Transaction full() {
  return TransactionBuilder(Stage::rcpt)
      .client("192.0.2.1")
      .client_name("name.example")
      .reverse_client_name("Reverse.Example.")
      .helo("HELO.example")
      .sender("S@sender.example")
      .recipient("r@rcpt.example")
      .user("alice")
      .transaction;
}

TEST(RuleIndex, FindsByEachAttribute) {
  for (const char* when :
       {"{ client: 192.0.2.0/24 }", "{ client: [10.0.0.1, 192.0.2.1] }",
        "{ client_name: name.example }", "{ reverse_client_name: .example }",
        "{ helo: '*.example' }", "{ helo: helo.* }", "{ sender: s@sender.example }",
        "{ sender: '@sender.example' }", "{ sender: s@ }", "{ sender_domain: .example }",
        "{ recipient: r@ }", "{ recipient_domain: rcpt.example }", "{ sasl_username: alice }"}) {
    EXPECT_TRUE(is_candidate(when, full())) << when;
  }
}

TEST(RuleIndex, LeavesOutWhatDoesNotMatch) {
  for (const char* when :
       {"{ client: 192.0.3.0/24 }", "{ client_name: other.example }",
        "{ reverse_client_name: '*.reverse.example' }", "{ helo: [a.example, b.example] }",
        "{ sender: x@ }", "{ sender: '<>' }", "{ sender_domain: '*.sender.example' }",
        "{ recipient: '@b.example' }", "{ recipient_domain: .b.example }", "{ sasl_username: bob }",
        "{ tls: no, helo: a.example }"}) {
    EXPECT_FALSE(is_candidate(when, full())) << when;
  }
}

TEST(RuleIndex, AlwaysLooksAtWhatHasNoGate) {
  for (const char* when :
       {"{ helo: '~^nobody' }", "{ sender: ['~^nobody', x@] }", "{ not: { helo: a.example } }",
        "{ tls: yes }", "{ authenticated: no }", "{}"}) {
    EXPECT_TRUE(is_candidate(when, full())) << when;
  }
}

TEST(RuleIndex, ALongListIsNoGate) {
  std::string files;
  for (std::size_t i = 0; i <= RuleIndex::kMaxGateEntries; ++i) {
    files += "n" + std::to_string(i) + ".example\n";
  }
  const auto rules_with = [&](const std::string& entries) {
    return rules_from(
        "version: 1\nlists: { long: { kind: domain, file: long.txt } }\n"
        "rules: [ { name: r, when: { sender_domain: long }, then: reject } ]\n",
        {{"long.txt", entries}});
  };
  EXPECT_THAT(candidates(*rules_with(files), full()), ElementsAre(0));
  EXPECT_THAT(candidates(*rules_with("n0.example\n"), full()), IsEmpty());
}

TEST(RuleIndex, TheGateIsTheConditionThatFewestRulesShare) {
  const auto rules = rules_from(R"(version: 1
lists: { partners: { kind: network, entries: [192.0.2.0/24] } }
rules:
  - { name: a, when: { client: partners, sender_domain: a.example }, then: pass }
  - { name: b, when: { client: partners, sender_domain: sender.example }, then: pass }
  - { name: c, when: { client: partners, sender_domain: c.example }, then: pass }
)");
  EXPECT_THAT(candidates(*rules, full()), ElementsAre(1));
}

TEST(RuleIndex, RulesOfOneValueComeInTheirOrder) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: a, when: { sender_domain: .example }, then: log }
  - { name: b, when: { tls: no }, then: log }
  - { name: c, when: { client: 192.0.2.1 }, then: log }
  - { name: d, when: { sender_domain: [sender.example, .example] }, then: log }
  - { name: e, when: { sender_domain: .example }, then: log }
)");
  EXPECT_THAT(candidates(*rules, full()), ElementsAre(0, 1, 2, 3, 4));
}

TEST(RuleIndex, WhatIsNotKnownYetIsLookedAtUntilARuleWaits) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: a, when: { sender_domain: a.example }, then: reject }
  - { name: b, when: { tls: no }, then: log }
  - { name: c, when: { recipient: c@ }, then: reject }
  - { name: d, when: { client: 192.0.2.1 }, then: log }
  - { name: e, when: { client: 192.0.2.2 }, then: log }
  - { name: holds-up-nothing, when: { sender_domain: f.example }, then: log }
)");
  const auto connected = TransactionBuilder(Stage::connect).client("192.0.2.1").transaction;
  EXPECT_THAT(candidates(*rules, connected), ElementsAre(0, 1, 2, 3));
  RuleIndex::Walk walk = rules->index().walk(connected);
  EXPECT_EQ(walk.next(), 0U);
  walk.leave_out_unknown();
  EXPECT_THAT(rest_of(walk), ElementsAre(1, 3));
}

// Another recipient may match: until then it holds up what stands below.
TEST(RuleIndex, WhatIsAboutRecipientsAtALaterStageIsAlwaysLookedAt) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: a, when: { recipient: other@ }, stage: eom, then: pass }
  - { name: b, when: { recipient: other@ }, then: pass }
)");
  EXPECT_THAT(candidates(*rules, full()), ElementsAre(0));
}

// ---- the same verdict as when every rule is looked at -------------------------------------------

using Words = std::vector<std::string>;

class Chance {
 public:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  std::string any(const Words& of) { return of[below(of.size())]; }

  std::string rule_file() {
    std::string text = R"(version: 1
lists:
  nets: { kind: network, entries: [192.0.2.1, { entry: 192.0.2.2, then: hold }] }
  old: { kind: domain, entries: [{ entry: a.example, expires: 1960-01-01 }] }
rules:
)";
    for (std::size_t i = 0, count = 1 + below(9); i < count; ++i) {
      text += "  - { name: r" + std::to_string(i) + when() + what() +
              (below(4) == 0 ? ", stage: " + any(kLate) : "") +
              (below(6) == 0 ? ", mode: log" : "") + " }\n";
    }
    return text;
  }

  Transaction transaction() {
    TransactionBuilder made(kStages[below(std::size(kStages))]);
    const Stage stage = made.transaction.stage;
    made.client(any({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"}));
    made.client_name(any({"", "a.example", "x.b.example"}));
    if (stage >= Stage::helo) made.helo(any({"a.example", "B.example.", "[x]"}));
    if (stage >= Stage::mail) made.sender(any({"s@a.example", "S@x.a.example", "", "s"}));
    if (stage >= Stage::mail) made.user(any({"", "u"}));
    if (stage == Stage::rcpt || (stage > Stage::rcpt && below(2) == 0)) {
      made.recipient(any({"r@a.example", "q@b.example"}));
    }
    return made.transaction;
  }

 private:
  inline static const Words kLate = {"mail", "rcpt", "data", "[rcpt, data]", "eom", "connect"};

  std::string condition() {
    return any({"client: nets", "client: 192.0.2.0/24", "client: [192.0.2.3, 2001:db8::/32]",
                "client_name: '*.b.example'", "helo: [a.example, b.example]", "helo: '~^a'",
                "sender: s@a.example", "sender: ['<>', s@]", "sender_domain: .a.example",
                "sender_domain: old", "sender_domain: [a.example, .a.example]",
                "sender_domain: [old, '*.a.example']", "recipient: r@",
                "recipient_domain: b.example", "sasl_username: u", "authenticated: yes"});
  }

  std::string when() {
    std::set<std::string> keys;
    std::string text;
    for (std::size_t i = below(4); i > 0; --i) {
      const std::string one = condition();
      if (!keys.insert(one.substr(0, one.find(':'))).second) continue;
      text += (text.empty() ? "" : ", ") + one;
    }
    if (below(5) == 0) text += (text.empty() ? "" : ", ") + ("not: { " + condition() + " }");
    return text.empty() ? "" : ", when: { " + text + " }";
  }

  std::string what() {
    const std::string decides = any({"pass", "reject 550 5.7.1 one", "defer later", "discard",
                                     "hold", "skip r0", "skip r3", "skip sender_mx"});
    switch (below(6)) {
      case 0:
        return ", then: [ { prepend: 'X-R: {rule}' }, '" + decides + "' ]";
      case 1:
        return ", then: log";
      case 2:
        return ", check: sender_mx, on: { missing: reject, unknown: defer, null_mx: reject }";
      default:
        return ", then: '" + decides + "'";
    }
  }

  std::mt19937 random_{20261122};
};

std::string text_of(const std::optional<Verdict>& verdict, const FactView& facts) {
  std::string text = std::to_string(facts.missing().size()) + " missing; ";
  if (!verdict) return text + "waiting";
  text += std::string(to_string(verdict->action)) + ' ' + std::string(verdict->rule) +
          " list=" + std::string(verdict->entry.list) + ' ' + verdict->entry.entry +
          " pending_rule=" + std::string(verdict->pending_rule) + " also=";
  for (const auto& name : verdict->also) text += std::string(name) + ',';
  for (const auto& would : verdict->would) text += " would=" + std::string(would.rule);
  for (const auto& header : verdict->prepend) text += " " + header.name + ": " + header.value;
  return text;
}

TEST(RuleIndex, TheVerdictIsThatOfLookingAtEveryRule) {
  constexpr int kRuleFiles = 1500;
  constexpr int kTransactionsEach = 12;
  Chance chance;
  std::set<std::string> seen;
  int loaded = 0;
  for (int i = 0; i < kRuleFiles; ++i) {
    const std::string file = chance.rule_file();
    if (complaints_about(file).find("error") != std::string::npos) continue;
    ++loaded;
    const auto rules = rules_from(file);
    for (int j = 0; j < kTransactionsEach; ++j) {
      const Transaction transaction = chance.transaction();
      FactView some(nullptr);
      FactView all(nullptr);
      Trace trace;
      const auto indexed = evaluate(*rules, transaction, some, kNow);
      const auto looked = evaluate(*rules, transaction, all, kNow, &trace);
      const std::string text = text_of(looked, all);
      ASSERT_EQ(text_of(indexed, some), text) << file;
      seen.insert(text);
    }
  }
  EXPECT_GT(loaded, kRuleFiles / 2);
  EXPECT_GT(seen.size(), 500U);  // that they are not all the same
}

}  // namespace
}  // namespace postern::rule_index_test
