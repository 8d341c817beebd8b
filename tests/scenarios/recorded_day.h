// A day of mail through both doors as strangers, users and partners send it, with reloads in it,
// judged by the doors' own dialogues and written by the daemons' journal. The same for the same
// seed. Time is the day's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "rules/decision.h"
#include "server/config/generation_store.h"
#include "server/config/in_force.h"
#include "server/journal/journal.h"
#include "tests/support/zone_map.h"

namespace postern {

// DNS as a cache has it: an answer of `zone`, known or asked for now, or given up.
class DayFacts : public FactSource {
 public:
  explicit DayFacts(ZoneMap zone) : zone_(std::move(zone)) {}

  // Of the next decision.
  void shuffle(std::uint64_t chance) { chance_ = chance; }
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override;
  // Brings the decision to its verdict.
  void settle(Decision& decision);

 private:
  [[nodiscard]] bool happens(const dns::DnsQuestion& question, unsigned percent) const;

  ZoneMap zone_;
  std::uint64_t chance_ = 0;
};

class RecordedDay {
 public:
  // The folder has `postern.yaml` with both doors and a state folder, and `state/journal`.
  RecordedDay(std::string folder, std::chrono::system_clock::time_point begin);
  ~RecordedDay();

  // At least so many decisions of both doors, over 24 hours, with a reload in each.
  void run(std::uint64_t decisions);
  // Writes what has come.
  void finish();

  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }
  [[nodiscard]] std::uint64_t messages_of_several() const { return several_; }
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Door;
  struct Mail;

  void reload(int hour);
  Mail mail();
  void through_policy_door(const Mail& mail);
  void through_milter(const Mail& mail);
  void tick() { now_ += step_; }
  void pace(Door& door);
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  std::string folder_;
  std::chrono::system_clock::time_point now_;
  std::chrono::microseconds step_{0};
  std::mt19937 random_{17};
  DayFacts facts_;
  config::GenerationStore generations_;
  std::unique_ptr<Door> policy_;
  std::unique_ptr<Door> milter_;
  std::uint64_t decisions_ = 0;
  std::uint64_t several_ = 0;
  std::uint64_t number_ = 0;  // of the message
};

}  // namespace postern
