// One SMTP session of the MTA in the daemon. It drives a dialogue, which says what is judged and
// answered; the session itself judges, writes the log, counts, and keeps to the budgets. It blocks:
// a decision waits for the facts that it lacks, and a delayed greeting sleeps.
//
// libmilter's connection owns it, and calls it from one thread at a time, but not always from the
// same one. Calls may come in any order.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/resolver/domain_shares.h"
#include "milter/dialogue.h"
#include "milter/negotiation.h"
#include "milter/reply.h"
#include "milter/stop_flag.h"
#include "milter/worker_wakeup.h"
#include "server/service/capacity.h"
#include "server/service/decision_service.h"
#include "server/service/decision_time.h"
#include "server/service/message_budget.h"

namespace postern::milter {

// What all sessions share. Everything outlives them.
struct MilterServices {
  service::DecisionService& service;
  boost::asio::any_io_executor executor;  // the resolver's
  ListenAddress::Kind transport;          // of the listening socket
  service::Capacity& sessions;            // milter.max_connections
  resolver::DomainShares& waiting;        // milter.max_waiting, by askers
  WorkerWakeup& wakeup;                   // needs to know of every wait
  StopFlag& stopping;
  service::MessageBudget& messages;
};

class MilterSession {
 public:
  explicit MilterSession(const MilterServices& services);

  // Negotiates the connection. Error: the daemon stops, has too many sessions, or the MTA does not
  // offer what the rules need; the MTA then goes on without this filter, as it is configured to.
  Result<Negotiated> begin(const MilterOffer& offer);
  // Begins without a negotiation, or after the MTA has ended the negotiated session. This session
  // takes no place among the others and is not judged, because it is not known which steps the MTA
  // reports and where it waits for an answer.
  void begin_unasked();
  MilterReply connect(std::string_view name, const std::optional<IpAddress>& client,
                      std::string_view ptr);
  MilterReply helo(std::string_view name);
  MilterReply mail(std::string_view sender, const MailMacros& macros);
  MilterReply rcpt(std::string_view recipient, RecipientState state, std::string_view queue_id,
                   MtaReading reading = std::nullopt);
  MilterReply data(std::string_view queue_id);
  MilterReply header(std::string_view name, std::string_view value);
  MilterReply end_of_header() { return dialogue_.end_of_header(); }
  // After it, the dialogue's actions() say what is done to the message.
  MilterReply end_of_message(std::string_view queue_id);
  // Ends the message, sent or not.
  void end_message();
  // The step failed because there was no memory. The reply is the one for that.
  MilterReply lose_step(Step step) { return dialogue_.lose_step(step); }

  [[nodiscard]] const Dialogue& dialogue() const { return dialogue_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Judgement = Dialogue::Judgement;

  // When a callback began, and when its decision has to be made.
  struct Span {
    Clock::time_point began;
    Clock::time_point deadline;
    service::DecisionTime time;
  };

  void adopt_rules();
  [[nodiscard]] Span span_from_now() const;
  MilterReply answer(Dialogue::Next next);
  Judgement judge(Span& span);
  void wait_for(Decision& decision, const MessageFacts& facts, Clock::time_point deadline);
  [[nodiscard]] Judged judged_as(const Judgement& decided) const;
  MilterReply within_budget(Step step, MilterReply reply);
  void hold_back(std::chrono::milliseconds delay);

  const MilterServices& services_;
  service::DecisionService& service_;
  service::Capacity::Permit permit_;
  std::optional<MilterOffer> offer_;  // without one the session is not judged
  std::uint64_t turned_down_ = 0;     // the generation that needs more than was agreed on
  Dialogue dialogue_;
  service::MessageBudget::Share kept_;  // by dialogue_
};

}  // namespace postern::milter
