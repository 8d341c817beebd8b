// One SMTP session of the MTA: drives its dialogue, which says what is judged and answered. Judges,
// writes the log, counts, and keeps to the budgets. Blocks: a decision that lacks facts waits for
// them, a greeting that is held back sleeps.
//
// libmilter calls from one thread at a time, but not always from the same one. Calls may come in
// any order; what has not been told is not known.
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
  resolver::DomainShares& waiting;        // milter.max_waiting, by sender domains
  WorkerWakeup& wakeup;                   // to be told of every wait
  StopFlag& stopping;
  service::MessageBudget& messages;
};

class MilterSession {
 public:
  explicit MilterSession(const MilterServices& services);

  // What the connection is to be. Error: the MTA has to do without this filter, as its own
  // configuration says: too many sessions, stopping, or an MTA that cannot do what the rules need.
  Result<Negotiated> begin(const MilterOffer& offer);
  // The same where nothing is negotiated, or what was is forgotten: the session takes no place and
  // is not judged, because nobody knows what it will be told and where an answer is awaited.
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
  // What is to be done to the message is then in the dialogue's actions().
  MilterReply end_of_message(std::string_view queue_id);
  // The message is over, sent or not.
  void end_message();
  // The step failed, for want of memory.
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
