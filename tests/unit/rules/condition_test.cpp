#include "rules/condition.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::condition_test {
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
  EXPECT_EQ(list_kind_of(Attribute::client), lists::ListKind::network);
  EXPECT_EQ(list_kind_of(Attribute::helo), lists::ListKind::domain);
  EXPECT_EQ(list_kind_of(Attribute::sender_domain), lists::ListKind::domain);
  EXPECT_EQ(list_kind_of(Attribute::recipient), lists::ListKind::address);
  EXPECT_EQ(list_kind_of(Attribute::sasl_username), lists::ListKind::text);
  EXPECT_EQ(list_kind_of(Attribute::header), lists::ListKind::text);
  EXPECT_EQ(list_kind_of(Attribute::header_from_address), lists::ListKind::address);
  EXPECT_EQ(list_kind_of(Attribute::header_from_domain), lists::ListKind::domain);
  EXPECT_EQ(list_kind_of(Attribute::tls), std::nullopt);
}

Transaction with_header(const std::string& sender, std::vector<HeaderField> fields,
                        const std::vector<std::string>& from = {}) {
  Transaction t = TransactionBuilder(Stage::eom).client("192.0.2.1").sender(sender).transaction;
  t.header.emplace();
  t.header->fields = std::move(fields);
  for (const std::string& one : from) t.header->from.push_back(MailAddress::from_envelope(one));
  return t;
}

TEST(Condition, AHeaderIsKnownWhenItIsThere) {
  const Transaction without = TransactionBuilder(Stage::eom).sender("s@a.example").transaction;
  const Transaction with = with_header("s@a.example", {{"subject", "Hello"}}, {"s@a.example"});
  for (const std::string when :
       {"{ header.subject: hello }", "{ header.subject: Hello }", "{ header.from_differs: domain }",
        "{ header.from_domain: a.example }", "{ header.from_address: s@a.example }"}) {
    EXPECT_EQ(truth_of(when, without), Truth::unknown) << when;
    EXPECT_NE(truth_of(when, with), Truth::unknown) << when;
  }
  EXPECT_EQ(truth_of("{ header.subject: Hello }", with), Truth::yes);
  EXPECT_EQ(truth_of("{ header.SUBJECT: '~^hello$' }", with), Truth::yes);
  EXPECT_EQ(truth_of("{ header.subject: hello }", with), Truth::no) << "a word's case matters";
  EXPECT_EQ(truth_of("{ header.from: '~a.example' }", with), Truth::no) << "no text was kept";
}

TEST(Condition, AnyFieldOfTheNameAndAnyMailbox) {
  const Transaction t = with_header("s@a.example", {{"x-a", "one"}, {"x-b", "two"}, {"x-a", "two"}},
                                    {"j@b.example", "k@c.example"});
  EXPECT_EQ(truth_of("{ header.x-a: two }", t), Truth::yes);
  EXPECT_EQ(truth_of("{ header.x-b: one }", t), Truth::no);
  EXPECT_EQ(truth_of("{ header.from_domain: .c.example }", t), Truth::yes);
  EXPECT_EQ(truth_of("{ header.from_address: K@c.example }", t), Truth::yes);
  EXPECT_EQ(truth_of("{ header.from_address: k@b.example }", t), Truth::no);
}

TEST(Condition, FromDiffersFromTheEnvelopeSender) {
  struct Sent {
    std::string sender;
    std::vector<std::string> from;
    Truth in_address;
    Truth in_domain;
  };
  for (const Sent& c : {
           Sent{"s@a.example", {"s@a.example"}, Truth::no, Truth::no},
           Sent{"s@a.example", {"S@A.example"}, Truth::no, Truth::no},
           Sent{"s@a.example", {"t@a.example"}, Truth::yes, Truth::no},
           Sent{"s@a.example", {"s@b.example"}, Truth::yes, Truth::yes},
           Sent{"s@a.example", {"x@b.example", "s@a.example"}, Truth::no, Truth::no},
           Sent{"s@a.example", {}, Truth::no, Truth::no},
           Sent{"<>", {"s@b.example"}, Truth::no, Truth::no},
           Sent{"s@[192.0.2.1]", {"s@b.example"}, Truth::yes, Truth::no},
           Sent{"prvs=0123abcdef=s@a.example", {"S@a.example"}, Truth::no, Truth::no},
           Sent{"prvs=0123abcdef=s@a.example", {"t@a.example"}, Truth::yes, Truth::no},
           Sent{"prvs=notatag=s@a.example", {"s@a.example"}, Truth::yes, Truth::no},
       }) {
    const Transaction t = with_header(c.sender, {}, c.from);
    EXPECT_EQ(truth_of("{ header.from_differs: address }", t), c.in_address) << c.sender;
    EXPECT_EQ(truth_of("{ header.from_differs: domain }", t), c.in_domain) << c.sender;
  }
}

// A refusal must not hang on what was not looked at; what was found was found.
TEST(Condition, WhatWasCutIsNeitherTrueNorFalse) {
  Transaction t = with_header("s@a.example", {{"to", "x@b.example"}, {"x-a", "one"}});
  t.header->cut = {{"to", 1, 9}, {"from", 2, 9}};
  EXPECT_EQ(truth_of("{ header.to: '~b.example' }", t), Truth::yes);
  EXPECT_EQ(truth_of("{ header.to: '~ours' }", t), Truth::undecidable);
  EXPECT_EQ(truth_of("{ not: { header.to: '~ours' } }", t), Truth::undecidable);
  EXPECT_EQ(truth_of("{ header.from_differs: domain }", t), Truth::undecidable);
  EXPECT_EQ(truth_of("{ header.from_domain: a.example }", t), Truth::undecidable);
  EXPECT_EQ(truth_of("{ header.x-a: two }", t), Truth::no) << "all of that one is there";
  EXPECT_EQ(truth_of("{ header.to: '~ours', header.x-a: two }", t), Truth::no);
  EXPECT_EQ(truth_of("{ header.to: '~ours', header.x-a: one }", t), Truth::undecidable);
}

TEST(Condition, ThatSomethingWasCutIsKnown) {
  Transaction t = with_header("s@a.example", {{"to", "x@b.example"}});
  EXPECT_EQ(truth_of("{ headers_cut: yes }", t), Truth::no);
  EXPECT_EQ(truth_of("{ headers_cut: no }", t), Truth::yes);
  t.header->cut = {{"to", 1, 9}};
  EXPECT_EQ(truth_of("{ headers_cut: yes }", t), Truth::yes);
  EXPECT_EQ(truth_of("{ headers_cut: no }", t), Truth::no);
  EXPECT_EQ(truth_of("{ headers_cut: yes, header.to: '~b.example' }", t), Truth::yes);
  t.header.reset();
  EXPECT_EQ(truth_of("{ headers_cut: yes }", t), Truth::unknown) << "before the end";
}

// A list out of SPF whose domain could never be asked.
TEST(Condition, WhatIsInNothingThatIsKnownOfAListIsUndecidable) {
  const auto rules = rules_from(R"(version: 1
lists: { big: { kind: network, spf: a.example, entries: [192.0.2.1] } }
rules:
  - { name: a, when: { client: big }, then: pass }
  - { name: b, when: { not: { client: big } }, then: reject }
)");
  const auto truth = [&](std::size_t rule, const char* client) {
    const auto transaction = TransactionBuilder(Stage::connect).client(client).transaction;
    return Conditions(rules->predicates(), transaction, UtcTime{})
        .judge(rules->rules().at(rule).when)
        .truth;
  };
  EXPECT_EQ(truth(0, "192.0.2.1"), Truth::yes);
  EXPECT_EQ(truth(0, "192.0.2.2"), Truth::undecidable);
  EXPECT_EQ(truth(1, "192.0.2.1"), Truth::no);
  EXPECT_EQ(truth(1, "192.0.2.2"), Truth::undecidable);
}

}  // namespace
}  // namespace postern::condition_test
