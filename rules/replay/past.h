// A decision of the past, as a log or a record tells of it. Values; pure.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>

#include "common/base/utc_date.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"

namespace postern::replay {

// What becomes of a recipient or a message.
struct Outcome {
  Disposition action = Disposition::pass;
  int code = 0;  // of a refusal, as SMTP has it; 0: none, or not told

  // What was not told differs from nothing.
  [[nodiscard]] bool is_as(const Outcome& other) const {
    return action == other.action && (code == other.code || code == 0 || other.code == 0);
  }
  [[nodiscard]] bool is_accepted() const { return action <= Disposition::redirect; }
  // Nobody can get it any more, and no other try brings it.
  [[nodiscard]] bool is_lost() const {
    return action == Disposition::reject || action == Disposition::discard;
  }
  friend auto operator<=>(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(const Verdict& verdict);

// `reject 550`, `pass`
std::string to_string(const Outcome& outcome);

// Whether both doors write the same of them onto the wire.
bool is_same_reply(std::string_view one, std::string_view other);

// Of each door, where it has a name for the message, and where it has none yet (Postfix at MAIL).
inline constexpr std::size_t kTellers = 4;

struct Past {
  UtcTime time;
  // At the last stage of which something is told, with what is not in the log among `untold`.
  Transaction transaction;
  Outcome outcome;
  std::string message;     // equal for the recipients of one message
  std::size_t teller = 0;  // who calls it so: below kTellers; others call it otherwise
  std::optional<std::string> reply = std::nullopt;  // of a refusal, when it is known
};

}  // namespace postern::replay
