#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::postfix_access_test {
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
  EXPECT_EQ(statuses(by_name), "iI");
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
  EXPECT_EQ(statuses(clients), "XXXX");
  // What lets in may let in more.
  const Imported let_in = imported("postfix-access",
                                   "2001:db8:0        OK\n"
                                   "2001:db8          REJECT\n",
                                   "client");
  EXPECT_EQ(statuses(let_in), "ii");
  EXPECT_THAT(messages(let_in), HasSubstr("table:1:1: warning: in the text of addresses"));
  EXPECT_EQ(client_decision(*loaded(let_in), "2001:db8::1", "unknown"), "pass");
  EXPECT_EQ(statuses(imported("postfix-access", "2.1 REJECT\n", "helo")), "X");
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
  EXPECT_EQ(statuses(table), "cX");
  EXPECT_THAT(messages(table), HasSubstr("table: error: the table does not say"));
}

TEST(PostfixAccess, OfEqualKeysTheFirstIsKept) {
  const Imported table = imported("postfix-access",
                                  "a.example OK\n"
                                  "A.Example OK\n"
                                  "a.example REJECT\n",
                                  "sender");
  EXPECT_EQ(statuses(table), "iRI");
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
  EXPECT_EQ(statuses(table), "iiiX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:11: warning: bytes of the text"));
  EXPECT_THAT(messages(table), HasSubstr("is cut to the 200"));
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@a.example"), "reject 554 5.7.1 nicht erw??nscht (hier)");
  EXPECT_EQ(sender_decision(*rules, "x@c.example"), "reject 550 5.1.0 class");
}

TEST(PostfixAccess, EveryHeaderOfManyIsAdded) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "d" + std::to_string(i) + ".example PREPEND X-N: " + std::to_string(i) + "\n";
  }
  const Imported table = imported("postfix-access", text, "sender");
  EXPECT_EQ(table.count(LineStatus::imported), 16U);
  EXPECT_EQ(table.count(LineStatus::refused), 4U);
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@d0.example"), "+X-N: 0");
  EXPECT_EQ(sender_decision(*rules, "x@d15.example"), "+X-N: 15");
  EXPECT_EQ(sender_decision(*rules, "x@d16.example"), "");
}

std::string recipient_decision(const Snapshot& rules, std::string_view recipient) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client("192.0.2.1")
                             .sender("a@a.example")
                             .recipient(recipient)
                             .transaction);
}

// smtpd_dsn_fix.c.
TEST(PostfixAccess, EnhancedCodesAreThoseOfWhatIsRefused) {
  constexpr std::string_view kTable =
      "a.test 550 5.1.1 one\n"
      "b.test 550 5.1.2 two\n"
      "c.test 550 5.1.7 seven\n"
      "d.test 450 5.1.8 eight\n"
      "e.test REJECT 5.1.99 other\n"
      "f.test REJECT 5.7.9 policy\n";
  const Imported senders = imported("postfix-access", kTable, "sender");
  const auto of_senders = loaded(senders);
  EXPECT_EQ(sender_decision(*of_senders, "x@a.test"), "reject 550 5.1.0 one");
  EXPECT_EQ(sender_decision(*of_senders, "x@b.test"), "reject 550 5.1.8 two");
  EXPECT_EQ(sender_decision(*of_senders, "x@c.test"), "reject 550 5.1.7 seven");
  EXPECT_EQ(sender_decision(*of_senders, "x@d.test"), "defer 450 4.1.8 eight");
  EXPECT_EQ(sender_decision(*of_senders, "x@e.test"), "reject 554 5.1.0 other");
  EXPECT_EQ(sender_decision(*of_senders, "x@f.test"), "reject 554 5.7.9 policy");
  const auto of_recipients = loaded(imported("postfix-access", kTable, "recipient"));
  EXPECT_EQ(recipient_decision(*of_recipients, "x@a.test"), "reject 550 5.1.1 one");
  EXPECT_EQ(recipient_decision(*of_recipients, "x@c.test"), "reject 550 5.1.3 seven");
  EXPECT_EQ(recipient_decision(*of_recipients, "x@d.test"), "defer 450 4.1.2 eight");
  const auto of_helo = loaded(imported("postfix-access", kTable, "helo"));
  EXPECT_EQ(helo_decision(*of_helo, "a.test"), "reject 550 5.0.0 one");
  EXPECT_EQ(helo_decision(*of_helo, "f.test"), "reject 554 5.7.9 policy");
}

TEST(PostfixAccess, RestrictionsThatCanBeSaidAreImported) {
  const Imported table = imported("postfix-access",
                                  "a.test permit_auth_destination\n"
                                  "b.test permit_auth_destination, reject\n"
                                  "c.test reject_unauth_destination reject\n"
                                  "d.test reject_unauth_destination\n"
                                  "e.test permit of it\n",
                                  "sender");
  EXPECT_EQ(statuses(table), "iiiii") << messages(table);
  const auto rules = loaded(table);
  EXPECT_EQ(sender_decision(*rules, "x@a.test"), "pass");
  EXPECT_EQ(sender_decision(*rules, "x@b.test"), "pass");
  EXPECT_EQ(sender_decision(*rules, "x@c.test"), kDenied);
  EXPECT_EQ(sender_decision(*rules, "x@d.test"), "");
  EXPECT_EQ(sender_decision(*rules, "x@e.test"), "pass");
}

TEST(PostfixAccess, RestrictionsThatAskForMoreAreRefusedWithAWayOut) {
  const Imported table = imported("postfix-access",
                                  "a.test permit_mynetworks, reject\n"
                                  "b.test permit_sasl_authenticated, reject\n"
                                  "c.test reject_unknown_sender_domain\n"
                                  "d.test warn_if_reject reject\n"
                                  "e.test check_client_access hash:/etc/postfix/x\n"
                                  "f.test our_own_class\n"
                                  "test   REJECT\n",
                                  "sender");
  EXPECT_EQ(statuses(table), "XXXXXXi");
  const std::string said = messages(table);
  for (const char* why :
       {"asks for mynetworks", "'authenticated:'", "check sender_mx", "'mode: log'", "answers 451",
        "'our_own_class' is a restriction or a restriction class"}) {
    EXPECT_THAT(said, HasSubstr(why));
  }
  EXPECT_EQ(sender_decision(*loaded(table), "x@a.test"), "");
}

TEST(PostfixAccess, NamesThatClientsChooseAreNotLetIn) {
  const auto decision_for = [](const Snapshot& rules, std::string_view name) {
    return decision(rules, TransactionBuilder(Stage::rcpt)
                               .client("192.0.2.1")
                               .reverse_client_name(name)
                               .sender("a@a.example")
                               .recipient("b@b.example")
                               .transaction);
  };
  constexpr std::string_view kTable =
      "mx.a.test OK\n"
      "a.test    REJECT\n"
      "b.test    DUNNO\n"
      "c.test    permit\n"
      "192.0.2   450 net\n";
  const Imported table = imported("postfix-access", kTable, "reverse_client_name");
  EXPECT_EQ(statuses(table), "XiiXi");
  EXPECT_THAT(messages(table), HasSubstr("table:1:11: error: Postfix takes no OK for a name"));
  const auto rules = loaded(table);
  EXPECT_EQ(decision_for(*rules, "mx.a.test"), "");
  EXPECT_EQ(decision_for(*rules, "x.a.test"), kDenied);
  EXPECT_EQ(decision_for(*rules, "x.b.test"), "");
  EXPECT_EQ(decision_for(*rules, "x.d.test"), "defer 450 4.7.1 net");
  EXPECT_EQ(statuses(imported("postfix-access", kTable, "client")), "iiiii");
}

TEST(PostfixAccess, WithADelimiterTheDetailDoesNotMatter) {
  ImportRequest request;
  request.about = "recipient";
  request.recipient_delimiter = "+";
  const Imported table = imported("postfix-access",
                                  "joe+spam@a.test  OK\n"
                                  "joe@a.test       REJECT joe\n"
                                  "info@            REJECT info\n"
                                  "a.test           450 later\n",
                                  request);
  EXPECT_EQ(statuses(table), "iiii");
  EXPECT_EQ(messages(table), "");
  const auto rules = loaded(table);
  EXPECT_EQ(recipient_decision(*rules, "joe@a.test"), "reject 554 5.7.1 joe");
  EXPECT_EQ(recipient_decision(*rules, "JOE+x@A.test"), "reject 554 5.7.1 joe");
  EXPECT_EQ(recipient_decision(*rules, "joe+spam@a.test"), "pass");
  EXPECT_EQ(recipient_decision(*rules, "joe+spam+x@a.test"), "reject 554 5.7.1 joe");
  EXPECT_EQ(recipient_decision(*rules, "joe-x@a.test"), "defer 450 4.7.1 later");
  EXPECT_EQ(recipient_decision(*rules, "info+x@a.test"), "defer 450 4.7.1 later");
  EXPECT_EQ(recipient_decision(*rules, "info+x@b.test"), "reject 554 5.7.1 info");
  EXPECT_EQ(recipient_decision(*rules, "+info@b.test"), "");
}

TEST(PostfixAccess, ADelimiterThatIsNotKnownIsAskedFor) {
  constexpr std::string_view kTable = "a.test OK\njoe@a.test REJECT\ninfo@ REJECT\n";
  const Imported table = imported("postfix-access", kTable, "sender");
  EXPECT_EQ(statuses(table), "iii");
  EXPECT_THAT(messages(table), HasSubstr("table:2:1: warning: where recipient_delimiter is set"));
  EXPECT_THAT(messages(table), HasSubstr("(2 in all)"));
  ImportRequest none;
  none.about = "sender";
  none.recipient_delimiter = "";
  EXPECT_EQ(messages(imported("postfix-access", kTable, none)), "");
  EXPECT_EQ(messages(imported("postfix-access", "a.test OK\n", "sender")), "");
}

// Without a dot or a colon a key may be both.
TEST(PostfixAccess, OneGroupOfAnAddressIsAName) {
  const Imported table =
      imported("postfix-access", "fd00 REJECT\n2001 450 old\ncafe DISCARD\ntest OK\n", "client");
  EXPECT_EQ(statuses(table), "iiii") << messages(table);
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "fd00::1", "unknown"), kDenied);
  EXPECT_EQ(client_decision(*rules, "2001:db8::1", "unknown"), "defer 450 4.7.1 old");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1", "mx.cafe"), "discard");
  EXPECT_EQ(client_decision(*rules, "cafe::1", "mx.test"), "pass");
  EXPECT_EQ(client_decision(*rules, "cafe::1", "unknown"), "discard");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1", "unknown"), "");
}

TEST(PostfixAccess, ATableForMailExchangersIsNoneOfSenders) {
  const Imported table = imported_file("postfix-access", "sender_mx_access", "mx.a.test REJECT\n");
  EXPECT_EQ(statuses(table), "X");
  EXPECT_THAT(messages(table), HasSubstr("compare the addresses of mail exchangers"));
  EXPECT_EQ(statuses(imported_file("postfix-access", "sender_access", "mx.a.test REJECT\n")), "i");
}

TEST(PostfixAccess, WhatContinuesNothingIsLeftOut) {
  const Imported table =
      imported("postfix-access", "# senders\n  a.test REJECT\n  all\nb.test REJECT\n", "sender");
  EXPECT_EQ(statuses(table), "cXXi");
  EXPECT_EQ(sender_decision(*loaded(table), "x@a.test"), "");
}

}  // namespace
}  // namespace postern::import::postfix_access_test
