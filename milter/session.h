// One SMTP session of the MTA: decides at each stage, and remembers what is to be said or done
// later. Blocks: a decision that lacks facts waits for them, a greeting that is held back sleeps.
//
// libmilter calls from one thread at a time, but not always from the same one. Calls may come in
// any order; what has not been told is not known.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/io/log.h"
#include "common/io/resolver.h"
#include "common/settings.h"
#include "milter/conversation.h"
#include "milter/message_effects.h"
#include "milter/negotiation.h"
#include "milter/reply.h"
#include "milter/stop_flag.h"
#include "rules/decision.h"
#include "rules/io/capacity.h"
#include "rules/io/greeting_delay.h"
#include "rules/io/snapshot_store.h"

namespace postern {

// What all sessions share. Everything outlives them.
struct MilterServices {
  const Settings& settings;
  SnapshotStore& snapshots;
  FactSource& facts;
  Resolver& resolver;
  boost::asio::any_io_executor executor;  // the resolver's
  GreetingDelay& delays;
  Capacity& sessions;  // settings.milter.max_connections
  Capacity& waiting;   // settings.milter.max_waiting
  StopFlag& stopping;
  DaemonLog& log;
};

class MilterSession {
 public:
  explicit MilterSession(const MilterServices& services);

  // What the connection is to be. Error: the MTA has to do without this filter, as its own
  // configuration says: too many sessions, stopping, or an MTA that cannot do what the rules need.
  Result<Negotiated> begin(const MilterOffer& offer);
  // The same for a connection that goes on with what was agreed before, which nobody remembers.
  void begin_unasked();
  // Whether the MTA waits for an answer at this stage.
  [[nodiscard]] bool answers(Stage stage) const { return negotiated_.answers.contains(stage); }
  // Whether it is sure that the MTA waits for none where answers() says so.
  [[nodiscard]] bool is_agreed() const { return agreed_; }

  MilterReply connect(std::string_view name, const std::optional<IpAddress>& client,
                      std::string_view ptr);
  MilterReply helo(std::string_view name);
  MilterReply mail(std::string_view sender, const MailMacros& macros);
  MilterReply rcpt(std::string_view recipient, RecipientState state, std::string_view queue_id);
  MilterReply data(std::string_view queue_id);
  void header(std::string_view name, std::string_view value);
  MilterReply end_of_message(std::string_view queue_id);
  // What is to be done to the message. After end_of_message() that proceeds.
  [[nodiscard]] const MessageEffects& effects() const { return effects_; }
  // The message is over, sent or not.
  void end_message();

 private:
  using Clock = std::chrono::steady_clock;

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

  void adopt_rules();
  Judgement judge(Clock::time_point began);
  Judgement judge_message();
  MilterReply conclude(const Judgement& judgement);
  MilterReply refuse_client(const Judgement& judgement, std::optional<Refusal>& refusal);
  void hold_back(std::chrono::milliseconds delay);
  void log_decision(const Judgement& judgement) const;

  const MilterServices& services_;
  std::optional<Capacity::Place> place_;
  Negotiated negotiated_;
  bool agreed_ = false;
  Conversation conversation_;
  MessageEffects effects_;
  std::shared_ptr<const Snapshot> snapshot_;  // of the connection, then of each message
  std::optional<Refusal> refused_at_connect_;
  std::optional<Refusal> refused_at_helo_;
};

}  // namespace postern
