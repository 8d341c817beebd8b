#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "rules/lists/domain_list.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kReject = "reject 550 5.7.1 \"listed\"";
constexpr std::string_view kListed = "reject 550 5.7.1 listed";

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
                             .client_name(name)
                             .sender("a@a.example")
                             .recipient("b@b.example")
                             .transaction);
}

TEST(Badmailfrom, AddressesAndWholeDomains) {
  const Imported table = imported("badmailfrom",
                                  "joe@a.example\n"
                                  "@b.example\n"
                                  "# no\n"
                                  "@B.example\n");
  EXPECT_EQ(fates(table), "iicR");
  const auto rules = loaded(table);
  const std::string refused =
      "reject 553 5.7.1 sorry, your envelope sender is in my badmailfrom list";
  EXPECT_EQ(sender_decision(*rules, "Joe@A.example"), refused);
  EXPECT_EQ(sender_decision(*rules, "x@b.example"), refused);
  EXPECT_EQ(sender_decision(*rules, "x@sub.b.example"), "");
  EXPECT_EQ(sender_decision(*rules, "ann@a.example"), "");
  EXPECT_EQ(sender_decision(*rules, ""), "");
}

TEST(Badmailfrom, WhatPatchesAddIsRefused) {
  const Imported table = imported("badmailfrom",
                                  "%a.example\n-joe@a.example\njoe@a.example-\n!joe@a.example\n"
                                  ".*@a\\.example\njoe\njoe@\n");
  EXPECT_EQ(fates(table), "XXXXXXX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:1: error: a mark of a patched qmail"));
}

TEST(Badmailfrom, ForRecipients) {
  const Imported table = imported("badmailfrom", "@b.example\n", "recipient");
  EXPECT_EQ(sender_decision(*loaded(table), "x@c.example"),
            "reject 553 5.7.1 sorry, that address is in my badrcptto list");
}

TEST(PostgreyClients, EveryKindOfLine) {
  const Imported table = imported("postgrey-clients",
                                  "# comment\n"
                                  "southwest.example # why\n"
                                  "/^mail\\d+\\.b\\.example$/\n"
                                  "192.0.2\n"
                                  "198.51.100.7\n"
                                  "203.0.113.9/28\n"
                                  "2001:db8:0800::/64\n"
                                  "10.1\n"
                                  "two words\n"
                                  "/(?!a)/\n",
                                  "", "pass");
  EXPECT_EQ(fates(table), "ciiiiiiXXX");
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "10.0.0.1", "mx.southwest.example"), "pass");
  EXPECT_EQ(client_decision(*rules, "10.0.0.1", "southwest.example"), "pass");
  EXPECT_EQ(client_decision(*rules, "10.0.0.1", "mail7.b.example"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.200", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "203.0.113.15", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "203.0.113.16", ""), "");
  EXPECT_EQ(client_decision(*rules, "2001:db8:800::1", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "10.0.0.1", "mx.example"), "");
}

TEST(PostgreyClients, WithoutAnActionTheRuleOnlyNotes) {
  const Imported table = imported("postgrey-clients", "a.example\n");
  ASSERT_EQ(table.rules.size(), 1U);
  EXPECT_EQ(table.rules[0].then, std::vector<std::string>{"log"});
  EXPECT_THAT(messages(table), HasSubstr("--then"));
}

TEST(DomainList, NamesNetworksAndAddresses) {
  const Imported table = imported("domain-list",
                                  "\xef\xbb\xbf"
                                  "a.example\r\n"
                                  "A.example.   # again\r\n"
                                  ".b.example\n"
                                  "192.0.2.0/24\n"
                                  "joe@c.example\n"
                                  "b\xc3\xbc"
                                  "cher.example\n"
                                  "xn--bcher-kva.example\n"
                                  "a.example 5\n"
                                  "not_a!name\n"
                                  "\n",
                                  "", kReject);
  EXPECT_EQ(fates(table), "iRiiiiRXXc");
  EXPECT_THAT(messages(table), HasSubstr("table:8:11: error: found '5' behind the value"));
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@a.example"), kListed);
  EXPECT_EQ(client_decision(*rules, "192.0.2.9", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "198.51.100.1", ""), kListed);  // the sender is a@a.example
}

TEST(DomainList, ANameIsThisNameAndADotWhatIsBelow) {
  const auto rules = loaded(imported("domain-list", "a.example\n.b.example\n", "", kReject));
  EXPECT_EQ(sender_decision(*rules, "x@a.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@sub.a.example"), "");
  EXPECT_EQ(sender_decision(*rules, "x@sub.b.example"), kListed);
}

TEST(DomainList, WellKnownDomainsAreNamed) {
  DomainList popular("popular");
  ASSERT_TRUE(popular.add("gmx.example", 1, {}));
  ASSERT_TRUE(popular.add("mail.free.example", 2, {}));
  ASSERT_TRUE(popular.build());
  const std::string text = "# list\ngmx.example\nspam.example\n.free.example\n";
  ImportRequest request;
  request.text = text;
  request.file = "list";
  request.name = "t";
  request.then = kReject;
  request.well_known = {&popular};
  const std::string said = messages(import_domain_list(request));
  EXPECT_THAT(said, HasSubstr("list:2:1: warning: 'gmx.example' would hit gmx.example"));
  EXPECT_THAT(said, HasSubstr("list:4:1: warning: '.free.example' would hit mail.free.example"));
  EXPECT_THAT(said, Not(HasSubstr("spam.example")));
  request.then = "log";
  EXPECT_THAT(messages(import_domain_list(request)), Not(HasSubstr("would hit")));
}

TEST(DomainList, WhatItIsAboutMustFit) {
  EXPECT_EQ(fates(imported("domain-list", "192.0.2.1\nmx.example\n", "helo")), "Xi");
  EXPECT_EQ(fates(imported("domain-list", "a.example\n", "weather")), "X");
  const auto rules = loaded(imported("domain-list", "dsl.example\n", "client", kReject));
  EXPECT_EQ(client_decision(*rules, "10.0.0.1", "dsl.example"), kListed);
}

TEST(HostsFile, NamesBehindSinks) {
  const Imported table = imported("hosts-file",
                                  "# list\n"
                                  "127.0.0.1 localhost localhost.localdomain\n"
                                  "::1 ip6-localhost\n"
                                  "fe80::1%lo0 localhost\n"
                                  "0.0.0.0 0.0.0.0\n"
                                  "0.0.0.0 a.example b.example # two\n"
                                  "0.0.0.0 a.example\n"
                                  "192.0.2.1 mx.example\n"
                                  "c.example\n",
                                  "", kReject);
  EXPECT_EQ(fates(table), "cIIIIiRXX");
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@b.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@c.example"), "");
}

TEST(RspamdMap, KeysValuesExpressionsAndGlobs) {
  const Imported table = imported("rspamd-map",
                                  "# maps\n"
                                  "a.example 2.0\n"
                                  "\"b.example\" 1\n"
                                  "192.0.2.0/24\n"
                                  "joe@c.example\n"
                                  "/^dsl\\d+\\.d\\.example$/i 5.0\n"
                                  "*.e.example\n"
                                  "/x/r\n"
                                  "/x\n"
                                  ".f.example\n",
                                  "", kReject);
  EXPECT_EQ(fates(table), "ciiiiiiXXX");
  EXPECT_THAT(messages(table), HasSubstr("table: warning: 3 lines have a value"));
  Imported names = imported(
      "rspamd-map", "a.example\n/^dsl\\d+\\.d\\.example$/i 5.0\n*.e.example\n", "", kReject);
  const auto rules = loaded(names);
  EXPECT_EQ(sender_decision(*rules, "x@a.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@dsl7.d.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@sub.e.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@e.example"), "");
}

// postgrey: any line that matches.
TEST(PostgreyClients, MatchesLikeTheOriginalList) {
  constexpr std::array<std::string_view, 5> kNames = {"x.test", "y.x.test", "yx.test", "test",
                                                      "z.y.x.test"};
  Dice dice(81);
  for (int round = 0; round < 100; ++round) {
    std::set<std::string> listed;
    std::set<std::string> octets;
    std::string text;
    for (std::size_t lines = dice.below(4); lines > 0; --lines) {
      listed.emplace(dice.one_of(kNames));
      octets.insert("192.0." + std::to_string(dice.below(4)));
    }
    for (const std::string& name : listed) text += name + "\n";
    for (const std::string& octet : octets) text += octet + "\n";
    const auto rules = loaded(imported("postgrey-clients", text, "", "pass"));
    for (std::string_view name : kNames) {
      for (std::size_t net = 0; net < 5; ++net) {
        const std::string net_text = "192.0." + std::to_string(net);
        bool matches = octets.count(net_text) > 0;
        for (const std::string& entry : listed) {
          matches = matches || name == entry || name.ends_with("." + entry);
        }
        ASSERT_EQ(client_decision(*rules, net_text + ".7", name), matches ? "pass" : "") << text;
      }
    }
  }
}

}  // namespace
}  // namespace postern
