// A milter asks the MTA only for what rules need (rules/needs.h). With rules and sessions made up
// from a fixed seed: what becomes of every recipient is the same as when it were asked about
// everything.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/scenarios/chance.h"
#include "tests/scenarios/milter_side.h"
#include "tests/support/rules_from.h"

namespace postern::needs_test {
namespace {

constexpr int kRuleFiles = 600;
constexpr int kSessionsEach = 8;

// What becomes of a session when the MTA was asked for so much.
class Course {
 public:
  Course(const DoorsFixture& fixture, const milter::Negotiated& negotiated)
      : fixture_(fixture), dialogue_(fixture.snapshot) {
    config::MilterSettings settings;
    settings.mixed_recipients = MixedRecipients::mildest;
    dialogue_.begin(negotiated, fixture.snapshot, settings);
  }

  std::string of(const Session& session) {
    answer(dialogue_.connect("[x]", *IpAddress::parse(session.client), ""));
    answer(dialogue_.helo(session.helo));
    for (const Message& message : session.messages) deliver(message);
    return out_.str();
  }

 private:
  // Empty when nothing is refused.
  std::string answer(milter::Dialogue::Next next) {
    const milter::MilterReply reply =
        dialogue_
            .settle(std::move(next),
                    [this]() -> milter::Dialogue::Judgement {
                      std::vector<std::string> ignored;
                      return {judge(fixture_, dialogue_.transaction(), ignored)};
                    })
            .reply;
    const std::string words = in_words(reply);
    return words == "CONTINUE" ? "" : words;
  }

  void deliver(const Message& message) {
    std::string all = answer(dialogue_.mail("<" + message.sender + ">", {.texts = {message.user}}));
    std::map<std::string, std::string> fates;
    for (const std::string& recipient : message.recipients) {
      if (!all.empty()) break;
      const std::string fate = answer(dialogue_.rcpt(
          "<" + recipient + ">", RecipientState::accepted, "", std::nullopt, fixture_.now));
      if (fate == "DISCARD") all = fate;
      fates[recipient] = fate;
    }
    if (all.empty() && dialogue_.transaction().recipient_count > 0) all = end(message);
    for (const auto& [recipient, fate] : fates) out_ << recipient << ": " << shown(fate, all);
    if (fates.empty()) out_ << all << "\n";
  }

  std::string end(const Message& message) {
    if (const std::string fate = answer(dialogue_.data("")); !fate.empty()) return fate;
    dialogue_.header("From", message.from);
    dialogue_.header("Subject", message.subject);
    return answer(dialogue_.end_of_message(""));
  }

  std::string shown(const std::string& fate, const std::string& all) const {
    if (!fate.empty() || !all.empty()) return (fate.empty() ? all : fate) + "\n";
    std::set<std::string> headers;
    for (const Header& header : dialogue_.actions().headers()) {
      headers.insert(header.name + header.value);
    }
    std::string text = dialogue_.actions().hold_reason() ? "held" : "taken";
    for (const std::string& header : headers) text += " " + header;
    return text + "\n";
  }

  const DoorsFixture& fixture_;
  milter::Dialogue dialogue_;
  std::ostringstream out_;
};

TEST(WhatRulesNeed, IsEnoughForTheSameOutcome) {
  const auto zone = ZoneMap::parse(kZoneOfChance);
  ASSERT_TRUE(zone);
  Chance chance(20261121);
  std::map<std::string, int> seen;
  int loaded = 0;
  for (int tried = 0; loaded < kRuleFiles && tried < 20 * kRuleFiles; ++tried) {
    const std::string rules = chance.rule_file();
    Diagnostics ignored;
    const auto snapshot = load_rules(rules, "r", reader_of({}), 1, {}, ignored);
    if (!snapshot) continue;
    ++loaded;
    const DoorsFixture fixture{snapshot, *zone, {}};
    const milter::Negotiated needed =
        negotiated_for(*snapshot, milter::SessionState::Tls::not_told);
    milter::Negotiated every =
        negotiated_for_every_stage(*snapshot, milter::SessionState::Tls::not_told);
    every.needs.header_fields = {"from", "subject"};
    for (int i = 0; i < kSessionsEach; ++i) {
      const Session session = chance.session();
      const std::string few = Course(fixture, needed).of(session);
      const std::string all = Course(fixture, every).of(session);
      ASSERT_EQ(few, all) << rules << "client " << session.client << " helo " << session.helo
                          << " sender " << session.messages.back().sender << " subject "
                          << session.messages.back().subject << " from "
                          << session.messages.back().from;
      for (const char* word : {"550", "554", "451", "DISCARD", "held", "taken", "X-"}) {
        if (few.find(word) != std::string::npos) ++seen[word];
      }
    }
  }
  EXPECT_EQ(loaded, kRuleFiles);
  for (const char* word : {"550", "554", "451", "DISCARD", "held", "taken", "X-"}) {
    EXPECT_GT(seen[word], 50) << word << " was hardly tried";
  }
}

}  // namespace
}  // namespace postern::needs_test
