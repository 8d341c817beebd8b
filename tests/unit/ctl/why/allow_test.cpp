// posternctl allow --token: what was refused comes in, and nothing more than that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ctl/why/logged_refusal.h"

namespace postern::ctl::allow_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class AllowByToken : public testing::Test, protected LoggedRefusal {
 protected:
  AllowByToken() { start(reloads("done", 2)); }

  [[nodiscard]] CtlResult allow(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"allow", "--token", "k7m3f2"};
    words.insert(words.end(), more.begin(), more.end());
    return run(std::move(words));
  }

  // The refusal of another sender, with the same token.
  static std::string other(const std::string& sender, const std::string& instance = "3.4") {
    return decision(kBanned + "client=192.0.2.1 sender=" + sender +
                    " recipient=c@d.example instance=" + instance + " token=k7m3f2");
  }
};

TEST_F(AllowByToken, WritesTheNarrowestEntryThatThereIs) {
  const std::string campaign = read("lists/campaign.txt");
  const auto result = allow({"--for", "7d"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("k7m3f2: 2026-11-21T11:40:02Z, rule campaign: 203.0.113.9 "
                                     "hr@www1.phish.example -> joe@box.example\n"
                                     "lists/friends.txt:1: added: hr@www1.phish.example "));
  EXPECT_EQ(read("lists/friends.txt"),
            "hr@www1.phish.example reason=\"token k7m3f2\" owner=drj "
            "expires=2026-11-28T12:00:00Z\n");
  EXPECT_EQ(read("lists/trusted.txt"), "");
  EXPECT_EQ(read("lists/campaign.txt"), campaign);
  EXPECT_THAT(run({"history"}).out, HasSubstr(" allow --token k7m3f2 --for 7d\n"));
  EXPECT_EQ(run({"undo"}).exit, 0);
  EXPECT_EQ(read("lists/friends.txt"), "");
}

TEST_F(AllowByToken, WithAReasonOfOnesOwn) {
  EXPECT_EQ(allow({"--reason", "ticket 4712"}).exit, 0);
  EXPECT_EQ(read("lists/friends.txt"), "hr@www1.phish.example reason=\"ticket 4712\" owner=drj\n");
}

TEST_F(AllowByToken, ADryRunWritesNothing) {
  const auto result = allow({"--dry-run"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("lists/friends.txt:1: would be added: hr@www1.phish.example"));
  EXPECT_EQ(read("lists/friends.txt"), "");
}

TEST_F(AllowByToken, WhatComesInAlreadyNeedsNothing) {
  ASSERT_EQ(allow().exit, 0);
  const std::string before = read("lists/friends.txt");
  const auto result = allow();
  EXPECT_EQ(result.exit, 0);
  EXPECT_THAT(result.err, HasSubstr("it would come in now; nothing is written"));
  EXPECT_EQ(read("lists/friends.txt"), before);
  EXPECT_EQ(allow({"--json", "--dry-run"}).out,
            R"({"entries":[],"dry_run":true,"notes":["it would come in now"],"daemons":[]})"
            "\n");
}

TEST_F(AllowByToken, OfSeveralMailsThatDisagreeEachIsTold) {
  // An older one, whose log has been rotated.
  folder.write("postern.log.1", other("ann@www2.phish.example"));
  const auto result = allow();
  EXPECT_EQ(result.exit, 1);
  EXPECT_THAT(result.err,
              HasSubstr("2 mails have the token k7m3f2, and no one entry is for all of them; "
                        "nothing is written\n"
                        "2026-11-21T11:40:02Z, rule campaign: 192.0.2.1 ann@www2.phish.example -> "
                        "c@d.example\n"
                        "  posternctl allow ann@www2.phish.example --list friends\n"));
  EXPECT_THAT(result.err, HasSubstr("  posternctl allow hr@www1.phish.example --list friends\n"));
  EXPECT_EQ(read("lists/friends.txt"), "");
}

TEST_F(AllowByToken, SeveralThatAgreeAreOneEntry) {
  write_log(decision(kBanned + kEnvelope + " token=k7m3f2") + other("hr@www1.phish.example"));
  const auto result = allow();
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("rule campaign: 192.0.2.1 hr@www1.phish.example"));
  EXPECT_THAT(result.out, HasSubstr("rule campaign: 203.0.113.9 hr@www1.phish.example"));
  EXPECT_THAT(read("lists/friends.txt"), StartsWith("hr@www1.phish.example "));
}

// Without an instance two lines may be two messages.
TEST_F(AllowByToken, OfLinesWithoutAnInstanceEachCounts) {
  const std::string line = kBanned + "client=192.0.2.1 token=k7m3f2 sender=";
  write_log(decision(line + "a@b.phish.example") + decision(line + "c@d.phish.example"));
  EXPECT_EQ(allow().exit, 1);
  EXPECT_EQ(read("lists/friends.txt"), "");
}

// Whoever is refused says what stands in a log of the MTA.
TEST_F(AllowByToken, OnlyLinesThatPosternHasWrittenCount) {
  write_log("");
  folder.write(
      "mail.log",
      "Nov 21 11:40:02 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 550; "
      "helo=<decision door=policy stage=rcpt rule=campaign action=reject "
      "client=203.0.113.9 sender=hr@www1.phish.example token=k7m3f2 generation=1>\n");
  const auto result = allow({"--log", folder.path("mail.log")});
  EXPECT_EQ(result.exit, 1) << result.out;
  EXPECT_THAT(result.err, HasSubstr("no log has a decision with the token k7m3f2; want --log"));
  EXPECT_EQ(read("lists/friends.txt"), "");
}

TEST_F(AllowByToken, TheInstanceOfAMessageIsNoToken) {
  write_log(decision(kBanned + "client=203.0.113.9 sender=hr@www1.phish.example instance=k7m3f2"));
  EXPECT_EQ(allow().exit, 1);
}

TEST_F(AllowByToken, WithoutAListTheEntryIsAllThereIs) {
  folder.write("rules.yaml", R"(version: 1
lists: { campaign: { kind: domain, file: lists/campaign.txt } }
rules: [{ name: campaign, when: { sender_domain: campaign }, then: reject }]
)");
  const auto result = allow();
  EXPECT_EQ(result.exit, 1);
  EXPECT_THAT(result.err,
              HasSubstr("no list lets such mail in above the rule that refuses it; nothing is "
                        "written\nto take the entry back: posternctl unblock .phish.example\n"));
}

constexpr const char* kCheckRules = R"(version: 1
lists:
  no-mx-check: { kind: network, file: lists/trusted.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: no-mx-check, when: { client: no-mx-check }, then: skip sender_mx }
  - name: sender-must-exist
    check: sender_mx
    on: { missing: reject 550 5.1.8 "no such domain", unknown: 'defer 451 4.4.3 "later {token}"' }
)";

TEST_F(AllowByToken, OfACheckOnlyThisCheckIsSkipped) {
  folder.write("rules.yaml", kCheckRules);
  const auto result = allow();
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("skip sender_mx"));
  EXPECT_THAT(read("lists/trusted.txt"), StartsWith("203.0.113.9 "));
}

TEST_F(AllowByToken, BehindASkippedCheckAnotherRuleMayRefuse) {
  folder.write("rules.yaml", kCheckRules + std::string("  - { name: campaign, when: "
                                                       "{ sender_domain: campaign }, then: "
                                                       "reject }\n"));
  const auto result = allow();
  EXPECT_EQ(result.exit, 1);
  EXPECT_THAT(result.err, HasSubstr("another rule refuses it all the same: posternctl why k7m3f2"));
}

// Such a value would be an entry for what a client says in HELO.
TEST_F(AllowByToken, ASenderThatLooksLikeAnotherValueIsNone) {
  write_log(other("helo:x@www1.phish.example"));
  EXPECT_EQ(allow().exit, 0);
  EXPECT_EQ(read("lists/friends.txt"), "");
  EXPECT_THAT(read("lists/trusted.txt"), StartsWith("192.0.2.1 "));
}

TEST_F(AllowByToken, WhatIsNone) {
  EXPECT_THAT(run({"allow", "--token", "K7M3F2!"}).err, HasSubstr("want what the refusal says"));
  EXPECT_EQ(run({"allow", "--token", "K7M3F2!"}).exit, 2);
  EXPECT_EQ(allow({"192.0.2.7"}).exit, 2);
  EXPECT_EQ(run({"allow"}).exit, 2);
  EXPECT_EQ(run({"allow", "192.0.2.7", "--log", "x"}).exit, 2);
}

}  // namespace
}  // namespace postern::ctl::allow_test
