// One SMTP session as the milter door leads it: what the MTA tells comes in; what goes out is
// either that a verdict is wanted or what the MTA is answered. Says which stage is judged, keeps
// the refusal of a client until MAIL, the recipients that share a message, and what is done to it
// at its end.
//
// Pure: whoever drives it judges, waits, writes the log and keeps the time. A session of the daemon
// (milter/session) does, and so do `posternctl explain` and the tests.
//
//   Dialogue::Answer answer = dialogue.settle(dialogue.helo(name), judge);
//
// Owned by its driver, one thread at a time. Events may come in any order; what has not been told
// is not known.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "milter/end_of_message_actions.h"
#include "milter/message_group.h"
#include "milter/negotiation.h"
#include "milter/reply.h"
#include "milter/session_state.h"
#include "rules/condition.h"
#include "rules/model/facts.h"
#include "rules/model/verdict.h"
#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::milter {

class Dialogue {
 public:
  using Time = std::chrono::system_clock::time_point;
  // A verdict with what it was made of.
  struct Judgement {
    Verdict verdict;
    std::vector<DnsEvidence> evidence{};
    std::chrono::microseconds took{0};
  };
  // A verdict is wanted, about transaction() by rules(): judged() takes it.
  struct NeedVerdict {};
  struct Answer {
    MilterReply reply;
    // To be logged and counted; null: nothing was decided. Lasts until the next event.
    const Judgement* decided = nullptr;
  };
  using Next = std::variant<NeedVerdict, Answer>;

  // No session is judged, and every step is answered, before begin().
  explicit Dialogue(std::shared_ptr<const Snapshot> rules) : rules_(std::move(rules)) {}

  // The MTA has agreed on `agreed`, which was negotiated for `rules`. What the settings say of
  // clients that are refused holds for the whole session: the negotiation went by it.
  void begin(const Negotiated& agreed, std::shared_ptr<const Snapshot> rules,
             const config::MilterSettings& settings);
  // Before a MAIL: the messages from here on are judged by other rules, for which `wanted` was
  // negotiated from the same offer. False, and nothing changes: what was agreed does not serve
  // them.
  bool adopt(const Negotiated& wanted, std::shared_ptr<const Snapshot> rules,
             const config::MilterSettings& settings);
  // Of the messages from the next MAIL on.
  void set_mixed_recipients(MixedRecipients mixed) { mixed_ = mixed; }

  // What the MTA tells, as SessionState takes it.
  Next connect(std::string_view name, const std::optional<IpAddress>& client,
               std::string_view ptr) {
    state_.connect(name, client, ptr);
    return told();
  }
  Next helo(std::string_view name) {
    state_.helo(name);
    return told();
  }
  Next mail(std::string_view sender, const MailMacros& macros) {
    state_.mail(sender, macros);
    return told();
  }
  Next rcpt(std::string_view recipient, RecipientState state, std::string_view queue_id,
            MtaReading reading, Time now) {
    state_.rcpt(recipient, state, reading);
    state_.queue_id(queue_id);
    now_ = now;
    return told();
  }
  Next data(std::string_view queue_id) {
    state_.data();
    state_.queue_id(queue_id);
    return told();
  }
  MilterReply header(std::string_view name, std::string_view value);
  MilterReply end_of_header() { return answer_at(Step::end_of_header, {}); }
  // What is to be done to the message after an answer that proceeds: actions().
  Next end_of_message(std::string_view queue_id) {
    state_.end_of_message();
    state_.queue_id(queue_id);
    return told();
  }
  // Any of these, of a transaction that was read elsewhere: its stage is told, and what is known by
  // then.
  Next told(const Transaction& known, Time now) {
    state_.assume(known);
    now_ = now;
    return told();
  }
  // The message is over, sent or not.
  void end_message();

  // REQUIRES: a verdict is wanted.
  Next judged(Judgement&& judgement);
  // From an event to its answer. `judge()` gives a Judgement.
  template <class Judge>
  Answer settle(Next next, Judge judge) {
    while (std::holds_alternative<NeedVerdict>(next)) next = judged(judge());
    return std::get<Answer>(std::move(next));
  }

  // What the MTA told at this step was lost, for want of memory; returns what it hears. Where it
  // waits for no answer, it hears of a temporary failure later: until the message is over or, of
  // what comes before MAIL, the session.
  MilterReply lose_step(Step step);
  // The same of the whole message, whether the MTA waits or not.
  MilterReply lose_message(Step step);
  [[nodiscard]] bool has_lost_a_step() const { return lost_ != Lost::nothing; }

  [[nodiscard]] const SessionState& state() const { return state_; }
  [[nodiscard]] const Transaction& transaction() const { return state_.transaction(); }
  // Of the connection, then of each message.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return rules_; }
  // What is known of transaction() by rules().
  [[nodiscard]] ConditionMemory& conditions() { return conditions_; }
  // Whether rules may decide at this stage. Else they are judged for what they note.
  [[nodiscard]] bool decides_now() const;
  // Whether rules may have something to say at a stage.
  [[nodiscard]] bool answers(Stage stage) const { return served_.answers.contains(stage); }
  [[nodiscard]] const Negotiated& agreed() const { return agreed_; }
  [[nodiscard]] config::RefuseClients refuse_clients() const { return refuse_clients_; }
  // Of the client, if the answer to MAIL will be a refusal whatever the message is.
  [[nodiscard]] const Judgement* refusal_at_mail() const;
  [[nodiscard]] const EndOfMessageActions& actions() const { return actions_; }

 private:
  enum class Lost : std::uint8_t { nothing, message, session };
  // A refusal that the client hears of later; with the rules that its verdict points into.
  struct Refusal {
    Judgement judgement;
    std::shared_ptr<const Snapshot> rules;
  };
  // A message that is judged for one recipient after the other.
  struct EachRecipient {
    std::size_t count = 1;  // one: the message is judged once
    std::size_t index = 0;  // of the one that is judged
    std::optional<Judgement> mildest{};
    std::size_t mildest_index = 0;
    bool all_get_the_same = true;
    PutAside put_aside = PutAside::no;
    std::vector<DnsEvidence> evidence{};  // of all of them, each once
  };

  void serve(const Negotiated& wanted, std::shared_ptr<const Snapshot> rules,
             const config::MilterSettings& settings);
  void forget_message();
  Next told();
  Next unjudged_recipient();
  Next need_verdict();
  Next judge_message();
  Next client_judged(Judgement&& judgement, std::optional<Refusal>& refusal);
  Next recipient_judged(Judgement&& judgement);
  Next message_judged(Judgement&& judgement);
  [[nodiscard]] bool is_judged(Stage stage) const { return served_.needs.stages.contains(stage); }
  [[nodiscard]] bool splits() const;
  bool take_recipient(Verdict& verdict);
  Next conclude(Judgement&& judgement);
  [[nodiscard]] Next answer(MilterReply reply = {}, const Judgement* decided = nullptr) const;
  [[nodiscard]] MilterReply answer_at(Step step, MilterReply reply) const;

  std::shared_ptr<const Snapshot> rules_;
  config::RefuseClients refuse_clients_ = config::RefuseClients::at_mail;
  MixedRecipients mixed_ = MixedRecipients::split;
  Negotiated agreed_;                  // with the MTA, for the whole connection
  Negotiated served_;                  // what rules_ would have agreed on: no more than that
  std::uint64_t connected_under_ = 0;  // the generation that judged the client
  Time now_;                           // of the last RCPT
  Lost lost_ = Lost::nothing;
  SessionState state_;
  std::optional<Refusal> refused_at_connect_;
  std::optional<Refusal> refused_at_helo_;
  MessageGroup group_;
  EndOfMessageActions actions_;
  ConditionMemory conditions_;  // of the message, by rules_
  EachRecipient each_;
  Judgement decided_;
};

}  // namespace postern::milter
