// What a rule does when it matches: a closed set of values, and one table with all there is to know
// of each. What an action becomes on the wire is the doors' business. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/mail_address.h"
#include "common/base/result.h"
#include "rules/model/door.h"
#include "rules/model/reply.h"
#include "rules/model/stage.h"

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
struct Redirect {
  MailAddress to;  // of a domain of `capture_domains`
  friend bool operator==(const Redirect&, const Redirect&) = default;
};

// Not final: evaluation goes on.
struct Skip {
  std::vector<std::string> names;  // checks and rules that the rest of the file does without
  friend bool operator==(const Skip&, const Skip&) = default;
};
// From here on what refuses defers.
struct Soften {
  friend bool operator==(const Soften&, const Soften&) = default;
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
struct Copy {
  MailAddress to;  // of a domain of `capture_domains`
  friend bool operator==(const Copy&, const Copy&) = default;
};
struct Log {
  std::string text;  // may be empty
  friend bool operator==(const Log&, const Log&) = default;
};

using Action = std::variant<Pass, Reject, Defer, Discard, Hold, Redirect, Skip, Soften, Delay,
                            Prepend, Copy, Log>;

// The alternatives of Action, in its order, as a word: the same in rule files, logs and metrics.
enum class ActionKind : std::uint8_t {
  pass,
  reject,
  defer,
  discard,
  hold,
  redirect,
  skip,
  soften,
  delay,
  prepend,
  copy,
  log
};

inline constexpr std::size_t kActionKinds = std::variant_size_v<Action>;

inline ActionKind kind_of(const Action& action) {
  return static_cast<ActionKind>(action.index());
}

// What becomes of a recipient or a message, from mild to severe.
enum class Disposition : std::uint8_t { pass, hold, redirect, defer, reject, discard };

// At which stage each door can do it. A pair that is not among them is refused when the rule file
// is loaded, because the MTA would do something else in silence (DISCARD or HOLD at CONNECT:
// Postfix warns, and delivers).
struct ActionSupport {
  StageSet policy = StageSet::all();
  StageSet milter = StageSet::all();
  std::string_view why_limited{};  // empty: it always can
};

struct ActionInfo {
  enum class Argument : std::uint8_t { none, optional, required };
  ActionKind kind;
  std::string_view word;  // in rule files, logs, metrics and pages
  Argument argument;
  std::string_view form;   // of the argument, in pages: `TIME`
  std::string_view about;  // for people
  // Final ones have it: the first of them decides. Behind the others evaluation goes on.
  std::optional<Disposition> disposition;
  // Whether it keeps a message from what stands below, or from a part of it, without refusing it.
  bool spares;
  ActionSupport support;
  Result<Action> (*parse)(std::string_view argument);
};

// docs/actions.md shows it.
using ActionTable = std::array<ActionInfo, kActionKinds>;
const ActionTable& action_table();
const ActionInfo& info_of(ActionKind kind);

inline std::string_view to_string(ActionKind kind) {
  return info_of(kind).word;
}
inline bool is_final(ActionKind kind) {
  return info_of(kind).disposition.has_value();
}
inline bool spares(ActionKind kind) {
  return info_of(kind).spares;
}
inline std::string_view why_limited(ActionKind kind) {
  return info_of(kind).support.why_limited;
}

// The stages at which `door` can do it.
StageSet possible_stages(ActionKind kind, Door door);
// The stages at which each of `doors` can do it: what a rule may ask for that these can judge.
StageSet possible_stages(ActionKind kind, DoorSet doors);

ActionKind kind_of(Disposition disposition);
inline std::string_view to_string(Disposition disposition) {
  return to_string(kind_of(disposition));
}

// One action as it is written in a rule file: `reject 550 5.7.1 "text"`, `delay 6s`,
// `skip sender_mx`, `prepend "Header: value"`, `redirect user@domain`.
// Errors: an unknown verb, a missing or impossible argument.
Result<Action> parse_action(std::string_view text);

// What becomes of an action below a `soften`: reject and discard are a defer, any other is as it
// was. Of the code and the enhanced code of a reject the first digit is 4 (postconf(5):
// soft_bounce); a code other than 450, 451 and 452 (RFC 5321 4.3.2) is 450, so that none is 421,
// which ends the connection. A discard has the reply of a defer that says nothing else.
Action soften(const Action& action);

// To whom it sends the message: of redirect and copy. Null: the action is another one.
const MailAddress* capture_of(const Action& action);

// What parse_action() reads as this action.
std::string action_text(const Action& action);

}  // namespace postern
