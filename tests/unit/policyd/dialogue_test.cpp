#include "policyd/dialogue.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace postern::policyd::dialogue_test {
namespace {

const Header kA{"X-A", "1"};
const Header kB{"X-B", "2"};
const Header kC{"X-C", "3"};

Transaction at(Stage stage, const std::string& instance = {},
               const std::string& sender = "s@example.org") {
  Transaction transaction;
  transaction.stage = stage;
  transaction.instance = instance;
  transaction.client = IpAddress::from_v4(0xc0000201);
  if (stage >= Stage::mail) transaction.sender = MailAddress::from_envelope(sender);
  return transaction;
}

// Each message that begins gets rules of its own.
class DialogueTest : public testing::Test {
 protected:
  // One request with the headers that its verdict wants; what is said to it, `-` for DUNNO.
  std::string ask(const Transaction& transaction, const std::vector<Header>& wanted = {},
                  Disposition action = Disposition::pass) {
    dialogue_.ask(transaction);
    Verdict verdict;
    verdict.action = action;
    verdict.reply = {550, {5, 7, 1}, "no"};
    verdict.prepend = wanted;
    std::string said(dialogue_.answer(verdict));
    EXPECT_EQ(dialogue_.reply(), "action=" + said + "\n\n");
    dialogue_.replied();
    if (said == "DUNNO") return "-";
    if (!said.starts_with("PREPEND ")) return said;
    return said.substr(8, said.find(':') - 8);
  }

  // As it goes out, of a verdict with a copy.
  std::string copy(const Transaction& transaction, const std::vector<Header>& wanted = {},
                   Disposition action = Disposition::pass) {
    dialogue_.ask(transaction);
    Verdict verdict;
    verdict.action = action;
    verdict.reply = {550, {5, 7, 1}, "no"};
    verdict.prepend = wanted;
    verdict.copies = {"c@cap.example"};
    verdict.redirect = "r@cap.example";
    std::string said(dialogue_.answer(verdict));
    dialogue_.replied();
    return said;
  }

  std::string lost() {
    std::string names;
    for (const std::string& lost : dialogue_.take_lost_additions()) {
      const std::size_t space = lost.find(' ');
      names += lost.substr(space + 1, lost.find(':') - space - 1) + " ";
    }
    return names;
  }

  bool same_message(const Transaction& transaction) {
    const auto before = dialogue_.rules();
    dialogue_.ask(transaction);
    return before != nullptr && dialogue_.rules() == before;
  }

  Dialogue dialogue_{[] { return std::make_shared<const Snapshot>(); }};
};

TEST_F(DialogueTest, OneHeaderOncePerMessage) {
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "X-A");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "-");
  EXPECT_EQ(ask(at(Stage::data, "i1"), {kA}), "-");
  EXPECT_EQ(ask(at(Stage::rcpt, "i2"), {kA}), "X-A") << "another message";
  EXPECT_EQ(lost(), "");
}

TEST_F(DialogueTest, FurtherHeadersGoWithTheNextReplies) {
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA, kB, kC}), "X-A");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA, kB, kC}), "X-B");
  EXPECT_EQ(ask(at(Stage::data, "i1")), "X-C");
  EXPECT_EQ(ask(at(Stage::eom, "i1")), "-");
  EXPECT_EQ(lost(), "");
}

TEST_F(DialogueTest, SameNameWithAnotherValueIsAnotherHeader) {
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA, {"X-A", "2"}}), "X-A");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1")), "X-A");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1")), "-");
}

TEST_F(DialogueTest, WhatTheNextMessageFindsUnsentIsLost) {
  ask(at(Stage::rcpt, "i1"), {kA, kB, kC});
  EXPECT_EQ(lost(), "");
  EXPECT_EQ(ask(at(Stage::rcpt, "i2")), "-") << "not the next message's header";
  EXPECT_EQ(lost(), "X-B X-C ");
  EXPECT_EQ(lost(), "") << "told once";
}

TEST_F(DialogueTest, NothingIsSentAtTheEndOfTheMessage) {
  ask(at(Stage::rcpt, "i1"), {kA, kB});
  EXPECT_EQ(ask(at(Stage::eom, "i1"), {kA, kB, kC}), "-");
  EXPECT_EQ(lost(), "X-B X-C ");
  EXPECT_EQ(ask(at(Stage::rcpt, "i2")), "-");
  EXPECT_EQ(lost(), "");
}

TEST_F(DialogueTest, TheEndOfTheConnectionEndsTheMessage) {
  ask(at(Stage::rcpt, "i1"), {kA, kB});
  dialogue_.end();
  EXPECT_EQ(lost(), "X-B ");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "X-A") << "Postfix asks on a new connection";
}

TEST_F(DialogueTest, AHeaderSentAtMailIsNotSentAgainAtRcpt) {
  EXPECT_EQ(ask(at(Stage::connect)), "-");
  EXPECT_EQ(ask(at(Stage::mail), {kA, kB}), "X-A");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA, kB}), "X-B");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA, kB}), "-");
  EXPECT_EQ(lost(), "");
}

TEST_F(DialogueTest, EveryMailRequestBeginsAMessage) {
  EXPECT_EQ(ask(at(Stage::mail), {kA}), "X-A");
  EXPECT_EQ(ask(at(Stage::mail), {kA}), "X-A") << "after RSET";
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "-");
  EXPECT_EQ(ask(at(Stage::mail), {kA}), "X-A") << "the next message of the session";
  EXPECT_EQ(ask(at(Stage::rcpt, "i2"), {kA}), "-");
}

TEST_F(DialogueTest, AnInstanceOfAnotherSenderOrClientIsAnotherMessage) {
  ask(at(Stage::mail), {kA});
  EXPECT_EQ(ask(at(Stage::rcpt, "i1", "other@example.org"), {kA}), "X-A");
  ask(at(Stage::mail), {kA});
  Transaction elsewhere = at(Stage::rcpt, "i2");
  elsewhere.client = IpAddress::from_v4(0xc0000202);
  EXPECT_EQ(ask(elsewhere, {kA}), "X-A");
}

TEST_F(DialogueTest, OnlyTheFirstInstanceAfterMailBelongsToIt) {
  ask(at(Stage::mail), {kA});
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "-");
  EXPECT_EQ(ask(at(Stage::rcpt, "i2"), {kA}), "X-A");
}

TEST_F(DialogueTest, WithoutInstanceEveryRequestStandsForItself) {
  EXPECT_EQ(ask(at(Stage::rcpt), {kA}), "X-A");
  EXPECT_EQ(ask(at(Stage::rcpt), {kA}), "X-A");
}

TEST_F(DialogueTest, TellsMessagesApart) {
  EXPECT_FALSE(same_message(at(Stage::connect)));
  EXPECT_FALSE(same_message(at(Stage::helo)));
  EXPECT_FALSE(same_message(at(Stage::mail)));
  EXPECT_TRUE(same_message(at(Stage::rcpt, "i1")));
  EXPECT_TRUE(same_message(at(Stage::data, "i1")));
  EXPECT_TRUE(same_message(at(Stage::eom, "i1")));
  EXPECT_FALSE(same_message(at(Stage::rcpt, "i2")));
  EXPECT_FALSE(same_message(at(Stage::connect)));
  EXPECT_FALSE(same_message(at(Stage::rcpt, "i2"))) << "a session lay between";
}

TEST_F(DialogueTest, AMessageIsJudgedByTheRulesItBeganWith) {
  ask(at(Stage::rcpt, "i1"));
  const auto first = dialogue_.rules();
  ask(at(Stage::data, "i1"));
  EXPECT_EQ(dialogue_.rules(), first);
  ask(at(Stage::eom, "i1"));
  EXPECT_EQ(dialogue_.rules(), nullptr) << "idle, it keeps none";
  ask(at(Stage::rcpt, "i2"));
  EXPECT_NE(dialogue_.rules(), first);
}

TEST_F(DialogueTest, AMessageThatPausesGoesOnByTheRulesOfTheDay) {
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "X-A");
  dialogue_.pause();
  EXPECT_EQ(dialogue_.rules(), nullptr);
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}), "-") << "it is the same message";
  EXPECT_NE(dialogue_.rules(), nullptr);
}

TEST_F(DialogueTest, NeedsNoVerdictWhereNothingIsDecided) {
  PolicyRequest request;
  request.protocol_state = "VRFY";
  EXPECT_EQ(dialogue_.ask(request), Dialogue::Step::reply);
  EXPECT_EQ(dialogue_.reply(), "action=DUNNO\n\n");
  request.protocol_state = "RCPT";
  request.sender = "a@b.example";
  EXPECT_EQ(dialogue_.ask(request), Dialogue::Step::need_verdict);
  EXPECT_EQ(dialogue_.transaction().sender->text(), "a@b.example");
}

TEST_F(DialogueTest, ANullSenderIsASender) {
  ask(at(Stage::mail, "", ""), {kA});
  EXPECT_EQ(ask(at(Stage::rcpt, "i1", ""), {kA}), "-");
}

TEST_F(DialogueTest, OnlyAPassHasRoomForAHeader) {
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}, Disposition::reject), "550 5.7.1 no");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1")), "-") << "the recipient was refused";
  EXPECT_EQ(ask(at(Stage::rcpt, "i1"), {kA}, Disposition::hold), "HOLD");
  EXPECT_EQ(ask(at(Stage::data, "i1")), "X-A") << "the message goes on";
}

TEST_F(DialogueTest, ACopyIsAskedForOncePerMessageAndBeforeHeaders) {
  EXPECT_EQ(copy(at(Stage::rcpt, "i1"), {kA}), "BCC c@cap.example");
  EXPECT_EQ(copy(at(Stage::rcpt, "i1"), {kA}), "PREPEND X-A: 1");
  EXPECT_EQ(copy(at(Stage::rcpt, "i1"), {kA}), "DUNNO");
  EXPECT_EQ(copy(at(Stage::rcpt, "i2")), "BCC c@cap.example");
}

TEST_F(DialogueTest, ACopyHasNoRoomBesideARefusalAHoldAndARedirect) {
  EXPECT_EQ(copy(at(Stage::rcpt, "i1"), {}, Disposition::reject), "550 5.7.1 no");
  EXPECT_EQ(copy(at(Stage::rcpt, "i1"), {}, Disposition::hold), "HOLD");
  EXPECT_EQ(copy(at(Stage::rcpt, "i1"), {}, Disposition::redirect), "REDIRECT r@cap.example");
  EXPECT_EQ(ask(at(Stage::rcpt, "i1")), "BCC c@cap.example") << "it goes with the next reply";
}

// access(5): PREPEND is ignored there, BCC is not.
TEST_F(DialogueTest, AtTheEndOfTheMessageACopyIsStillInTime) {
  EXPECT_EQ(copy(at(Stage::eom, "i1"), {kA}), "BCC c@cap.example");
  EXPECT_EQ(lost(), "X-A ");
  EXPECT_EQ(copy(at(Stage::rcpt, "i2"), {}, Disposition::hold), "HOLD");
  EXPECT_EQ(ask(at(Stage::rcpt, "i3")), "-");
  EXPECT_EQ(dialogue_.take_lost_additions(), std::vector<std::string>{"BCC c@cap.example"});
}

TEST_F(DialogueTest, IsBounded) {
  std::vector<Header> many;
  for (int i = 0; i < 5000; ++i) many.push_back({"X-" + std::to_string(i), "v"});
  ask(at(Stage::rcpt, "i1"), many);
  dialogue_.end();
  EXPECT_LE(dialogue_.take_lost_additions().size(), 100U);
}

}  // namespace
}  // namespace postern::policyd::dialogue_test
