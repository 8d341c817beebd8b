#include "rules/condition.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern {
namespace {

// The truth of `when:` for a transaction.
Truth truth_of(const std::string& when, const Transaction& transaction) {
  const auto rules =
      rules_from("version: 1\nrules: [ { name: a, when: " + when + ", then: log } ]\n");
  const UtcTime now{};
  return Conditions(rules->predicates(), transaction, now).judge(rules->rules().at(0).when).truth;
}

Transaction at(Stage stage) {
  return TransactionBuilder(stage)
      .client("192.0.2.1")
      .client_name("name.example")
      .reverse_client_name("Reverse.Example")
      .helo("helo.example")
      .transaction;
}

Transaction full() {
  return TransactionBuilder(Stage::rcpt)
      .client("192.0.2.1")
      .client_name("name.example")
      .reverse_client_name("Reverse.Example.")
      .helo("helo.example")
      .sender("s@sender.example")
      .recipient("r@rcpt.example")
      .user("alice")
      .tls(TlsState::encrypted)
      .transaction;
}

struct Case {
  const char* when;
  Truth at_connect;
  Truth at_rcpt;
};

TEST(Condition, EveryAttribute) {
  constexpr auto kYes = Truth::yes;
  constexpr auto kNo = Truth::no;
  constexpr auto kUnknown = Truth::unknown;
  for (const Case& c : {
           Case{"{ client: 192.0.2.0/24 }", kYes, kYes},
           Case{"{ client: 198.51.100.0/24 }", kNo, kNo},
           Case{"{ client_name: .example }", kYes, kYes},
           Case{"{ client_name: other.example }", kNo, kNo},
           Case{"{ reverse_client_name: reverse.example }", kYes, kYes},
           Case{"{ helo: helo.example }", kUnknown, kYes},
           Case{"{ helo: [x.example, '~^helo'] }", kUnknown, kYes},
           Case{"{ sender: s@sender.example }", kUnknown, kYes},
           Case{"{ sender: '<>' }", kUnknown, kNo},
           Case{"{ sender_domain: sender.example }", kUnknown, kYes},
           Case{"{ recipient: r@ }", kUnknown, kYes},
           Case{"{ recipient_domain: other.example }", kUnknown, kNo},
           Case{"{ sasl_username: alice }", kUnknown, kYes},
           Case{"{ sasl_username: Alice }", kUnknown, kNo},
           Case{"{ authenticated: yes }", kUnknown, kYes},
           Case{"{ authenticated: no }", kUnknown, kNo},
           Case{"{ authenticated: 'true' }", kUnknown, kYes},
           Case{"{ tls: yes }", kUnknown, kYes},
           Case{"{ tls: no }", kUnknown, kNo},
           Case{"{}", kYes, kYes},
           Case{"{ not: { client: 192.0.2.1 } }", kNo, kNo},
           Case{"{ not: { client: 198.51.100.1 } }", kYes, kYes},
           Case{"{ not: { helo: helo.example } }", kUnknown, kNo},
           Case{"{ not: { not: { helo: helo.example } } }", kUnknown, kYes},
           // What is known to be false decides, whatever is still unknown.
           Case{"{ client: 198.51.100.1, helo: helo.example }", kNo, kNo},
           Case{"{ helo: helo.example, not: { client: 192.0.2.1 } }", kNo, kNo},
           Case{"{ client: 192.0.2.1, helo: helo.example }", kUnknown, kYes},
           Case{"{ not: { client: 198.51.100.1, helo: helo.example } }", kYes, kYes},
           Case{"{ not: { client: 192.0.2.1, helo: helo.example } }", kUnknown, kNo},
           Case{"{ not: [ { client: 198.51.100.1 }, { helo: x.example } ] }", kUnknown, kYes},
           Case{"{ not: [ { client: 192.0.2.1 }, { helo: x.example } ] }", kNo, kNo},
       }) {
    EXPECT_EQ(truth_of(c.when, at(Stage::connect)), c.at_connect) << c.when;
    EXPECT_EQ(truth_of(c.when, full()), c.at_rcpt) << c.when;
  }
}

TEST(Condition, WhatIsAbsentMatchesNothing) {
  const Transaction nothing =
      TransactionBuilder(Stage::rcpt).sender("<>").recipient("r").transaction;
  for (const char* when : {"{ client: [0.0.0.0/0, '2000::/3'] }", "{ client_name: '~.*' }",
                           "{ reverse_client_name: '~.*' }", "{ helo: '~.*' }",
                           "{ sender_domain: '~.*' }", "{ recipient_domain: '~.*' }",
                           "{ sasl_username: '~.*' }", "{ authenticated: yes }", "{ tls: yes }"}) {
    EXPECT_EQ(truth_of(when, nothing), Truth::no) << when;
  }
}

TEST(Condition, WithoutOneRecipientItIsUnknownUntilTheEnd) {
  for (Stage stage : {Stage::data, Stage::eom}) {
    const Transaction several = TransactionBuilder(stage).sender("s@a.example").transaction;
    EXPECT_EQ(truth_of("{ recipient: r@ }", several), Truth::unknown);
  }
}

// Bytes from outside reach every comparison as they are.
TEST(Condition, HostileText) {
  for (const std::string& text :
       {std::string("\0\0", 2), std::string(100000, '.'), std::string(100000, 'a'),
        std::string("\xff\xfe"), std::string("x..test"), std::string("[::1]"), std::string(" ")}) {
    Transaction t = TransactionBuilder(Stage::rcpt)
                        .client_name(text)
                        .reverse_client_name(text)
                        .helo(text)
                        .sender(text)
                        .recipient(text)
                        .user(text)
                        .transaction;
    for (const char* when :
         {"{ client_name: [.example, a.*, '~xyz'] }", "{ helo: [.example, a.*, '~xyz'] }",
          "{ reverse_client_name: .example }", "{ sender: [x@a.example, '~xyz'] }",
          "{ recipient_domain: .example }", "{ sasl_username: bob }"}) {
      EXPECT_EQ(truth_of(when, t), Truth::no) << when;
    }
  }
}

TEST(Condition, NamesTheFirstEntryInTheOrderOfTheCondition) {
  const auto rules = rules_from(
      "version: 1\nlists: { l: { kind: network, entries: [192.0.2.0/24] } }\n"
      "rules: [ { name: a, when: { client: [198.51.100.1, l], helo: .example }, then: log } ]\n");
  const Transaction transaction = full();
  Conditions conditions(rules->predicates(), transaction, UtcTime{});
  const Match match = conditions.judge(rules->rules()[0].when);
  ASSERT_NE(match.list, nullptr);
  EXPECT_EQ(match.list->name(), "l");
  EXPECT_EQ(match.entry, 0U);
}

TEST(Condition, WhatSeveralRulesAskIsOnePredicate) {
  const auto rules = rules_from(
      "version: 1\nlists: { l: { kind: network, entries: [192.0.2.0/24] } }\n"
      "rules:\n  - { name: a, when: { client: l, tls: yes }, then: log }\n"
      "  - { name: b, when: { client: l, tls: no }, then: log }\n"
      "  - { name: c, when: { not: { client: l, tls: yes } }, then: log }\n");
  EXPECT_EQ(rules->predicates().size(), 3U);
}

TEST(Condition, KindsOfLists) {
  EXPECT_EQ(list_kind_of(Attribute::client), ListKind::network);
  EXPECT_EQ(list_kind_of(Attribute::helo), ListKind::domain);
  EXPECT_EQ(list_kind_of(Attribute::sender_domain), ListKind::domain);
  EXPECT_EQ(list_kind_of(Attribute::recipient), ListKind::address);
  EXPECT_EQ(list_kind_of(Attribute::sasl_username), ListKind::text);
  EXPECT_EQ(list_kind_of(Attribute::tls), std::nullopt);
}

}  // namespace
}  // namespace postern
