// What a candidate comes to otherwise than the rules in force: counted, and the newest of it kept
// as examples. Bounded in memory, however long it runs and whatever comes. Pure; one thread at a
// time.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "rules/shadow/candidate.h"

namespace postern::shadow {

// Decisions that differ alike, or that are undecided for one reason.
struct Row {
  Kind kind = Kind::same;
  replay::Outcome live;
  replay::Outcome candidate;
  std::string live_rule;  // empty: none decided
  std::string rule;
  std::string needs;  // of undecided
  friend auto operator<=>(const Row&, const Row&) = default;
};

struct Example {
  std::uint64_t number = 0;  // counts up by one, over all kinds
  journal::JournalTime time;
  Stage stage = Stage::connect;
  std::string client;
  std::string client_name;
  std::string sender;  // empty: the null sender, or not known yet
  std::string recipient;
  std::string queue_id;
  Row row;
  // By which the candidate decides: `lists/campaign.txt:3`, and the entry; empty: by none.
  std::string place;
  std::string entry;
};

// Whether a message has been seen lately.
class RecentMessages {
 public:
  static constexpr std::size_t kMost = 4096;

  // Notes it. False: it was noted already.
  bool add(std::size_t hash);

 private:
  std::unordered_set<std::size_t> known_;
  std::deque<std::size_t> order_;
};

struct Count {
  std::uint64_t decisions = 0;
  std::uint64_t messages = 0;  // each once, among the last RecentMessages::kMost
};
using Counts = std::array<Count, std::size(kKinds)>;  // by Kind
std::uint64_t decisions_in(const Counts& counts);
// Those that differ.
std::uint64_t differences_in(const Counts& counts);

class Findings {
 public:
  // What differs further is counted under the name kOthers in the place of the rules.
  static constexpr std::size_t kMaxRows = 500;
  static constexpr const char* kOthers = "*";
  static constexpr std::size_t kExamples = 50;  // of each kind
  static constexpr std::size_t kMaxText = 256;  // bytes of each text from outside

  void add(const Comparison& found, const journal::JournalRecord& record);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::map<Row, std::uint64_t>& rows() const { return rows_; }
  // The newest first.
  [[nodiscard]] std::vector<Example> examples() const;

 private:
  void keep(const Row& row, const MatchedEntry& entry, const journal::JournalRecord& record);

  Counts counts_{};
  std::map<Row, std::uint64_t> rows_;
  std::array<std::deque<Example>, std::size(kKinds)> examples_;
  std::uint64_t last_example_ = 0;
  RecentMessages messages_;
};

}  // namespace postern::shadow
