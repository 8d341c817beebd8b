// A milter asks the MTA only for what rules need (rules/needs.h). With rules and sessions made up
// from a fixed seed: what becomes of every recipient is the same as when it were asked about
// everything.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "milter/each_recipient.h"
#include "rules/recipient_key.h"
#include "tests/scenarios/both_doors.h"
#include "tests/scenarios/chance.h"
#include "tests/support/rules_from.h"

namespace postern {
namespace {

constexpr int kRuleFiles = 600;
constexpr int kSessionsEach = 8;

// What becomes of a session when rules are asked at `asked` and have a say at `deciding`.
class Course {
 public:
  Course(const World& world, StageSet asked, StageSet deciding)
      : world_(world), asked_(asked), deciding_(deciding) {}

  std::string of(const Session& session) {
    state_.begin(milter::SessionState::Tls::not_told, {"from", "subject"});
    state_.connect("[x]", *IpAddress::parse(session.client), "");
    std::string refused = refusal(once(Stage::connect));
    state_.helo(session.helo);
    if (const std::string at_helo = refusal(once(Stage::helo)); refused.empty()) refused = at_helo;
    for (const Message& message : session.messages) deliver(message, refused);
    return out_.str();
  }

 private:
  struct Judgement {
    Verdict verdict;
  };

  Judgement once(Stage stage) {
    if (!asked_.contains(stage)) return {};
    std::vector<std::string> ignored;
    Judgement result{judge(world_, state_.transaction(), ignored)};
    if (!deciding_.contains(stage)) keep_notes(result.verdict);
    return result;
  }

  // Empty when the verdict refuses nothing.
  static std::string refusal(const Judgement& judgement) {
    switch (judgement.verdict.action) {
      case Disposition::reject:
      case Disposition::defer:
        return judgement.verdict.reply.to_string();
      case Disposition::discard:
        return "discard";
      default:
        return "";
    }
  }

  std::string noted(const Judgement& judgement) {
    actions_.note(judgement.verdict);
    return refusal(judgement);
  }

  std::string whole(Stage stage) {
    return noted(milter::judge_for_each_recipient(state_, world_.snapshot->needs(), actions_,
                                                  MixedRecipients::mildest,
                                                  [&] { return once(stage); }));
  }

  void deliver(const Message& message, const std::string& client_refused) {
    actions_.clear();
    state_.mail("<" + message.sender + ">", {"", message.user, ""});
    std::string all = client_refused.empty() ? noted(once(Stage::mail)) : client_refused;
    std::map<std::string, std::string> fates;
    for (const std::string& recipient : message.recipients) {
      if (!all.empty()) break;
      state_.rcpt("<" + recipient + ">", RecipientState::accepted);
      const std::string fate = noted(once(Stage::rcpt));
      if (fate == "discard") all = fate;
      fates[recipient] = fate;
      if (fate.empty()) {
        state_.recipient_taken(recipient_key(*world_.snapshot, state_.transaction(), world_.now));
      }
    }
    if (all.empty() && !state_.recipients().empty()) all = end(message);
    for (const auto& [recipient, fate] : fates) out_ << recipient << ": " << shown(fate, all);
    if (fates.empty()) out_ << all << "\n";
  }

  std::string end(const Message& message) {
    state_.data();
    if (const std::string fate = whole(Stage::data); !fate.empty()) return fate;
    state_.header("From", message.from);
    state_.header("Subject", message.subject);
    state_.end_of_message();
    return whole(Stage::eom);
  }

  std::string shown(const std::string& fate, const std::string& all) const {
    if (!fate.empty() || !all.empty()) return (fate.empty() ? all : fate) + "\n";
    std::set<std::string> headers;
    for (const Header& header : actions_.headers()) headers.insert(header.name + header.value);
    std::string text = actions_.hold_reason() ? "held" : "taken";
    for (const std::string& header : headers) text += " " + header;
    return text + "\n";
  }

  const World& world_;
  const StageSet asked_;
  const StageSet deciding_;
  milter::SessionState state_;
  milter::EndOfMessageActions actions_;
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
    const auto snapshot = load::load_rules(rules, "r", reader_of({}), 1, {}, ignored);
    if (!snapshot) continue;
    ++loaded;
    const World world{snapshot, *zone, {}};
    const Needs& needs = snapshot->needs();
    for (int i = 0; i < kSessionsEach; ++i) {
      const Session session = chance.session();
      const std::string few = Course(world, needs.stages, needs.deciding).of(session);
      const std::string all = Course(world, StageSet::all(), StageSet::all()).of(session);
      ASSERT_EQ(few, all) << rules << "client " << session.client << " helo " << session.helo
                          << " sender " << session.messages.back().sender << " subject "
                          << session.messages.back().subject << " from "
                          << session.messages.back().from;
      for (const char* word : {"550", "554", "451", "discard", "held", "taken", "X-"}) {
        if (few.find(word) != std::string::npos) ++seen[word];
      }
    }
  }
  EXPECT_EQ(loaded, kRuleFiles);
  for (const char* word : {"550", "554", "451", "discard", "held", "taken", "X-"}) {
    EXPECT_GT(seen[word], 50) << word << " was hardly tried";
  }
}

}  // namespace
}  // namespace postern
