#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "common/ascii_case.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern {
namespace {

using testing::HasSubstr;

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
  EXPECT_EQ(fates(table), "iiiiiiiiii");
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
  EXPECT_EQ(fates(table), "iiiiiXXi");
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
  EXPECT_EQ(fates(table), "iiiX");
  const auto haters = loaded(table);
  EXPECT_EQ(mail_decision(*haters, {}), "");
  EXPECT_EQ(mail_decision(*haters, {.recipient = "joe@b.example"}),
            "reject 550 5.7.1 Access denied");
  EXPECT_EQ(mail_decision(*haters, {.recipient = "x@c.example"}), "reject 550 5.7.1 Access denied");
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
  EXPECT_EQ(fates(table), "XXXXXXXXX");
  EXPECT_THAT(messages(table), HasSubstr("table:1:1: error: GreetPause: is 'delay' in Postern"));
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
  EXPECT_EQ(fates(table), "iXi");
  EXPECT_EQ(mail_decision(*loaded(table), {.client = "2001:db8::1"}), "");
}

TEST(SendmailAccess, OneMessageForALineOfTwoTables) {
  const Imported table = imported("sendmail-access", "a_b!c REJECT\n");
  EXPECT_EQ(table.diagnostics.errors(), 1);
}

// The rule sets D, A, F and U of cf/m4/proto.m4, over the lines of a map.
class Reference {
 public:
  void add(const std::string& key, const std::string& result) { map_.emplace(key, result); }

  [[nodiscard]] std::string connect(const Mail& mail) const {
    std::string found =
        domain("connect", mail.name.empty() ? "[" + tagged(mail.client) + "]" : mail.name);
    if (found == "?" || found == "skip") found = address("connect", tagged(mail.client));
    return found;
  }
  [[nodiscard]] std::string from(const std::string& sender) const {
    if (sender.empty()) return "?";
    return mail("from", sender);
  }
  [[nodiscard]] std::string to(const std::string& recipient) const { return mail("to", recipient); }

 private:
  static std::string tagged(const std::string& client) {
    return client.find(':') != client.npos ? "ipv6:" + client : client;
  }
  [[nodiscard]] std::string look_up(const std::string& tag, const std::string& key) const {
    for (const std::string& full : {tag + ":" + key, key}) {
      if (const auto found = map_.find(full); found != map_.end()) return found->second;
    }
    return "?";
  }
  [[nodiscard]] std::string domain(const std::string& tag, std::string key) const {
    for (;;) {
      const std::string found = look_up(tag, key);
      if (found != "?") return found == "skip" ? "?" : found;
      if (key.starts_with('[')) {
        const std::size_t at = key.find_last_of(".:");
        if (at == key.npos) return "?";
        key = key.substr(0, at) + "]";
      } else {
        const std::size_t dot = key.find('.');
        if (dot == key.npos) return "?";
        key = key.substr(dot + 1);
      }
    }
  }
  [[nodiscard]] std::string address(const std::string& tag, std::string key) const {
    for (;;) {
      const std::string found = look_up(tag, key);
      if (found != "?") return found == "skip" ? "?" : found;
      const std::size_t at = key.find_last_of(".:");
      if (at == key.npos) return "?";
      key.resize(at);
    }
  }
  [[nodiscard]] std::string mail(const std::string& tag, const std::string& address) const {
    const std::size_t at = address.rfind('@');
    const std::string user = address.substr(0, at);
    const std::string host = address.substr(at + 1);
    const std::string bare = user.substr(0, user.find('+'));
    for (const std::string& key : {user + "@" + host, bare + "@" + host, user + "@", bare + "@"}) {
      if (const std::string found = look_up(tag, key); found != "?") return found;
    }
    return domain(tag, host);
  }
  std::map<std::string, std::string> map_;
};

struct Action {
  const char* sendmail;
  const char* postern;
};
constexpr std::array<Action, 7> kActions = {{{"OK", ""},
                                             {"RELAY", ""},
                                             {"SKIP", "skip"},
                                             {"ERROR:5.7.9:550 no", "reject 550 5.7.9 no"},
                                             {"ERROR:\"450 later\"", "defer 450 4.7.1 later"},
                                             {"DISCARD", "discard"},
                                             {"QUARANTINE:why", "hold why"}}};

constexpr std::array<std::string_view, 6> kNames = {"x.test",   "y.x.test", "z.y.x.test",
                                                    "z.x.test", "test",     "w.test"};
constexpr std::array<std::string_view, 3> kUsers = {"joe", "ann", "bob"};
constexpr std::array<std::string_view, 11> kOctets = {
    "10",         "10.1",          "10.1.2",         "10.1.2.3",
    "10.2",       "ipv6:2001:db8", "IPv6:2001",      "ipv6:2001:db8:0",
    "[10.1.2.3]", "[10.1]",        "[IPv6:2001:db8]"};
constexpr std::array<std::string_view, 5> kClients = {
    "10.1.2.3", "10.1.2.4", "10.2.0.1", "2001:db8:0:0:0:0:0:7", "2001:db8:1:0:0:0:0:7"};
constexpr std::array<std::string_view, 5> kTags = {"Connect:", "From:", "To:", "", ""};

std::string random_key(Dice& dice, const std::string& tag) {
  const std::size_t kind = dice.below(8);
  const bool mail = tag == "From:" || tag == "To:";
  if (kind < 3 && !mail) return std::string(dice.one_of(kOctets));
  if (kind < 2 && tag != "Connect:") {
    return std::string(dice.one_of(kUsers)) + "@" + std::string(dice.one_of(kNames));
  }
  if (kind < 3 && tag != "Connect:") return std::string(dice.one_of(kUsers)) + "@";
  return std::string(dice.one_of(kNames));
}

// SKIP is for hosts and networks.
bool is_fit(const std::string& key, const Action& action) {
  return key.find('@') == key.npos || std::string_view(action.sendmail) != "SKIP";
}

std::string first_of(std::initializer_list<std::string> results) {
  for (const std::string& result : results) {
    if (result != "?" && !result.empty()) return result;
  }
  return "";
}

TEST(SendmailAccess, DecidesLikeTheOriginalMap) {
  Dice dice(71);
  for (int round = 0; round < 150; ++round) {
    // The first line says that recipients are looked up.
    std::string text = "To:nobody@nowhere.test REJECT\n";
    Reference reference;
    for (std::size_t lines = dice.below(14); lines > 0; --lines) {
      const std::string tag(dice.one_of(kTags));
      const std::string key = random_key(dice, tag);
      const Action& action = dice.one_of(kActions);
      if (!is_fit(key, action)) continue;
      text += tag + key + "\t" + action.sendmail + "\n";
      reference.add(ascii_lower(tag + key), action.postern);
    }
    const Imported table = imported("sendmail-access", text);
    ASSERT_EQ(table.count(LineFate::refused), 0U) << messages(table) << text;
    const auto rules = loaded(table);
    for (int i = 0; i < 120; ++i) {
      Mail mail;
      mail.client = dice.one_of(kClients);
      mail.name = dice.below(3) == 0 ? "" : std::string(dice.one_of(kNames));
      const std::string detail = dice.below(4) == 0 ? "+d" : "";
      mail.sender =
          std::string(dice.one_of(kUsers)) + detail + "@" + std::string(dice.one_of(kNames));
      if (dice.below(8) == 0) mail.sender.clear();
      mail.recipient = std::string(dice.one_of(kUsers)) + "@" + std::string(dice.one_of(kNames));
      const std::string expected = first_of(
          {reference.connect(mail), reference.from(mail.sender), reference.to(mail.recipient)});
      ASSERT_EQ(mail_decision(*rules, mail), expected)
          << mail.client << " '" << mail.name << "' " << mail.sender << " " << mail.recipient
          << " of\n"
          << text << rule_files(table, "t").rules;
    }
  }
}

}  // namespace
}  // namespace postern
