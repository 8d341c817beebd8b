#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/ascii_case.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern {
namespace {

using testing::HasSubstr;

constexpr std::string_view kDenied = "reject 554 5.7.1 Access denied";

std::string sender_decision(const Snapshot& rules, std::string_view sender) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client("192.0.2.1")
                             .sender(sender)
                             .recipient("b@b.example")
                             .transaction);
}

std::string client_decision(const Snapshot& rules, std::string_view client, std::string_view name) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client(client)
                             .client_name(name == "unknown" ? "" : name)
                             .sender("a@a.example")
                             .recipient("b@b.example")
                             .transaction);
}

std::string helo_decision(const Snapshot& rules, std::string_view helo) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client("192.0.2.1")
                             .helo(helo)
                             .sender("a@a.example")
                             .recipient("b@b.example")
                             .transaction);
}

TEST(PostfixAccess, AddressThenDomainThenUser) {
  const auto rules = loaded(imported("postfix-access",
                                     "a.example       REJECT domain\n"
                                     "joe@            REJECT user\n"
                                     "joe@a.example   OK\n"
                                     "<>              DUNNO\n",
                                     "sender"));
  EXPECT_EQ(sender_decision(*rules, "joe@a.example"), "pass");
  EXPECT_EQ(sender_decision(*rules, "JOE@A.example"), "pass");
  EXPECT_EQ(sender_decision(*rules, "ann@a.example"), "reject 554 5.7.1 domain");
  EXPECT_EQ(sender_decision(*rules, "ann@sub.a.example"), "reject 554 5.7.1 domain");
  EXPECT_EQ(sender_decision(*rules, "joe@b.example"), "reject 554 5.7.1 user");
  EXPECT_EQ(sender_decision(*rules, ""), "");
}

TEST(PostfixAccess, DunnoOfOneKindOfKeyShieldsTheOthers) {
  const auto rules = loaded(imported("postfix-access",
                                     "joe@a.example   DUNNO\n"
                                     ".ignored        OK\n"
                                     "ok.a.example    DUNNO\n"
                                     "a.example       REJECT\n"
                                     "ann@            REJECT\n",
                                     "sender"));
  EXPECT_EQ(sender_decision(*rules, "joe@a.example"), "");
  EXPECT_EQ(sender_decision(*rules, "ann@ok.a.example"), "");
  EXPECT_EQ(sender_decision(*rules, "ann@b.example"), kDenied);
}

TEST(PostfixAccess, TheDotMattersOnlyWhereTheSettingSaysSo) {
  const std::string_view table = "a.example OK\n.a.example REJECT\n";
  const Imported by_name = imported("postfix-access", table, "sender");
  EXPECT_EQ(fates(by_name), "iI");
  EXPECT_THAT(messages(by_name), HasSubstr("table:2:1: warning: Postfix never looks this up"));
  EXPECT_EQ(sender_decision(*loaded(by_name), "x@sub.a.example"), "pass");
  const auto dotted = loaded(imported("postfix-access-dotted", table, "sender"));
  EXPECT_EQ(sender_decision(*dotted, "x@a.example"), "pass");
  EXPECT_EQ(sender_decision(*dotted, "x@sub.a.example"), kDenied);
}

TEST(PostfixAccess, ClientsByNameBeforeAddress) {
  const auto rules = loaded(imported("postfix-access",
                                     "192.0.2         REJECT net\n"
                                     "192.0.2.7       OK\n"
                                     "dsl.example     REJECT name\n"
                                     "unknown         450 no name\n"
                                     "2001:db8        REJECT six\n",
                                     "client"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.7", "a.dsl.example"), "reject 554 5.7.1 name");
  EXPECT_EQ(client_decision(*rules, "192.0.2.7", "mx.example"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.8", "mx.example"), "reject 554 5.7.1 net");
  EXPECT_EQ(client_decision(*rules, "192.0.2.8", "unknown"), "defer 450 4.7.1 no name");
  EXPECT_EQ(client_decision(*rules, "2001:db8:1::1", "mx.example"), "reject 554 5.7.1 six");
}

TEST(PostfixAccess, KeysThatPostfixWouldFindByAccidentAreRefused) {
  const Imported clients = imported("postfix-access",
                                    "2001:db8:0        REJECT\n"
                                    "2001:0db8         REJECT\n"
                                    "2001:db8:0:0:1    REJECT\n"
                                    "300.1             REJECT\n",
                                    "client");
  EXPECT_EQ(fates(clients), "XXXX");
  // What lets in may let in more.
  const Imported let_in = imported("postfix-access",
                                   "2001:db8:0        OK\n"
                                   "2001:db8          REJECT\n",
                                   "client");
  EXPECT_EQ(fates(let_in), "ii");
  EXPECT_THAT(messages(let_in), HasSubstr("table:1:1: warning: in the text of addresses"));
  EXPECT_EQ(client_decision(*loaded(let_in), "2001:db8::1", "unknown"), "pass");
  EXPECT_EQ(fates(imported("postfix-access", "2.1 REJECT\n", "helo")), "X");
}

TEST(PostfixAccess, HeloNamesAndLiterals) {
  const auto rules = loaded(imported("postfix-access",
                                     "localhost     REJECT\n"
                                     "[192.0.2.1]   OK\n"
                                     "192.0.2.9     REJECT bare\n",
                                     "helo"));
  EXPECT_EQ(helo_decision(*rules, "LOCALHOST"), kDenied);
  EXPECT_EQ(helo_decision(*rules, "[192.0.2.1]"), "pass");
  EXPECT_EQ(helo_decision(*rules, "192.0.2.9"), "reject 554 5.7.1 bare");
}

TEST(PostfixAccess, AnAddressLiteralIsADomainToo) {
  const auto rules = loaded(imported("postfix-access",
                                     "joe@[192.0.2.1]  OK\n"
                                     "joe@             REJECT\n",
                                     "sender"));
  EXPECT_EQ(sender_decision(*rules, "joe@[192.0.2.1]"), "pass");
  EXPECT_EQ(sender_decision(*rules, "joe@[192.0.2.2]"), kDenied);
}

TEST(PostfixAccess, WhatItIsAboutMustBeKnown) {
  const Imported table = imported("postfix-access", "# c\na.example REJECT\n");
  EXPECT_EQ(fates(table), "cX");
  EXPECT_THAT(messages(table), HasSubstr("table: error: the table does not say"));
}

TEST(PostfixAccess, OfEqualKeysTheFirstIsKept) {
  const Imported table = imported("postfix-access",
                                  "a.example OK\n"
                                  "A.Example OK\n"
                                  "a.example REJECT\n",
                                  "sender");
  EXPECT_EQ(fates(table), "iRI");
  EXPECT_THAT(messages(table), HasSubstr("line 1 has the same key"));
}

TEST(PostfixAccess, TextsThatAReplyCannotHoldAreMended) {
  const Imported table = imported("postfix-access",
                                  "a.example REJECT nicht erw\xc3\xbcnscht {hier}\n"
                                  "b.example 550 " +
                                      std::string(300, 'x') +
                                      "\n"
                                      "c.example 550 4.1.1 class\n"
                                      "d.example 250 fine\n",
                                  "sender");
  EXPECT_EQ(fates(table), "iiiX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:11: warning: bytes of the text"));
  EXPECT_THAT(messages(table), HasSubstr("is cut to the 200"));
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@a.example"), "reject 554 5.7.1 nicht erw??nscht (hier)");
  EXPECT_EQ(sender_decision(*rules, "x@c.example"), "reject 550 5.1.1 class");
}

TEST(PostfixAccess, EveryHeaderOfManyIsAdded) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "d" + std::to_string(i) + ".example PREPEND X-N: " + std::to_string(i) + "\n";
  }
  const Imported table = imported("postfix-access", text, "sender");
  EXPECT_EQ(table.count(LineFate::imported), 16U);
  EXPECT_EQ(table.count(LineFate::refused), 4U);
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@d0.example"), "+X-N: 0");
  EXPECT_EQ(sender_decision(*rules, "x@d15.example"), "+X-N: 15");
  EXPECT_EQ(sender_decision(*rules, "x@d16.example"), "");
}

struct Action {
  const char* postfix;
  const char* postern;
};

constexpr std::array<Action, 11> kActions = {{
    {"OK", "pass"},
    {"12345", "pass"},
    {"DUNNO", ""},
    {"REJECT", "reject 554 5.7.1 Access denied"},
    {"reject no", "reject 554 5.7.1 no"},
    {"450 later", "defer 450 4.7.1 later"},
    {"DISCARD", "discard"},
    {"WARN look", ""},
    {"PREPEND X-A: 1", "+X-A: 1"},
    {"PREPEND X-B: 2", "+X-B: 2"},
    {"FILTER smtp:x", ""},
}};

// Postfix's look-ups (check_namadr_access, check_mail_access) over the lines of a table.
class Reference {
 public:
  explicit Reference(bool dotted) : dotted_(dotted) {}
  void add(const std::string& key, const char* postern) { table_.emplace(key, postern); }

  [[nodiscard]] std::string name(std::string key) const {
    for (;;) {
      if (const auto found = table_.find(key); found != table_.end()) return "=" + found->second;
      const std::size_t dot = key.find('.', 1);
      if (dot == key.npos) return "";
      key = key.substr(dotted_ ? dot : dot + 1);
    }
  }
  [[nodiscard]] std::string address(std::string key) const {
    const char between = key.find(':') != key.npos ? ':' : '.';
    for (;;) {
      if (const auto found = table_.find(key); found != table_.end()) return "=" + found->second;
      const std::size_t at = key.rfind(between);
      if (at == key.npos) return "";
      key.resize(at);
    }
  }
  [[nodiscard]] std::string client(const std::string& client, const std::string& host) const {
    const std::string found = name(host);
    return found.empty() ? address(client) : found;
  }
  [[nodiscard]] std::string mail(const std::string& sender) const {
    if (sender.empty()) return exact("<>");
    const std::size_t at = sender.rfind('@');
    std::string found = exact(sender);
    if (found.empty()) found = name(sender.substr(at + 1));
    return found.empty() ? exact(sender.substr(0, at + 1)) : found;
  }

 private:
  [[nodiscard]] std::string exact(const std::string& key) const {
    const auto found = table_.find(key);
    return found != table_.end() ? "=" + found->second : "";
  }
  bool dotted_;
  std::map<std::string, std::string> table_;
};

std::string without_mark(const std::string& found) {
  return found.empty() ? "" : found.substr(1);
}

constexpr std::array<std::string_view, 7> kNames = {"x.test", "y.x.test", "z.y.x.test", "z.x.test",
                                                    "test",   "w.test",   "y.w.test"};
constexpr std::array<std::string_view, 4> kUsers = {"joe", "ann", "bob", "eve"};
constexpr std::array<std::string_view, 11> kOctets = {
    "10",       "10.1",       "10.1.2",       "10.1.2.3", "10.2",       "11.0.0.1",
    "2001:db8", "2001:db8:1", "2001:db8:1:2", "2001:db9", "2001:db8::7"};
constexpr std::array<std::string_view, 12> kClients = {
    "10.1.2.3",      "10.1.2.4",      "10.1.3.1",    "10.2.0.1",
    "11.0.0.1",      "12.0.0.1",      "2001:db8::7", "2001:db8:1:2::1",
    "2001:db8:1::1", "2001:db8:2::1", "2001:db9::1", "2001:a:b::1"};

TEST(PostfixAccess, DecidesLikeTheOriginalTableOfSenders) {
  Dice dice(41);
  for (int round = 0; round < 200; ++round) {
    const bool dotted = dice.below(2) == 0;
    std::string text;
    Reference reference(dotted);
    for (std::size_t lines = dice.below(12); lines > 0; --lines) {
      std::string key(dice.one_of(kNames));
      const std::size_t kind = dice.below(8);
      if (kind == 0) key = std::string(dice.one_of(kUsers)) + "@" + key;
      if (kind == 1) key = std::string(dice.one_of(kUsers)) + "@";
      if (kind == 2) key = "<>";
      if (kind > 5) key = "." + key;
      const Action& action = dice.one_of(kActions);
      text += key + "\t" + action.postfix + "\n";
      reference.add(key, action.postern);
    }
    const auto rules =
        loaded(imported(dotted ? "postfix-access-dotted" : "postfix-access", text, "sender"));
    EXPECT_EQ(sender_decision(*rules, ""), without_mark(reference.mail(""))) << text;
    for (std::string_view user : kUsers) {
      for (std::string_view domain : kNames) {
        const std::string sender = std::string(user) + "@" + std::string(domain);
        ASSERT_EQ(sender_decision(*rules, sender), without_mark(reference.mail(sender)))
            << sender << (dotted ? " dotted\n" : "\n") << text;
      }
    }
  }
}

TEST(PostfixAccess, DecidesLikeTheOriginalTableOfClients) {
  Dice dice(42);
  for (int round = 0; round < 200; ++round) {
    const bool dotted = dice.below(2) == 0;
    std::string text;
    Reference reference(dotted);
    for (std::size_t lines = dice.below(12); lines > 0; --lines) {
      const std::size_t kind = dice.below(8);
      std::string key(kind < 4 ? dice.one_of(kOctets) : dice.one_of(kNames));
      if (kind == 4) key = "unknown";
      if (kind > 6) key = "." + key;
      const Action& action = dice.one_of(kActions);
      text += key + " " + action.postfix + "\n";
      // The other addresses that begin like 2001:db8::7 are not among the clients.
      reference.add(key, action.postern);
    }
    const auto rules =
        loaded(imported(dotted ? "postfix-access-dotted" : "postfix-access", text, "client"));
    for (std::string_view client : kClients) {
      for (std::string_view name : {"unknown", "x.test", "y.x.test", "z.y.x.test", "y.w.test"}) {
        ASSERT_EQ(client_decision(*rules, client, name),
                  without_mark(reference.client(std::string(client), std::string(name))))
            << client << " " << name << (dotted ? " dotted\n" : "\n") << text;
      }
    }
  }
}

}  // namespace
}  // namespace postern
