#include "ctl/lists/commands.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/unit/ctl/lists/block_fixture.h"

namespace postern::ctl::block_test {
namespace {

class Block : public BlockFixture {};

TEST_F(Block, WritesALineAndSaysSinceWhenItIsInForce) {
  const auto result =
      fixture_.run({"block", "phish.example", "--reason", "ticket 4711", "--for", "7d"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(campaign(), std::string(kCampaign) +
                            "phish.example reason=\"ticket 4711\" owner=drj "
                            "expires=2026-11-28T12:00:00Z\n");
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:5: added: phish.example"));
  EXPECT_TRUE(has(result.out, "rule 'campaign'"));
  EXPECT_TRUE(has(result.out, "in force since generation 13 (policyd), 13 (milter)"));
}

TEST_F(Block, AFileThatTheDaemonCannotReadJustNowIsSaid) {
  fixture_.start(InstallationFixture::reloads("postponed", 12));
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(campaign(), "phish.example"));
  EXPECT_TRUE(has(result.out, "written, but not in force:\n"));
  EXPECT_TRUE(
      has(result.out, "postern-policyd: NOT NOW: a file cannot be read; generation 12 stays"));
}

TEST_F(Block, AGenerationThatIsNotKeptIsSaid) {
  fixture_.start(
      InstallationFixture::reloads("done", 13, R"([], "not_kept": "cannot write /s: full")"));
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 0) << "it is in force";
  EXPECT_TRUE(has(result.out, "in force since generation 13 (policyd), 13 (milter)"));
  EXPECT_TRUE(has(result.err,
                  "postern-milter: generation 13 is NOT KEPT, so that no rollback can "
                  "bring it back: cannot write /s: full"));
}

TEST_F(Block, TheEntryMayDiscard) {
  EXPECT_EQ(fixture_.run({"block", ".phish.example", "--discard"}).exit, 0);
  EXPECT_EQ(campaign(), std::string(kCampaign) + ".phish.example owner=drj then=discard\n");
}

TEST_F(Block, WhatThisEntryDoesIsSaid) {
  EXPECT_TRUE(
      has(fixture_.run({"block", "p.example", "--discard"}).out, "by sender_domain: discard\n"));
  const auto again = fixture_.run({"block", "p.example", "--reason", "ticket 4711"});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_TRUE(has(again.out, "by sender_domain: discard\n"));
  EXPECT_TRUE(has(again.out, "by this entry's own action, not the rule's: discard (the sender is"));
  EXPECT_FALSE(has(again.out, "reject"));
  EXPECT_TRUE(has(campaign(), "p.example owner=drj then=discard reason=\"ticket 4711\"\n"));
}

TEST_F(Block, AnEntryThatHoldsIsNoRefusal) {
  fixture_.folder.write("lists/campaign.txt", "h.example then=\"hold to be looked at\"\n");
  const auto result = fixture_.run({"block", "h.example"});
  EXPECT_TRUE(has(result.out, "already there: h.example"));
  EXPECT_TRUE(has(result.out, "by sender_domain: hold \"to be looked at\"\n"));
  EXPECT_FALSE(has(result.out, "reject"));
}

TEST_F(Block, AnEntryWithoutAnActionDoesWhatTheRuleSays) {
  const auto result = fixture_.run({"block", "old.example"});
  EXPECT_TRUE(has(result.out, "by sender_domain: reject"));
  EXPECT_FALSE(has(result.out, "own action"));
}

TEST_F(Block, ByRejectAnEntryRefusesAgain) {
  fixture_.folder.write("lists/campaign.txt",
                        "d.example then=discard reason=x  # mine\nh.example then=hold\n");
  const auto result = fixture_.run({"block", "d.example", "--reject"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "altered: d.example"));
  EXPECT_TRUE(has(result.out, "by sender_domain: reject"));
  EXPECT_FALSE(has(result.out, "own action"));
  EXPECT_EQ(fixture_.run({"block", "h.example", "--reject"}).exit, 0);
  EXPECT_EQ(campaign(), "d.example reason=x  # mine\nh.example\n");
  EXPECT_TRUE(
      has(fixture_.run({"block", "d.example", "--reject"}).out, "already there: d.example"));
  EXPECT_EQ(fixture_.run({"block", "n.example", "--reject"}).exit, 0);
  EXPECT_TRUE(has(campaign(), "\nn.example owner=drj\n"));
}

TEST_F(Block, AnEntryMayDeferUntilSomebodyBlocksIt) {
  const auto deferred = fixture_.run({"block", "p.example", "--defer", "--reason", "for now"});
  EXPECT_EQ(deferred.exit, 0) << deferred.err;
  EXPECT_TRUE(has(deferred.out, "by sender_domain: defer"));
  EXPECT_TRUE(has(campaign(), "p.example reason=\"for now\" owner=drj then=defer\n"));
  EXPECT_TRUE(has(fixture_.run({"block", "p.example"}).out, "altered: p.example"));
  EXPECT_TRUE(has(campaign(), "p.example reason=\"for now\" owner=drj\n"));
  EXPECT_EQ(fixture_.run({"block", "p.example", "--defer", "--hold"}).exit, 2);
}

TEST_F(Block, WhereTheRuleDoesNotRefuseTheEntryDoes) {
  fixture_.folder.write(
      "rules.yaml",
      "version: 1\nlists: { campaign: { kind: domain, file: lists/campaign.txt } }\n"
      "rules: [{ name: a, when: { sender_domain: campaign }, then: discard }]\n");
  fixture_.folder.write("lists/campaign.txt", "a.example\n");
  EXPECT_TRUE(has(fixture_.run({"block", "a.example"}).out, "by sender_domain: discard\n"));
  EXPECT_TRUE(
      has(fixture_.run({"block", "a.example", "--reject"}).out, "by sender_domain: reject"));
  EXPECT_EQ(campaign(), "a.example then=reject\n");
}

TEST_F(Block, RejectAndDiscardAreTwoThings) {
  EXPECT_EQ(fixture_.run({"block", "a.example", "--reject", "--discard"}).exit, 2);
  EXPECT_EQ(campaign(), kCampaign);
}

TEST_F(Block, WhatIsThereIsNamedAndStays) {
  const auto result = fixture_.run({"block", "OLD.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:3: already there: old.example"));
  EXPECT_EQ(campaign(), kCampaign);
}

TEST_F(Block, WhatIsThereTakesANewReasonAndExpiry) {
  EXPECT_EQ(fixture_.run({"block", "old.example", "--reason", "new", "--for", "1h"}).exit, 0);
  EXPECT_TRUE(has(campaign(),
                  "old.example   reason=new owner=ann expires=2026-11-21T13:00:00Z   # by hand\n"));
}

TEST_F(Block, WhatHasExpiredIsBlockedAnew) {
  EXPECT_EQ(fixture_.run({"block", "gone.example"}).exit, 0);
  EXPECT_TRUE(has(campaign(), "\ngone.example\n"));
}

TEST_F(Block, WithoutATimeItIsUntilUnblocked) {
  fixture_.folder.write("lists/campaign.txt", "a.example expires=2026-12-01 reason=x\n");
  const auto result = fixture_.run({"block", "a.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(campaign(), "a.example reason=x\n");
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:1: altered: a.example reason=x\n"));
  EXPECT_TRUE(has(result.out, "\nwas until 2026-12-01, now without end\n"));
}

TEST_F(Block, AShorterTimeIsTold) {
  fixture_.folder.write("lists/campaign.txt", "a.example expires=2026-12-01\n");
  const auto sooner = fixture_.run({"block", "a.example", "--for", "1h"});
  EXPECT_EQ(campaign(), "a.example expires=2026-11-21T13:00:00Z\n");
  EXPECT_TRUE(has(sooner.out,
                  "was until 2026-12-01, now until 2026-11-21T13:00:00Z, which is "
                  "sooner\n"));
  const auto later = fixture_.run({"block", "a.example", "--for", "7d", "--json"});
  EXPECT_EQ(campaign(), "a.example expires=2026-11-28T12:00:00Z\n");
  EXPECT_FALSE(has(later.out, "was until"));
}

TEST_F(Block, ADryRunWritesNothing) {
  const auto result = fixture_.run({"block", "phish.example", "--dry-run"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.out, "lists/campaign.txt:5: would be added: phish.example owner=drj"));
  EXPECT_EQ(campaign(), kCampaign);
}

TEST_F(Block, PopularAndBroadOnesNeedForce) {
  expect_refused({"block", "gmail.com"}, "--force");
  expect_refused({"block", "gmail.*"}, "gmail.com");
  expect_refused({"block", ".com"}, "every name below 'com'");
  expect_refused({"block", "~."}, "--force");
  EXPECT_EQ(fixture_.run({"block", "gmail.com", "--force"}).exit, 0);
  EXPECT_TRUE(has(campaign(), "gmail.com owner=drj\n"));
}

TEST_F(Block, OnesOwnNetworkNeedsForce) {
  fixture_.folder.write(
      "rules.yaml",
      "version: 1\nlists: { campaign: { kind: network, file: lists/campaign.txt },\n"
      "  trusted: { kind: network, file: lists/trusted.txt } }\n"
      "rules: [{ name: t, when: { client: trusted }, then: pass },\n"
      "  { name: a, when: { client: campaign }, then: reject }]\n");
  fixture_.folder.write("lists/campaign.txt", "");
  const auto refused = fixture_.run({"block", "10.1.2.3"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_TRUE(has(refused.err,
                  "10.1.2.3 hits 10.0.0.0/8, where one's own machines are; if that is "
                  "meant: --force"));
  EXPECT_EQ(fixture_.run({"block", "::1"}).exit, 1);
  EXPECT_EQ(campaign(), "");
  EXPECT_EQ(fixture_.run({"block", "192.0.2.1"}).exit, 0);
  EXPECT_EQ(fixture_.run({"block", "10.1.2.3", "--force"}).exit, 0);
  EXPECT_EQ(campaign(), "192.0.2.1 owner=drj\n10.1.2.3 owner=drj\n");
  EXPECT_EQ(fixture_.run({"allow", "127.0.0.0/8", "--list", "trusted"}).exit, 0);
}

TEST_F(Block, WhatIsThereWithAnotherActionStays) {
  fixture_.folder.write("lists/campaign.txt", "let.example then=pass\n");
  const auto result = fixture_.run({"block", "LET.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "campaign.txt:1: let.example is there with an action of its own"));
  EXPECT_EQ(campaign(), "let.example then=pass\n");
  EXPECT_EQ(fixture_.run({"block", "let.example", "--discard"}).exit, 0);
  EXPECT_TRUE(has(campaign(), "then=discard"));
}

TEST_F(Block, ARuleAboveThatDecidesOtherwiseIsTold) {
  fixture_.folder.write(
      "rules.yaml",
      "version: 1\nlists: { campaign: { kind: domain, file: lists/campaign.txt },\n"
      "  partners: { kind: domain, entries: [.partner.example] } }\n"
      "rules: [{ name: p, when: { sender_domain: partners }, then: pass },\n"
      "  { name: a, when: { sender_domain: campaign }, then: reject }]\n");
  const auto result = fixture_.run({"block", "a.partner.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.out, "but decided above by .partner.example ("));
  EXPECT_TRUE(has(campaign(), "a.partner.example owner=drj\n"));
}

TEST_F(Block, ValuesThatTheListCannotHold) {
  for (const char* value : {"a..b", "a b.example", "user@a.example", "192.0.2.0/24", ""}) {
    EXPECT_EQ(fixture_.run({"block", value, "--list", "campaign"}).exit, 2) << value;
  }
  EXPECT_EQ(fixture_.run({"block", "a.example", "--reason", "a\nb"}).exit, 2);
  EXPECT_EQ(fixture_.run({"block", "a.example", "--for", "soon"}).exit, 2);
  EXPECT_EQ(campaign(), kCampaign);
}

TEST_F(Block, AListInTheRuleFileIsNotEdited) {
  expect_refused({"block", "phish.example", "--list", "wide"}, "rules.yaml:5:9");
}

TEST_F(Block, AListByWhichNothingIsRefused) {
  expect_refused({"block", "phish.example", "--list", "noted"}, "want --list campaign or wide");
  expect_refused({"block", "192.0.2.1", "--list", "trusted"}, "no rule refuses");
  expect_refused({"block", "phish.example", "--list", "nix"}, "has no list 'nix'");
}

TEST_F(Block, WhatWouldNotLoadIsNotWritten) {
  // discard is not possible when the client connects.
  fixture_.folder.write(
      "rules.yaml",
      "version: 1\nlists: { campaign: { kind: network, file: lists/campaign.txt } }\n"
      "rules: [{ name: a, when: { client: campaign }, stage: connect, then: reject }]\n");
  fixture_.folder.write("lists/campaign.txt", "");
  const auto result = fixture_.run({"block", "192.0.2.1", "--discard"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "nothing is written"));
  EXPECT_EQ(campaign(), "");
}

TEST_F(Block, RulesThatDoNotLoadAreTold) {
  fixture_.folder.write("lists/no-mx-check.txt", "a..b\n");
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "no-mx-check.txt:1:1: error: "));
  EXPECT_EQ(campaign(), kCampaign);
}

TEST_F(Block, WithoutADaemonItIsWrittenAllTheSame) {
  fixture_.policyd.reset();
  fixture_.milter.reset();
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.out, "written; no daemon was reached"));
  EXPECT_TRUE(has(campaign(), "phish.example owner=drj\n"));
}

TEST_F(Block, OneDaemonThatIsNotReachedIsNamed) {
  fixture_.milter.reset();
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.out, "in force since generation 13 (policyd)\n"));
  EXPECT_TRUE(has(result.out, "postern-milter: not reached"));
}

TEST_F(Block, ARefusalOfTheDaemonsIsTold) {
  fixture_.policyd.reset();
  fixture_.milter.reset();
  fixture_.start(InstallationFixture::reloads(
      "refused", 12,
      R"([{"severity": "error", "file": "x.txt", "line": 3, "column": 5, "message": "no \u0007"}])"));
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(result.err, "x.txt:3:5: error: no \\x07\n");
  EXPECT_TRUE(has(result.out, "written, but not in force"));
  EXPECT_TRUE(has(result.out, "postern-policyd: REFUSED: generation 12 stays in force"));
}

TEST_F(Block, TwoAtOnceLoseNothing) {
  std::vector<std::future<int>> running;
  for (int i = 0; i < 8; ++i) {
    running.push_back(std::async(std::launch::async, [this, i] {
      return fixture_.run({"block", "phish" + std::to_string(i) + ".example"}).exit;
    }));
  }
  for (auto& one : running) EXPECT_EQ(one.get(), 0);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(has(campaign(), "phish" + std::to_string(i)));
}

TEST_F(Block, TellsPrograms) {
  const auto result = fixture_.run({"block", "phish.example", "--json"});
  EXPECT_EQ(result.exit, 0);
  for (const char* part : {R"("done":"added")", R"("line":5)", R"("generation":13)"}) {
    EXPECT_TRUE(has(result.out, part));
  }
}

}  // namespace
}  // namespace postern::ctl::block_test
