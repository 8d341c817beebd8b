// Counts how often each rule and each entry has decided since the start. Survives reloads: a rule
// is known by its name, an entry by its list and text. Bounded in memory. All threads share it, and
// any thread may call any function.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/utc_date.h"
#include "rules/model/verdict.h"
#include "server/service/decision_counts.h"

namespace postern::service {

struct HitCount {
  std::uint64_t hits = 0;
  UtcTime last;
};

class Hits {
 public:
  // Entries that are told apart; those that come later are only counted with their rule.
  static constexpr std::size_t kMaxEntries = 100000;
  // Rules that are told apart, over all generations; those that come later are not counted.
  static constexpr std::size_t kMaxRules = 10000;

  Hits() = default;
  Hits(const Hits&) = delete;
  Hits& operator=(const Hits&) = delete;

  // Counts what a verdict names: the rule that decided and its entry, rules that acted without
  // deciding (`also`), rules in mode `log` that would have acted. Each once, however much it did.
  void record(const Verdict& verdict, UtcTime now);

  // The same decision for the metrics, in their classes.
  void record(Stage stage, const Verdict& verdict, std::chrono::microseconds took) {
    counts_.count(stage, verdict, took);
  }
  [[nodiscard]] const DecisionCounts& counts() const { return counts_; }

  // Counts a message of whose header more came than is kept (MessageHeader::cut).
  void record_cut_header() { cut_headers_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t cut_headers() const {
    return cut_headers_.load(std::memory_order_relaxed);
  }

  // Counts a message that was to be redirected or copied, with an MTA that cannot.
  void record_not_captured() { not_captured_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t not_captured() const {
    return not_captured_.load(std::memory_order_relaxed);
  }

  struct RuleHits {
    HitCount acted;  // decided, or acted without deciding
    HitCount would;  // in mode `log`
  };
  // All that were ever hit, also of rules that are gone.
  [[nodiscard]] std::map<std::string, RuleHits> rules() const;

  struct EntryHits {
    std::string list;
    std::string entry;  // as List::entry_text() gives it
    HitCount count;
  };
  [[nodiscard]] std::vector<EntryHits> entries() const;
  [[nodiscard]] std::uint64_t decisions() const {
    return decisions_.load(std::memory_order_relaxed);
  }
  // Those of them that had taken all that they may (Verdict::cut_short).
  [[nodiscard]] std::uint64_t cut_short() const {
    return cut_short_.load(std::memory_order_relaxed);
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct EntryKey {  // views into EntryHits of entries_
    std::string_view list;
    std::string_view entry;
    friend bool operator==(const EntryKey&, const EntryKey&) = default;
  };
  struct EntryHash {
    std::size_t operator()(const EntryKey& key) const noexcept {
      return std::hash<std::string_view>{}(key.entry) * 31 +
             std::hash<std::string_view>{}(key.list);
    }
  };

  void record_rules(const Verdict& verdict, UtcTime now);
  RuleHits* hits_of(std::string_view rule);
  void record_entry(const MatchedEntry& entry, UtcTime now);

  DecisionCounts counts_;
  std::atomic<std::uint64_t> decisions_{0};
  std::atomic<std::uint64_t> cut_headers_{0};
  std::atomic<std::uint64_t> not_captured_{0};
  std::atomic<std::uint64_t> cut_short_{0};
  // Guards what follows.
  mutable std::mutex mutex_;
  std::unordered_map<std::string, RuleHits, TextHash, std::equal_to<>> rules_;
  // What is in it never moves, and its texts never change: entries() reads them without the lock.
  std::deque<EntryHits> entries_;
  std::unordered_map<EntryKey, HitCount*, EntryHash> by_text_;
};

}  // namespace postern::service
