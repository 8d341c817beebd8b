#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/lists/domain_list.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::flat_formats_test {
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
  EXPECT_EQ(statuses(table), "iicR");
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
  EXPECT_EQ(statuses(table), "XXXXXXX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:1: error: a mark of a patched qmail"));
}

TEST(Badmailfrom, ADomainOfDigitsIsNone) {
  const Imported table = imported("badmailfrom", "@192.0.2.\njoe@192.0.2.1\n@1and1.example\n");
  EXPECT_EQ(statuses(table), "XXi");
}

TEST(Badmailfrom, TheNameBadrcpttoSaysRecipients) {
  ImportRequest request;
  request.text = "@b.example\n";
  request.file = "/var/qmail/control/badrcptto";
  request.name = "t";
  EXPECT_EQ(sender_decision(*loaded(import_badmailfrom(request)), "x@c.example"),
            "reject 553 5.7.1 sorry, that address is in my badrcptto list");
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
  EXPECT_EQ(statuses(table), "ciiiiiiXXX");
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

// postgrey takes them for names, which no client has.
TEST(PostgreyClients, WhatIsNoAddressIsNoName) {
  const Imported table = imported("postgrey-clients",
                                  "192.0.2.\n192.0.2.*\n192.0.2.1-9\n192.0.2.0/255.255.255.0\n"
                                  "mx.example.\n1and1.example\n",
                                  "", "pass");
  EXPECT_EQ(statuses(table), "XXXXXi");
  EXPECT_THAT(messages(table), HasSubstr("table:3:1: error: '192.0.2.1-9' is meant as addresses"));
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
  EXPECT_EQ(statuses(table), "iRiiiiRXXc");
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

TEST(DomainList, BeginningsOfAddressesAreNetworks) {
  const Imported table = imported("domain-list",
                                  "127.0.0.1\n198.51.100.\n192.0.\n10.1.*\n"
                                  "203.0.113.0/255.255.255.128\n",
                                  "client", "pass");
  EXPECT_EQ(statuses(table), "iiiii");
  EXPECT_THAT(messages(table),
              HasSubstr("table:2:1: warning: '198.51.100.' is taken for the network "
                        "198.51.100.0/24"));
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "198.51.100.9", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.77.1", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "10.1.200.1", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "203.0.113.127", ""), "pass");
  EXPECT_EQ(client_decision(*rules, "203.0.113.128", ""), "");
  EXPECT_EQ(client_decision(*rules, "198.51.101.9", ""), "");
}

TEST(DomainList, WhatIsMeantAsAddressesIsNoName) {
  const Imported table =
      imported("domain-list",
               "192.0.2\n198.51.100.1-9\n192.0.2.0-192.0.2.9\n10.*.1\n1.2.3.4.5\n"
               "300.1.2.\n192.0.2.1/255.0.255.0\n*.2.0.192\njoe@192.0.2.1\n7\n"
               "192.0.2.x\n",
               "", kReject);
  EXPECT_EQ(statuses(table), "XXXXXXXXXXX");
  // What only begins like an address.
  EXPECT_EQ(
      statuses(imported("domain-list", "1.2.3.4.example\n163.com\n300.*\nmx.*\n", "", kReject)),
      "iiXi");
}

TEST(DomainList, CommentsAtTheEnds) {
  const Imported table = imported("domain-list",
                                  "; Spamhaus DROP List\n"
                                  "1.10.16.0/20 ; SBL256894\n"
                                  "1.19.0.0/16;SBL434604\n"
                                  "192.0.2.7#here\n"
                                  "a.example\t# there\n"
                                  "b.example;\n"
                                  "a#b@c.example\n"
                                  "d.example nothing\n",
                                  "", kReject);
  EXPECT_EQ(statuses(table), "ciiiiiiX");
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "1.10.31.255", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "1.19.1.1", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "192.0.2.7", ""), kListed);
  EXPECT_EQ(sender_decision(*rules, "a#b@c.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@b.example"), kListed);
}

TEST(DomainList, AddressesThatSayNothingAreOnlyNoted) {
  const Imported table = imported("domain-list", "boss@partner.example\n@friends.example\n");
  ASSERT_EQ(table.rules.size(), 1U);
  EXPECT_EQ(table.rules[0].then, std::vector<std::string>{"log"});
  EXPECT_THAT(messages(table), HasSubstr("--then"));
  EXPECT_THAT(messages(table), HasSubstr("taken for 'sender'"));
}

// A client says of itself what it likes, so what lets mail in has to be said.
TEST(DomainList, WhatLetsInIsNotGuessed) {
  constexpr std::string_view kNames = "mx.partner.example\nboss@partner.example\n192.0.2.7\n";
  const Imported unknown = imported("domain-list", kNames, "", "pass");
  EXPECT_EQ(statuses(unknown), "XXi");
  EXPECT_THAT(messages(unknown), HasSubstr("nothing says what 'mx.partner.example' is compared"));
  EXPECT_EQ(statuses(imported("domain-list", kNames, "", "skip sender_mx")), "XXi");
  EXPECT_EQ(statuses(imported("hosts-file", "0.0.0.0 a.example\n", "", "pass")), "X");
  EXPECT_EQ(statuses(imported("rspamd-map", "a.example\n", "", "pass")), "X");
  const Imported clients = imported("domain-list", "mx.partner.example\n", "client", "pass");
  EXPECT_EQ(client_decision(*loaded(clients), "192.0.2.9", "mx.partner.example"), "pass");
  // Nobody forges what is refused, and a format that says what it is about needs no telling.
  EXPECT_EQ(statuses(imported("domain-list", kNames, "", kReject)), "iii");
  EXPECT_EQ(statuses(imported("postgrey-clients", "mx.example\n", "", "pass")), "i");
}

TEST(DomainList, WellKnownDomainsAreNamed) {
  lists::DomainList popular("popular");
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
  EXPECT_EQ(statuses(imported("domain-list", "192.0.2.1\nmx.example\n", "helo")), "Xi");
  EXPECT_EQ(statuses(imported("domain-list", "a.example\n", "weather")), "X");
  const auto rules = loaded(imported("domain-list", "dsl.example\n", "client", kReject));
  EXPECT_EQ(client_decision(*rules, "10.0.0.1", "dsl.example"), kListed);
}

TEST(HostsFile, AnAddressIsNoName) {
  const Imported table =
      imported("hosts-file",
               "0.0.0.0 192.0.2.7\n0.0.0.0 a.example 192.0.2.7\n0.0.0.0 192.0.2.\n"
               "0.0.0.0 192.0.2.1.example\n",
               "", kReject);
  EXPECT_EQ(statuses(table), "XiXi");
  EXPECT_THAT(messages(table), HasSubstr("table:2:19: warning: an address is no name"));
  EXPECT_EQ(sender_decision(*loaded(table), "x@a.example"), kListed);
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
  EXPECT_EQ(statuses(table), "cIIIIiRXX");
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
                                  "sender_domain", kReject);
  EXPECT_EQ(statuses(table), "ciiiiiiXXX");
  EXPECT_THAT(messages(table), HasSubstr("table: warning: 3 lines have a value"));
  Imported names =
      imported("rspamd-map", "a.example\n/^dsl\\d+\\.d\\.example$/i 5.0\n*.e.example\n",
               "sender_domain", kReject);
  const auto rules = loaded(names);
  EXPECT_EQ(sender_decision(*rules, "x@a.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@dsl7.d.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@sub.e.example"), kListed);
  EXPECT_EQ(sender_decision(*rules, "x@e.example"), "");
}

// Such maps are as often about subjects, or about whole addresses.
TEST(RspamdMap, WhatExpressionsAreAboutIsAskedFor) {
  constexpr std::string_view kMap = "/^newsletter@/i\nnews*@a.example 3\nplain.example\n";
  const Imported unknown = imported("rspamd-map", kMap, "", kReject);
  EXPECT_EQ(statuses(unknown), "XXi");
  EXPECT_THAT(messages(unknown),
              HasSubstr("table:1:1: error: nothing says what the expression is"));
  const Imported senders = imported("rspamd-map", "/^newsletter@/i\n", "sender", kReject);
  EXPECT_EQ(statuses(senders), "i");
  EXPECT_EQ(senders.lists.at(0).kind, lists::ListKind::address);
  EXPECT_EQ(sender_decision(*loaded(senders), "newsletter@b.example"), kListed);
  EXPECT_EQ(sender_decision(*loaded(senders), "x@newsletter.example"), "");
  const Imported names = imported("rspamd-map", "/^mx\\d/i\n", "client_name", kReject);
  EXPECT_EQ(client_decision(*loaded(names), "192.0.2.1", "mx1.example"), kListed);
}

TEST(RspamdMap, NetworksInBracketsAndWithHostBits) {
  const Imported table = imported("rspamd-map",
                                  "[::1]/128\n[2001:db8::]/32 1.5\n[192.0.2.1]\n198.51.100.9/24\n"
                                  "[2001:db8::\n198.51.100.\n",
                                  "", kReject);
  EXPECT_EQ(statuses(table), "iiiiXX");
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "::1", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "2001:db8:7::9", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "192.0.2.1", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "198.51.100.200", ""), kListed);
  EXPECT_EQ(client_decision(*rules, "192.0.2.2", ""), "");
}

}  // namespace
}  // namespace postern::import::flat_formats_test
