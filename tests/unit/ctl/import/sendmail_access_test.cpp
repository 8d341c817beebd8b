#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::sendmail_access_test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Mail {
  std::string client = "192.0.2.1";
  std::string name = "mx.example";  // empty: none
  std::string sender = "a@a.example";
  std::string recipient = "b@b.example";
};

std::string mail_decision(const Snapshot& rules, const Mail& mail) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client(mail.client)
                             .client_name(mail.name)
                             .sender(mail.sender)
                             .recipient(mail.recipient)
                             .transaction);
}

std::string from_decision(const Snapshot& rules, const std::string& sender) {
  return mail_decision(rules, {.sender = sender});
}

Imported with_blocklist_recipients(BlocklistRecipients value, std::string_view text) {
  ImportRequest request;
  request.text = text;
  request.file = "table";
  request.name = "t";
  request.blocklist_recipients = value;
  return import_sendmail_access(request);
}

TEST(SendmailAccess, TheExamplesOfItsDocumentation) {
  const Imported table =
      imported("sendmail-access",
               "From:cyberspammer.example\tERROR:\"550 We don't accept mail from spammers\"\n"
               "From:okay.cyberspammer.example\tOK\n"
               "Connect:sendmail.example\tRELAY\n"
               "To:sendmail.example\tRELAY\n"
               "Connect:128.32\tRELAY\n"
               "Connect:128.32.2\tSKIP\n"
               "Connect:IPv6:1:2:3:4:5:6:7\tRELAY\n"
               "Connect:suspicious.example\tQUARANTINE:Mail from suspicious host\n"
               "Connect:[127.0.0.3]\tOK\n"
               "Connect:[IPv6:1:2:3:4:5:6:7:8]\tOK\n");
  EXPECT_EQ(statuses(table), "iiiiiiiiii");
  EXPECT_THAT(messages(table), HasSubstr("table:3:26: warning: RELAY is imported as OK"));
  const auto rules = loaded(table);
  EXPECT_EQ(from_decision(*rules, "x@cyberspammer.example"),
            "reject 550 5.7.1 We don't accept mail from spammers");
  EXPECT_EQ(from_decision(*rules, "x@sub.cyberspammer.example"),
            "reject 550 5.7.1 We don't accept mail from spammers");
  EXPECT_EQ(from_decision(*rules, "x@okay.cyberspammer.example"), "");
  EXPECT_EQ(mail_decision(*rules, {.name = "a.suspicious.example"}),
            "hold Mail from suspicious host");
}

TEST(SendmailAccess, WhatARefusalSays) {
  const Imported table = imported("sendmail-access",
                                  "From:a.example REJECT\n"
                                  "From:b.example ERROR:5.7.9:550 no\n"
                                  "From:c.example ERROR:4.7.1:\"451 later\"\n"
                                  "From:d.example 552 5.3.4 old way\n"
                                  "From:e.example DISCARD\n"
                                  "From:f.example just text\n"
                                  "From:g.example ERROR:250 fine\n"
                                  "To:h@b.example REJECT\n");
  EXPECT_EQ(statuses(table), "iiiiiiXi");
  const auto rules = loaded(table);
  EXPECT_EQ(from_decision(*rules, "x@a.example"), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(from_decision(*rules, "x@b.example"), "reject 550 5.7.9 no");
  EXPECT_EQ(from_decision(*rules, "x@c.example"), "defer 451 4.7.1 later");
  EXPECT_EQ(from_decision(*rules, "x@d.example"), "reject 552 5.3.4 old way");
  EXPECT_EQ(from_decision(*rules, "x@e.example"), "discard");
  EXPECT_EQ(mail_decision(*rules, {.sender = "x@z.example", .recipient = "h@b.example"}),
            "reject 550 5.2.1 Mailbox disabled for this recipient");
}

TEST(SendmailAccess, OkOfAClientDoesNotSpareTheSender) {
  const auto rules = loaded(imported("sendmail-access",
                                     "Connect:192.0.2 OK\n"
                                     "From:a.example  REJECT\n"));
  EXPECT_EQ(mail_decision(*rules, {}), "reject 550 5.7.1 Access denied");
}

TEST(SendmailAccess, OkOfASenderSparesTheLookUpOfItsDomain) {
  const Imported table = imported("sendmail-access", "From:a.example OK\n");
  ASSERT_EQ(table.rules.size(), 1U);
  EXPECT_EQ(table.rules[0].then, std::vector<std::string>{"skip sender_mx"});
}

TEST(SendmailAccess, SkipEndsTheSearchOfOneKind) {
  const auto rules = loaded(imported("sendmail-access",
                                     "Connect:example       REJECT\n"
                                     "Connect:good.example  SKIP\n"
                                     "Connect:fine.example  OK\n"
                                     "Connect:192.0.2       ERROR:550 net\n"));
  EXPECT_EQ(mail_decision(*rules, {.name = "bad.example"}), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(mail_decision(*rules, {.name = "good.example"}), "reject 550 5.7.1 net");
  EXPECT_EQ(mail_decision(*rules, {.name = "fine.example"}), "");
}

TEST(SendmailAccess, BracketsAreForClientsWithoutName) {
  const auto rules = loaded(imported("sendmail-access", "Connect:[192.0.2.1] REJECT\n"));
  EXPECT_EQ(mail_decision(*rules, {.name = ""}), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(mail_decision(*rules, {.name = "mx.example"}), "");
}

TEST(SendmailAccess, KeysWithoutTagAreForClientsAndSenders) {
  const auto rules = loaded(imported("sendmail-access",
                                     "a.example      REJECT\n"
                                     "From:a.example OK\n"));
  EXPECT_EQ(mail_decision(*rules, {.name = "mx.a.example"}), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(from_decision(*rules, "x@a.example"), "");
  EXPECT_EQ(mail_decision(*rules, {.sender = "x@b.example", .recipient = "x@a.example"}), "");
}

TEST(SendmailAccess, RefusingRecipientsTellsThatUntaggedKeysAreForThemToo) {
  const auto rules = loaded(imported("sendmail-access",
                                     "a.example      ERROR:550 both\n"
                                     "To:off@        ERROR:550 Mailbox disabled\n"));
  EXPECT_EQ(mail_decision(*rules, {.sender = "x@b.example", .recipient = "x@a.example"}),
            "reject 550 5.7.1 both");
  EXPECT_EQ(mail_decision(*rules, {.sender = "x@b.example", .recipient = "off@b.example"}),
            "reject 550 5.7.1 Mailbox disabled");
}

// FEATURE(`blocklist_recipients') is not in the map.
TEST(SendmailAccess, UntaggedKeysMayBeAboutRecipients) {
  constexpr std::string_view kMap =
      "board@ours.example\t550 this list is not open to strangers\n"
      "info@shop.example\tERROR:5.1.1:550 User unknown\n"
      "fine.example\tOK\n"
      "192.0.2\tREJECT\n";
  const Imported unknown = imported("sendmail-access", kMap);
  EXPECT_EQ(statuses(unknown), "iiii");
  const std::string said = messages(unknown);
  EXPECT_THAT(said, HasSubstr("table:1:1: warning: with FEATURE(`blocklist_recipients') "
                              "'board@ours.example' refuses the recipient as well"));
  EXPECT_THAT(said, HasSubstr("--blocklist-recipients on"));
  EXPECT_THAT(said, Not(HasSubstr("table:3")));
  EXPECT_THAT(said, Not(HasSubstr("table:4")));
  const Mail to_board{.client = "203.0.113.1", .recipient = "board@ours.example"};
  EXPECT_EQ(mail_decision(*loaded(unknown), to_board), "");

  const Imported on = with_blocklist_recipients(BlocklistRecipients::on, kMap);
  EXPECT_EQ(messages(on), "");
  EXPECT_EQ(mail_decision(*loaded(on), to_board),
            "reject 550 5.7.1 this list is not open to strangers");
  EXPECT_EQ(mail_decision(*loaded(on), {.client = "203.0.113.1", .recipient = "info@shop.example"}),
            "reject 550 5.1.1 User unknown");

  const Imported off = with_blocklist_recipients(BlocklistRecipients::off, kMap);
  EXPECT_EQ(messages(off), "");
  EXPECT_EQ(mail_decision(*loaded(off), to_board), "");
}

TEST(SendmailAccess, WithoutTheFeatureRefusingRecipientsCountForNothing) {
  const Imported off = with_blocklist_recipients(BlocklistRecipients::off,
                                                 "a.example\tREJECT\n"
                                                 "To:b@b.example\tREJECT\n"
                                                 "To:c.example\tRELAY\n");
  EXPECT_EQ(statuses(off), "iIi");
  EXPECT_EQ(mail_decision(*loaded(off), {.sender = "x@z.example", .recipient = "b@b.example"}), "");
}

TEST(SendmailAccess, FriendsAreSparedAndOnlyHatersAreNot) {
  const auto friends = loaded(imported("sendmail-access",
                                       "Connect:192.0.2 REJECT\n"
                                       "Spam:abuse@     FRIEND\n"
                                       "Spam:c.example  FRIEND\n"));
  EXPECT_EQ(mail_decision(*friends, {}), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(mail_decision(*friends, {.recipient = "abuse@b.example"}), "");
  EXPECT_EQ(mail_decision(*friends, {.recipient = "x@sub.c.example"}), "");
  const Imported table = imported("sendmail-access",
                                  "Connect:192.0.2 REJECT\n"
                                  "Spam:joe@b.example HATER\n"
                                  "Spam:c.example  HATER\n"
                                  "Spam:abuse@     FRIEND\n");
  EXPECT_EQ(statuses(table), "iiiX");
  const auto haters = loaded(table);
  EXPECT_EQ(mail_decision(*haters, {}), "");
  EXPECT_EQ(mail_decision(*haters, {.recipient = "joe@b.example"}),
            "reject 550 5.7.1 Access denied");
  EXPECT_EQ(mail_decision(*haters, {.recipient = "x@c.example"}), "reject 550 5.7.1 Access denied");
}

// As check_rcpt looks them up: user@domain, then domains, then user@. What is found first ends
// that.
TEST(SendmailAccess, OfSpamEntriesTheFirstThatIsFoundCounts) {
  const Imported table = imported("sendmail-access",
                                  "Connect:192.0.2\tREJECT\n"
                                  "Spam:abuse@\tFRIEND\n"
                                  "Spam:joe@one.example\tHATER\n"
                                  "Spam:one.example\tFRIEND\n"
                                  "Spam:local.example\tOK\n"
                                  "Spam:ann@two.example\tFRIEND\n"
                                  "Spam:192.0.2.1\tFRIEND\n");
  EXPECT_EQ(statuses(table), "iiXiXiX");
  EXPECT_THAT(messages(table), HasSubstr("table:2:1: warning: sendmail compares a key 'user@'"));
  EXPECT_THAT(messages(table), HasSubstr("count with FEATURE(`delay_checks', `friend') alone"));
  const auto rules = loaded(table);
  const std::string refused = "reject 550 5.7.1 Access denied";
  EXPECT_EQ(mail_decision(*rules, {.recipient = "abuse@three.example"}), "");
  EXPECT_EQ(mail_decision(*rules, {.recipient = "abuse@local.example"}), refused);
  EXPECT_EQ(mail_decision(*rules, {.recipient = "joe@one.example"}), refused);
  EXPECT_EQ(mail_decision(*rules, {.recipient = "joe+x@one.example"}), refused);
  EXPECT_EQ(mail_decision(*rules, {.recipient = "x@sub.one.example"}), "");
  EXPECT_EQ(mail_decision(*rules, {.recipient = "ann+y@two.example"}), "");
  EXPECT_EQ(mail_decision(*rules, {.recipient = "bob@two.example"}), refused);
}

TEST(SendmailAccess, SpamEntriesWithoutAnythingToSpareAreIdle) {
  EXPECT_EQ(statuses(imported("sendmail-access", "Spam:abuse@ FRIEND\nTo:a@b.example REJECT\n")),
            "Ii");
}

TEST(SendmailAccess, OtherTagsAreRefused) {
  const Imported table = imported("sendmail-access",
                                  "GreetPause:192.0.2 5000\n"
                                  "ClientRate:192.0.2 4\n"
                                  "AuthInfo:a.example \"U:x\"\n"
                                  "Connect:joe@a.example REJECT\n"
                                  "From:@a.example REJECT\n"
                                  "From:joe+x@ REJECT\n"
                                  "From:joe@a.example SKIP\n"
                                  " a.example REJECT\n"
                                  "nothing\n");
  EXPECT_EQ(statuses(table), "XXXXXXXXX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:1: error: GreetPause: is 'delay' in Postern"));
}

TEST(SendmailAccess, ATagAloneIsTheDefaultOfThatTag) {
  const Imported table = imported("sendmail-access",
                                  "Connect:192.0.2\tREJECT\n"
                                  "GreetPause:\t\t5000\n"
                                  "ClientRate:\t\t10\n"
                                  "ClientConn:\t\t10\n"
                                  "GreetPause:192.0.2\t1500\n"
                                  "From:\tREJECT\n"
                                  "Connect:\tREJECT\n");
  EXPECT_EQ(statuses(table), "iXXXXII");
  const std::string said = messages(table);
  EXPECT_THAT(said, HasSubstr("GreetPause: is 'delay' in Postern; write a rule for it (here: for "
                              "every client, 5s)"));
  EXPECT_THAT(said, HasSubstr("(here: for 192.0.2, 1500ms)"));
  EXPECT_THAT(said, HasSubstr("table:3:1: error: Postern counts no connections (here: of every"));
  EXPECT_THAT(said,
              HasSubstr("table:6:1: warning: sendmail looks up 'from:' with a key behind it"));
}

// Each of these is refused with its reason instead of becoming a name that nobody has.
TEST(SendmailAccess, WhatIsNoAddressIsNoName) {
  const Imported table = imported("sendmail-access",
                                  "Connect:198.51.100.\tREJECT\n"
                                  "Connect:198.51.100.1-9\tREJECT\n"
                                  "Connect:198.51.100.*\tREJECT\n"
                                  "Connect:192.0.2.0/24\tREJECT\n"
                                  "Connect:192.0.2.0/255.255.255.0\tOK\n"
                                  "Connect:2001:db8\tREJECT\n"
                                  "Connect:IPv6\tREJECT\n"
                                  "From:192.0.2.1\tREJECT\n"
                                  "To:joe@192.0.2.1\tREJECT\n"
                                  "Connect:1and1.example\tREJECT\n"
                                  "Connect:fe80\tREJECT\n"
                                  "Connect:IPv6:fe80\tREJECT\n");
  EXPECT_EQ(statuses(table), "XXXXXXXXXiii");
  EXPECT_THAT(messages(table),
              HasSubstr("table:2:1: error: '198.51.100.1-9' is meant as addresses"));
  EXPECT_THAT(messages(table), HasSubstr("sendmail looks up an IPv6 network as 'IPv6:fe80'"));
  const auto rules = loaded(table);
  EXPECT_EQ(mail_decision(*rules, {.client = "fe80::1"}), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(mail_decision(*rules, {.client = "198.51.100.1"}), "");
}

TEST(SendmailAccess, DetailOfAUser) {
  const auto rules = loaded(imported("sendmail-access",
                                     "From:joe@a.example      REJECT\n"
                                     "From:joe+x@a.example    OK\n"
                                     "From:ann+*@a.example    ERROR:550 detail\n"
                                     "From:ann@a.example      OK\n"
                                     "From:a.example          ERROR:550 domain\n"));
  EXPECT_EQ(from_decision(*rules, "joe@a.example"), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(from_decision(*rules, "joe+y@a.example"), "reject 550 5.7.1 Access denied");
  EXPECT_EQ(from_decision(*rules, "joe+x@a.example"), "");
  EXPECT_EQ(from_decision(*rules, "ann+y@a.example"), "reject 550 5.7.1 detail");
  EXPECT_EQ(from_decision(*rules, "ann@a.example"), "");
  EXPECT_EQ(from_decision(*rules, "bob+y@a.example"), "reject 550 5.7.1 domain");
}

TEST(SendmailAccess, WhatLetsInIsTakenForWhatIsMeant) {
  const Imported table = imported("sendmail-access",
                                  "Connect:IPv6:2001:db8::1 OK\n"
                                  "Connect:IPv6:2001:db8::2 REJECT\n"
                                  "Connect:IPv6:2001:db8    REJECT\n");
  EXPECT_EQ(statuses(table), "iXi");
  EXPECT_EQ(mail_decision(*loaded(table), {.client = "2001:db8::1"}), "");
}

TEST(SendmailAccess, OneMessageForALineOfTwoTables) {
  const Imported table = imported("sendmail-access", "a_b!c REJECT\n");
  EXPECT_EQ(table.diagnostics.errors(), 1);
}

}  // namespace
}  // namespace postern::import::sendmail_access_test
