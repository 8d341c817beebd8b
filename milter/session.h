// One SMTP session of the MTA: decides at each stage, and remembers what is to be said or done
// later. Blocks: a decision that lacks facts waits for them, a greeting that is held back sleeps.
//
// libmilter calls from one thread at a time, but not always from the same one. Calls may come in
// any order; what has not been told is not known.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/os/log.h"
#include "common/os/peer_warnings.h"
#include "common/resolver/domain_shares.h"
#include "common/resolver/resolver.h"
#include "milter/end_of_message_actions.h"
#include "milter/message_group.h"
#include "milter/negotiation.h"
#include "milter/reply.h"
#include "milter/session_state.h"
#include "milter/stop_flag.h"
#include "milter/worker_wakeup.h"
#include "rules/decision.h"
#include "server/config/live_settings.h"
#include "server/config/settings.h"
#include "server/config/snapshot_store.h"
#include "server/service/capacity.h"
#include "server/service/decision_log.h"
#include "server/service/decision_time.h"
#include "server/service/greeting_delay.h"
#include "server/service/hits.h"
#include "server/service/message_budget.h"

namespace postern::milter {

// What all sessions share. Everything outlives them.
struct MilterServices {
  const config::LiveSettings& settings;
  ListenAddress::Kind transport;  // of the listening socket
  config::SnapshotStore& snapshots;
  service::Hits& hits;
  FactSource& facts;
  resolver::Resolver& resolver;
  boost::asio::any_io_executor executor;  // the resolver's
  service::GreetingDelay& delays;
  service::Capacity& sessions;      // milter.max_connections
  resolver::DomainShares& waiting;  // milter.max_waiting, by sender domains
  WorkerWakeup& wakeup;             // to be told of every wait
  StopFlag& stopping;
  os::DaemonLog& log;
  service::DecisionLog& decisions;
  os::PeerWarnings& warnings;
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
  // Whether rules may have something to say at this stage.
  [[nodiscard]] bool answers(Stage stage) const { return served_.answers.contains(stage); }
  // The steps that the MTA was asked to leave out (SMFIP_).
  [[nodiscard]] unsigned long agreed_steps() const { return agreed_.steps; }

  MilterReply connect(std::string_view name, const std::optional<IpAddress>& client,
                      std::string_view ptr);
  MilterReply helo(std::string_view name);
  MilterReply mail(std::string_view sender, const MailMacros& macros);
  MilterReply rcpt(std::string_view recipient, RecipientState state, std::string_view queue_id,
                   MtaReading reading = std::nullopt);
  MilterReply data(std::string_view queue_id);
  void header(std::string_view name, std::string_view value);
  MilterReply end_of_message(std::string_view queue_id);
  // What is to be done to the message. After end_of_message() that proceeds.
  [[nodiscard]] const EndOfMessageActions& actions() const { return actions_; }
  // The message is over, sent or not.
  void end_message();

  // A step at which the MTA waits for no answer was lost, or what it told was, for want of memory.
  // What it told would be missing: until the message or the session is over, the MTA hears of a
  // temporary failure.
  enum class Lost : std::uint8_t { nothing, message, session };
  void lose(Lost what) { lost_ = std::max(lost_, what); }
  [[nodiscard]] bool has_lost_a_step() const { return lost_ != Lost::nothing; }

 private:
  using Clock = std::chrono::steady_clock;

  // When a callback began, and when its decision has to be made.
  struct Span {
    Clock::time_point began;
    Clock::time_point deadline;
    service::DecisionTime time;
  };
  struct Judgement {
    Verdict verdict;
    std::vector<DnsEvidence> evidence;
    std::chrono::microseconds took{0};
  };
  // A refusal that the client hears of later; with the rules that its verdict points into.
  struct Refusal {
    Judgement judgement;
    std::shared_ptr<const Snapshot> snapshot;
  };

  void forget_message();
  void account_for_message();
  void adopt_rules();
  void serve(const Negotiated& wanted);
  [[nodiscard]] Result<Negotiated> negotiate_for(const Snapshot& snapshot,
                                                 const MilterOffer& offer) const;
  [[nodiscard]] Span span_from_now() const;
  Judgement judge(Span& span);
  Judgement judge_now();
  [[nodiscard]] bool decides_now() const;
  Judgement judge_message();
  [[nodiscard]] bool splits() const;
  bool take_recipient(Verdict& verdict);
  MilterReply conclude(const Judgement& judgement);
  MilterReply refuse_client(const Judgement& judgement, std::optional<Refusal>& refusal);
  void hold_back(std::chrono::milliseconds delay);
  void record_decision(const Judgement& judgement) const;

  const MilterServices& services_;
  std::optional<service::Capacity::Place> place_;
  std::optional<MilterOffer> offer_;  // without one the session is not judged
  // The setting as it was when the session began, for all of it: the negotiation went by it.
  config::RefuseClients refuse_clients_ = config::RefuseClients::at_mail;
  Negotiated agreed_;              // with the MTA, for the whole connection
  Negotiated served_;              // what snapshot_ would have agreed on: no more than that
  std::uint64_t turned_down_ = 0;  // the generation that needs more
  SessionState state_;
  service::MessageBudget::Share kept_;  // by state_
  EndOfMessageActions actions_;
  MessageGroup group_;
  MixedRecipients mixed_ = MixedRecipients::split;  // of the message
  ConditionMemory judged_;                          // of the message, by snapshot_
  std::shared_ptr<const Snapshot> snapshot_;        // of the connection, then of each message
  std::uint64_t connected_under_ = 0;               // the generation that judged the client
  std::optional<Refusal> refused_at_connect_;
  std::optional<Refusal> refused_at_helo_;
  Lost lost_ = Lost::nothing;
};

}  // namespace postern::milter
