// The dialogue alone, with verdicts out of nothing: when one is wanted, and what becomes of it.
#include "milter/dialogue.h"

#include <gtest/gtest.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <string>
#include <vector>

#include "tests/support/rules_from.h"
#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::dialogue_test {
namespace {

using Answer = Dialogue::Answer;
using NeedVerdict = Dialogue::NeedVerdict;

// Something to say at every stage, to recipients one by one, and about the header.
constexpr const char* kRules = R"(
rules:
  - { name: client, when: { client: 192.0.2.66 }, then: reject }
  - { name: helo, when: { helo: bad.example }, then: reject }
  - { name: sender, when: { sender: bad@ }, then: reject }
  - { name: one, when: { recipient: [one@, two@] }, then: { prepend: 'X-For: {rule}' } }
  - { name: late, stage: [data, eom], when: { recipient: two@ }, then: reject }
  - { name: words, when: { header.subject: '~win' }, then: hold }
)";

Verdict verdict_of(Disposition action, SmtpReply reply = {}) {
  Verdict verdict;
  verdict.action = action;
  verdict.reply = std::move(reply);
  verdict.rule = "made-up";
  return verdict;
}
const Verdict kPass = verdict_of(Disposition::pass);
const Verdict kReject = verdict_of(Disposition::reject, {550, {5, 7, 1}, "no"});
const Verdict kDefer = verdict_of(Disposition::defer, {450, {4, 7, 1}, "later"});
const Verdict kGone = verdict_of(Disposition::defer, {421, {4, 7, 1}, "gone"});
const Verdict kHold = verdict_of(Disposition::hold);

class Dialogues : public testing::Test {
 protected:
  void begin(const config::MilterSettings& settings = {},
             ListenAddress::Kind transport = ListenAddress::Kind::tcp,
             const std::string& rules = kRules, Tokens tokens = {}) {
    const auto snapshot = generation(1, rules);
    const auto agreed = negotiate(snapshot->needs(), settings.refuse_clients, transport,
                                  {SMFI_CURR_ACTS, SMFI_CURR_PROT});
    dialogue_.emplace(snapshot, tokens);
    dialogue_->begin(agreed.value(), snapshot, settings);
  }

  // What is said when `verdicts` are given, one for each that is wanted; as many must be.
  std::string said_to(Dialogue::Next next, const std::vector<Verdict>& verdicts) {
    std::size_t given = 0;
    answer_ = dialogue_->settle(std::move(next), [&]() -> Dialogue::Judgement {
      looked_at_.push_back(dialogue_->transaction().recipient
                               ? dialogue_->transaction().recipient->local_part()
                               : "");
      return {given < verdicts.size() ? verdicts[given++] : (++given, kPass)};
    });
    EXPECT_EQ(given, verdicts.size()) << "verdicts that were wanted";
    return said(answer_.reply);
  }

  std::string connect(const Verdict& verdict) {
    return said_to(dialogue_->connect("mx.example", kClient, "mx.example"), {verdict});
  }
  std::string helo(const Verdict& verdict) {
    return said_to(dialogue_->helo("mx.example"), {verdict});
  }
  std::string mail(const std::vector<Verdict>& verdicts) {
    return said_to(dialogue_->mail("<a@b.example>", {}), verdicts);
  }
  std::string rcpt(const std::string& who, const Verdict& verdict) {
    return said_to(dialogue_->rcpt("<" + who + "@d.example>", RecipientState::accepted, "Q1",
                                   std::nullopt, {}),
                   {verdict});
  }
  std::string end(const std::vector<Verdict>& verdicts) {
    return said_to(dialogue_->end_of_message("Q1"), verdicts);
  }

  std::optional<Dialogue> dialogue_;
  Answer answer_;
  std::vector<std::string> looked_at_;  // by each verdict, the recipient
};

TEST_F(Dialogues, BeforeItBeginsNothingIsJudgedAndAllIsAnswered) {
  dialogue_.emplace(generation(1, kRules));
  EXPECT_EQ(said_to(dialogue_->connect("x", kClient, ""), {}), "-");
  EXPECT_EQ(mail({}), "-");
  EXPECT_EQ(answer_.reply.status, MilterReply::Status::proceed);
  EXPECT_EQ(answer_.decided, nullptr);
}

TEST_F(Dialogues, OnlyStagesAtWhichThereIsSomethingToSayAreJudged) {
  begin({}, ListenAddress::Kind::unix_socket,
        "rules: [{ name: a, when: { sender: bad@ }, then: reject }]\n");
  EXPECT_EQ(said_to(dialogue_->connect("x", kClient, ""), {}), "-");
  EXPECT_EQ(answer_.reply.status, MilterReply::Status::unanswered);
  EXPECT_EQ(mail({kReject}), "550 5.7.1 no");
  ASSERT_NE(answer_.decided, nullptr);
  EXPECT_EQ(answer_.decided->verdict.rule, "made-up");
}

TEST_F(Dialogues, AllStagesOfAMessageHaveItsInstance) {
  const auto instance = [&] { return dialogue_->transaction().instance; };
  begin();
  EXPECT_EQ((mail({kPass}), instance()), "") << "without tokens there is none";
  begin({}, ListenAddress::Kind::tcp, kRules, Tokens(7));
  EXPECT_EQ((connect(kPass), helo(kPass), instance()), "");
  EXPECT_NE((mail({kPass}), instance()), "");
  const std::string first = instance();
  rcpt("one", kPass);
  rcpt("three", kPass);
  EXPECT_EQ(instance(), first);
  end({kPass, kPass});
  EXPECT_EQ(instance(), first);
  dialogue_->end_message();
  EXPECT_EQ(instance(), "");
  EXPECT_NE((mail({kPass}), instance()), "");
  EXPECT_NE(instance(), first);
}

TEST_F(Dialogues, ARefusalOfTheClientIsKeptUntilMail) {
  begin();
  EXPECT_EQ(connect(kReject), "-");
  ASSERT_NE(answer_.decided, nullptr) << "it is logged when it is made";
  EXPECT_EQ(helo(kDefer), "-");
  for (int message = 0; message < 2; ++message) EXPECT_EQ(mail({}), "550 5.7.1 no");
  EXPECT_EQ(said_to(dialogue_->connect("y", kClient, ""), {kPass}), "-");
  EXPECT_EQ(dialogue_->refusal_at_mail(), nullptr);
  EXPECT_EQ(helo(kDefer), "-");
  EXPECT_EQ(mail({}), "450 4.7.1 later");
  EXPECT_EQ(helo(kPass), "-");
  EXPECT_EQ(mail({kPass}), "-");
}

TEST_F(Dialogues, AtTheGreetingGoesWhatGetsThroughThere) {
  config::MilterSettings settings;
  settings.refuse_clients = config::RefuseClients::at_greeting;
  begin(settings);
  EXPECT_EQ(connect(kReject), "550 5.7.1 no");
  EXPECT_EQ(connect(kGone), "421 4.7.1 gone");
  EXPECT_EQ(connect(kDefer), "-");
  EXPECT_EQ(mail({}), "450 4.7.1 later");
}

TEST_F(Dialogues, AMessageIsJudgedForEachRecipientAndTheMildestHolds) {
  config::MilterSettings settings;
  settings.mixed_recipients = MixedRecipients::mildest;
  begin(settings);
  mail({kPass});
  for (const char* who : {"one", "two", "other"}) EXPECT_EQ(rcpt(who, kPass), "-");
  EXPECT_EQ(rcpt("refused", kReject), "550 5.7.1 no");
  looked_at_.clear();
  EXPECT_EQ(end({kReject, kDefer, kReject}), "450 4.7.1 later");
  EXPECT_EQ(looked_at_, (std::vector<std::string>{"one", "two", "other"}));
  EXPECT_EQ(dialogue_->transaction().recipient->local_part(), "two") << "of the log line";
  EXPECT_EQ(answer_.decided->verdict.mixed_recipients, MixedRecipients::mildest);
  EXPECT_EQ(end({kReject, kReject, kReject}), "550 5.7.1 no");
  EXPECT_FALSE(answer_.decided->verdict.mixed_recipients);
}

TEST_F(Dialogues, WhoWouldNotGetTheSameComesInATransactionOfItsOwn) {
  begin();
  mail({kPass});
  EXPECT_EQ(rcpt("other", kPass), "-");
  EXPECT_TRUE(rcpt("two", kPass).starts_with("452 4.5.3 "));
  EXPECT_EQ(answer_.decided->verdict.mixed_recipients, MixedRecipients::split);
  EXPECT_EQ(dialogue_->transaction().recipient_count, 1U);
}

TEST_F(Dialogues, WhatIsDoneAtTheEndIsGatheredAndForgottenWithTheMessage) {
  begin();
  mail({kPass});
  Verdict tags = kPass;
  tags.prepend = {{"X-A", "1"}};
  rcpt("other", tags);
  EXPECT_EQ(end({kHold}), "-");
  EXPECT_EQ(dialogue_->actions().hold_reason(), "made-up");
  EXPECT_EQ(dialogue_->actions().headers(), tags.prepend);
  dialogue_->end_message();
  EXPECT_TRUE(dialogue_->actions().empty());
}

// Over a unix socket the MTA waits for no answer to a header field.
TEST_F(Dialogues, WhatIsLostWhereNobodyWaitsDefersTheMessage) {
  begin({}, ListenAddress::Kind::unix_socket);
  connect(kPass);
  mail({kPass});
  rcpt("other", kPass);
  EXPECT_EQ(dialogue_->lose_step(Step::header).status, MilterReply::Status::unanswered);
  EXPECT_EQ(dialogue_->header("Subject", "win").status, MilterReply::Status::unanswered);
  end({});
  EXPECT_EQ(answer_.reply.status, MilterReply::Status::tempfail);
  dialogue_->end_message();
  EXPECT_EQ(mail({kPass}), "-");
  EXPECT_EQ(answer_.reply.status, MilterReply::Status::proceed) << "that was another message";
}

TEST_F(Dialogues, WhatIsLostWhereTheMtaWaitsIsSaidAtOnceAndOver) {
  begin();
  EXPECT_EQ(dialogue_->lose_step(Step::rcpt).status, MilterReply::Status::tempfail);
  EXPECT_FALSE(dialogue_->has_lost_a_step());
  EXPECT_EQ(dialogue_->lose_message(Step::rcpt).status, MilterReply::Status::tempfail);
  EXPECT_TRUE(dialogue_->has_lost_a_step());
}

TEST_F(Dialogues, ALostClientLastsAsLongAsTheSession) {
  begin({}, ListenAddress::Kind::unix_socket,
        "rules: [{ name: a, when: { sender: bad@ }, then: reject }]\n");
  EXPECT_EQ(dialogue_->lose_step(Step::connect).status, MilterReply::Status::unanswered);
  for (int message = 0; message < 2; ++message) {
    mail({kPass});
    EXPECT_EQ(answer_.reply.status, MilterReply::Status::tempfail);
    dialogue_->end_message();
  }
  said_to(dialogue_->connect("x", kClient, ""), {});
  mail({kPass});
  EXPECT_EQ(answer_.reply.status, MilterReply::Status::proceed);
}

// As `posternctl explain` has it: read from a log line, and told stage by stage.
TEST_F(Dialogues, TakesATransactionThatWasReadElsewhere) {
  begin();
  Transaction known;
  known.client = kClient;
  known.client_name = "kept.example";
  EXPECT_EQ(said_to(dialogue_->told(known, {}), {kReject}), "-");
  known.stage = Stage::mail;
  known.sender = MailAddress::from_envelope("a@b.example");
  EXPECT_EQ(said_to(dialogue_->told(known, {}), {}), "550 5.7.1 no");
  known.stage = Stage::rcpt;
  known.recipient = MailAddress::from_envelope("one@d.example");
  EXPECT_EQ(said_to(dialogue_->told(known, {}), {kPass}), "-");
  known.stage = Stage::eom;
  known.recipient.reset();
  known.header.emplace();
  EXPECT_EQ(said_to(dialogue_->told(known, {}), {kPass}), "-");
  EXPECT_EQ(looked_at_.back(), "one");
  EXPECT_EQ(dialogue_->transaction().client_name, "kept.example");
  EXPECT_TRUE(dialogue_->transaction().header);
}

TEST_F(Dialogues, RulesAreAdoptedIfTheMtaTellsWhatTheyNeed) {
  const std::string sender = "rules: [{ name: a, when: { sender: bad@ }, then: reject }]\n";
  begin({}, ListenAddress::Kind::unix_socket, sender);
  const auto adopts = [&](const std::string& rules) {
    const auto snapshot = generation(2, rules);
    const auto wanted =
        negotiate(snapshot->needs(), config::RefuseClients::at_mail,
                  ListenAddress::Kind::unix_socket, {SMFI_CURR_ACTS, SMFI_CURR_PROT});
    return dialogue_->adopt(wanted.value(), snapshot, {});
  };
  EXPECT_FALSE(adopts(kRules));
  EXPECT_EQ(dialogue_->rules()->generation(), 1U);
  EXPECT_TRUE(adopts(sender));
  EXPECT_EQ(dialogue_->rules()->generation(), 2U);
}

}  // namespace
}  // namespace postern::milter::dialogue_test
