// Finds the decision that a clue is about among the lines of a log. Pure; every byte is hostile.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/log/log_time.h"
#include "ctl/why/clue.h"

namespace postern::ctl {

// One of these stands in every line of a decision that the clue can be about. Empty: it says too
// little to look for.
std::vector<std::string> needles_of(const Clue& clue);

struct FoundDecision {
  LogFields fields;
  std::optional<UtcTime> time;
  std::string log;       // the file, or `the journal`
  bool trusted = false;  // whether the front of the line says that Postern has written it
};

class DecisionSearch {
 public:
  // Decisions further than this from the time that a clue tells are about another mail.
  static constexpr std::chrono::hours kApart{1};

  // `clue` and `calendar` outlive it.
  DecisionSearch(const Clue& clue, const LogCalendar& calendar);

  // A line of the log, in any order.
  void add(std::string_view line, const std::string& log);

  // The one that fits best; of those that fit alike that which is nearest in time, else the latest.
  [[nodiscard]] const std::optional<FoundDecision>& best() const { return best_; }
  // Others, of other messages, that have the id of the clue: tokens are short.
  [[nodiscard]] std::vector<FoundDecision> alike() const;

 private:
  // Nothing: it is about another mail.
  [[nodiscard]] std::optional<int> fit(const FoundDecision& decision) const;
  [[nodiscard]] bool is_nearer(const FoundDecision& one, const FoundDecision& other) const;
  void keep_alike(FoundDecision decision);

  const Clue& clue_;
  const LogCalendar& calendar_;
  std::vector<std::string> senders_;
  std::vector<std::string> recipients_;
  std::optional<FoundDecision> best_;
  int best_fit_ = 0;
  std::vector<FoundDecision> alike_;
};

}  // namespace postern::ctl
