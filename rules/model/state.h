// What Postern remembers of those who send mail: records of state as facts, and what a decision
// does to them as effects. Values; there is no clock in them: a store works out the durations, so
// the core needs none and hosts need not agree on the time.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/words.h"

namespace postern {

enum class StateKind : std::uint8_t { greylist, rate, distinct, seen };
inline constexpr Word<StateKind> kStateKinds[] = {{"greylist", StateKind::greylist},
                                                  {"rate", StateKind::rate},
                                                  {"distinct", StateKind::distinct},
                                                  {"seen", StateKind::seen}};

// Names a record. A store keeps a keyed hash of it in its place: no address of a person is in any.
struct StateKey {
  StateKind kind = StateKind::rate;
  std::string bucket;              // the name of the limit or rule that the record belongs to
  std::vector<std::string> parts;  // what it is about, normalised: lower case, networks
  friend auto operator<=>(const StateKey&, const StateKey&) = default;
};

// What is kept under a key, as of now. A duration below zero, after a clock was set back, is zero.
struct StateRecord {
  std::chrono::milliseconds since_first{0};
  std::chrono::milliseconds since_last{0};
  bool is_marked = false;     // greylist: has come through
  std::uint32_t members = 0;  // distinct: how many in the period, at most one more than the limit
  std::chrono::microseconds debt{0};  // rate: how far it is ahead of now (GCRA); 0: it is full
  friend bool operator==(const StateRecord&, const StateRecord&) = default;
};

struct StateFact {
  enum class Status : std::uint8_t { found, absent, unavailable } status = Status::unavailable;
  StateRecord record{};  // if found
  // What the message that is judged has done to it; no store knows (MessageFacts).
  enum class Done : std::uint8_t {
    nothing,
    for_others,  // for the message, or other recipients of it
    all,         // for this recipient
  } done = Done::nothing;
  friend bool operator==(const StateFact&, const StateFact&) = default;
};

inline constexpr Word<StateFact::Status> kStateStatuses[] = {
    {"found", StateFact::Status::found},
    {"absent", StateFact::Status::absent},
    {"unavailable", StateFact::Status::unavailable}};

inline constexpr Word<StateFact::Done> kStateDone[] = {{"nothing", StateFact::Done::nothing},
                                                       {"for_others", StateFact::Done::for_others},
                                                       {"all", StateFact::Done::all}};

struct StateEvidence {
  StateKey key;
  StateFact fact;
  friend bool operator==(const StateEvidence&, const StateEvidence&) = default;
};

// What an effect does. Touch, Mark and Add may be repeated freely; Take may not.
// First seen now, or seen again.
struct Touch {
  friend bool operator==(const Touch&, const Touch&) = default;
};
// Touch, and has come through.
struct Mark {
  friend bool operator==(const Mark&, const Mark&) = default;
};
// `units` out of a bucket that gets one back each `interval`: it is ahead of now by so much more.
struct Take {
  std::uint32_t units = 1;
  std::chrono::microseconds interval{0};
  friend bool operator==(const Take&, const Take&) = default;
};
// A member of the set of those that were seen in the last `period`; of more than `at_most`, which
// is kMaxMembers at most, the oldest go.
inline constexpr std::size_t kMaxMembers = 250;
struct Add {
  std::string member;
  std::chrono::seconds period{0};
  std::uint32_t at_most = 0;
  friend bool operator==(const Add&, const Add&) = default;
};

struct Effect {
  // on_pass: only if the message, or the recipient at RCPT, is let in.
  enum class When : std::uint8_t { always, on_pass };
  // Once for a message, or for each of its recipients, however often the MTA asks about it.
  enum class Per : std::uint8_t { message, recipient };

  StateKey key;
  std::variant<Touch, Mark, Take, Add> what;
  std::chrono::seconds keep{0};  // from then on; afterwards there is no record
  When when = When::on_pass;
  Per per = Per::message;
  friend bool operator==(const Effect&, const Effect&) = default;
};

}  // namespace postern
