// One SMTP session of the milter door, without I/O. The MTA's events come in; the answer is either
// that a verdict is needed, or the reply to the MTA. It says which stages are judged, keeps the
// refusal of a client until MAIL, keeps the recipients that share a message, and collects what is
// done to the message at its end.
//
// Pure: its driver judges, waits, writes the log and keeps the time. milter/session drives it in
// the daemon; `posternctl explain` and the tests drive it as well.
//
//   Dialogue::Answer answer = dialogue.settle(dialogue.helo(name), judge);
//
// The driver owns it; one thread at a time. Events may come in any order.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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
#include "rules/message_verdict.h"
#include "rules/model/facts.h"
#include "rules/model/message_effects.h"
#include "rules/model/token.h"
#include "rules/model/verdict.h"
#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::milter {

class Dialogue {
 public:
  using Time = std::chrono::system_clock::time_point;
  // A verdict, the facts that it rests on, and the time that it took.
  struct Judgement {
    Verdict verdict;
    std::vector<DnsEvidence> evidence{};
    std::chrono::microseconds took{0};
    Time began{};
    JudgedRecipients recipients{};
    std::vector<StateEvidence> state{};
  };
  // The driver judges transaction() by rules(), and calls judged().
  struct NeedVerdict {};
  struct Answer {
    MilterReply reply;
    // The decision that the driver logs and counts; null: none was made. Valid until the next
    // event.
    const Judgement* decided = nullptr;
  };
  using Next = std::variant<NeedVerdict, Answer>;

  // Before begin() it judges nothing, and answers every step. Each decision has one of `tokens`,
  // and each message an instance that is made of two; if there are none, a transaction that was
  // read elsewhere keeps its own.
  explicit Dialogue(std::shared_ptr<const Snapshot> rules, Tokens tokens = {})
      : rules_(std::move(rules)), tokens_(tokens) {}

  // Begins a connection. `agreed` was negotiated for `rules`, and for `refuse_clients` of the
  // settings, which therefore holds for the whole session.
  void begin(const Negotiated& agreed, std::shared_ptr<const Snapshot> rules,
             const config::MilterSettings& settings);
  // Judges the messages from the next MAIL on by other rules, for which `wanted` was negotiated
  // from the same offer. False: the agreement of this connection does not serve them, and nothing
  // changes.
  bool adopt(const Negotiated& wanted, std::shared_ptr<const Snapshot> rules,
             const config::MilterSettings& settings);
  // Holds for the messages from the next MAIL on.
  void set_mixed_recipients(MixedRecipients mixed) { mixed_ = mixed; }

  // The events, with arguments as in SessionState.
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
    told_recipient_ = recipient;
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
  // After a reply that proceeds, actions() say what is done to the message.
  Next end_of_message(std::string_view queue_id) {
    state_.end_of_message();
    state_.queue_id(queue_id);
    return told();
  }
  // Any of these events, of a transaction that was read elsewhere: the event is that of its stage.
  Next told(const Transaction& known, Time now) {
    if (known.recipient) told_recipient_ = "<" + known.recipient->text() + ">";
    state_.assume(known);
    now_ = now;
    return told();
  }
  // Ends the message, sent or not.
  void end_message();

  // Takes the verdict. REQUIRES: the last event, or the last call of this, answered NeedVerdict.
  Next judged(Judgement&& judgement);
  // Goes from an event to its answer, and calls `judge()` for each Judgement that is needed.
  template <class Judge>
  Answer settle(Next next, Judge judge) {
    while (std::holds_alternative<NeedVerdict>(next)) next = judged(judge());
    return std::get<Answer>(std::move(next));
  }

  // The event of this step was lost because there was no memory. The reply is a temporary failure;
  // if the MTA does not wait for one here, all later steps answer with it, until the end of the
  // message, or of the session if the step comes before MAIL.
  MilterReply lose_step(Step step);
  // The same for the whole message, also where the MTA waits.
  MilterReply lose_message(Step step);
  [[nodiscard]] bool has_lost_a_step() const { return lost_ != Lost::nothing; }

  [[nodiscard]] const SessionState& state() const { return state_; }
  [[nodiscard]] const Transaction& transaction() const { return state_.transaction(); }
  // The rules of the connection, then those of each message.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return rules_; }
  // What the conditions of rules() were found to be for transaction().
  [[nodiscard]] ConditionMemory& conditions() { return conditions_; }
  // What the message has done to records: part of the facts (MessageFacts).
  [[nodiscard]] const MessageEffects& effects() const { return effects_; }
  // Whether rules may decide at this stage. If not, they are judged only for what they note.
  [[nodiscard]] bool decides_now() const;
  // Whether rules may have something to say at a stage.
  [[nodiscard]] bool answers(Stage stage) const { return served_.answers.contains(stage); }
  [[nodiscard]] const Negotiated& agreed() const { return agreed_; }
  [[nodiscard]] config::RefuseClients refuse_clients() const { return refuse_clients_; }
  // The refusal of the client that answers every MAIL; null: there is none.
  [[nodiscard]] const Judgement* refusal_at_mail() const;
  [[nodiscard]] const EndOfMessageActions& actions() const { return actions_; }
  // Whether it is to be redirected or copied, and the MTA does not offer that.
  [[nodiscard]] bool is_not_captured() const {
    const RecipientChanges& changes = actions_.recipients();
    return (!agreed_.can_copy() && !changes.copies().empty()) ||
           (!agreed_.can_redirect() && !changes.removed().empty());
  }
  // The memory that header and recipients of the message take, about.
  [[nodiscard]] std::size_t kept_bytes() const {
    return state_.kept_bytes() + actions_.recipients().kept_bytes() + effects_.kept_bytes();
  }

 private:
  enum class Lost : std::uint8_t { nothing, message, session };
  // A refusal that the client gets later, with the rules that its verdict points into.
  struct Refusal {
    Judgement judgement;
    std::shared_ptr<const Snapshot> rules;
  };
  // A message that is judged for one recipient after the other.
  struct EachRecipient {
    std::size_t count = 1;  // one: the message is judged once
    std::size_t index = 0;  // of the one that is judged
    MessageVerdict verdict{};
    Judgement mildest{};  // without its verdict
    std::size_t mildest_index = 0;
    PutAside put_aside = PutAside::no;
    std::vector<DnsEvidence> evidence{};  // of all of them, each once
    std::vector<StateEvidence> state{};   // likewise
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
  [[nodiscard]] bool redirects() const { return served_.needs.has(ActionKind::redirect); }
  bool take_recipient(Verdict& verdict);
  [[nodiscard]] JudgedRecipients judged_recipients() const;
  Next conclude(Judgement&& judgement);
  [[nodiscard]] Next answer(MilterReply reply = {}, const Judgement* decided = nullptr) const;
  [[nodiscard]] MilterReply answer_at(Step step, MilterReply reply) const;

  std::shared_ptr<const Snapshot> rules_;
  Tokens tokens_;
  config::RefuseClients refuse_clients_ = config::RefuseClients::at_mail;
  MixedRecipients mixed_ = MixedRecipients::split;
  Negotiated agreed_;                  // with the MTA, for the whole connection
  Negotiated served_;                  // what rules_ would have agreed on: no more than that
  std::uint64_t connected_under_ = 0;  // the generation that judged the client
  Time now_;                           // of the last RCPT
  std::string told_recipient_;         // of the last RCPT, as the MTA told of it
  Lost lost_ = Lost::nothing;
  SessionState state_;
  std::optional<Refusal> refused_at_connect_;
  std::optional<Refusal> refused_at_helo_;
  MessageGroup group_;
  EndOfMessageActions actions_;
  MessageEffects effects_;
  ConditionMemory conditions_;  // of the message, by rules_
  EachRecipient each_;
  Judgement decided_;
};

}  // namespace postern::milter
