// What a rule does when it matches. A closed set of values; what each becomes on the wire is the
// doors' business (and which of them is possible where is in wire_table.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "rules/model/reply.h"

namespace postern {

inline constexpr std::size_t kMaxMtaLogText = 100;   // Postfix cuts a quarantine reason there
inline constexpr std::size_t kMaxHeaderValue = 900;  // below RFC 5322's 998 with name and blank

// Final ones: the first of these decides.
struct Pass {
  friend bool operator==(const Pass&, const Pass&) = default;
};
struct Reject {
  SmtpReply reply;
  friend bool operator==(const Reject&, const Reject&) = default;
};
struct Defer {
  SmtpReply reply;
  friend bool operator==(const Defer&, const Defer&) = default;
};
struct Discard {
  std::string text;  // for the MTA's log; may be empty
  friend bool operator==(const Discard&, const Discard&) = default;
};
struct Hold {
  std::string text;  // for the MTA's log; may be empty
  friend bool operator==(const Hold&, const Hold&) = default;
};

// Not final: evaluation goes on.
struct Skip {
  std::vector<std::string> names;  // checks and rules that the rest of the file does without
  friend bool operator==(const Skip&, const Skip&) = default;
};
struct Delay {
  std::chrono::milliseconds time{0};
  friend bool operator==(const Delay&, const Delay&) = default;
};
struct Prepend {
  std::string name;  // RFC 5322 field name
  std::string value;
  friend bool operator==(const Prepend&, const Prepend&) = default;
};
struct Log {
  std::string text;  // may be empty
  friend bool operator==(const Log&, const Log&) = default;
};

using Action = std::variant<Pass, Reject, Defer, Discard, Hold, Skip, Delay, Prepend, Log>;

// The alternatives of Action, in its order, as a word: the same in rule files, logs and metrics.
enum class ActionKind : std::uint8_t {
  pass,
  reject,
  defer,
  discard,
  hold,
  skip,
  delay,
  prepend,
  log
};

inline constexpr std::size_t kActionKinds = 9;

ActionKind kind_of(const Action& action);
bool is_final(ActionKind kind);
// Whether it keeps a message from what stands below without refusing it: pass, hold, skip.
bool spares(ActionKind kind);
std::string_view to_string(ActionKind kind);

// One action as it is written in a rule file: `reject 550 5.7.1 "text"`, `delay 6s`,
// `skip sender_mx`, `prepend "Header: value"`.
// Errors: an unknown verb, a missing or impossible argument.
Result<Action> parse_action(std::string_view text);

}  // namespace postern
