// What `posternctl report` counts in the lines of a log. Bounded in memory, however long the log
// is. Pure; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/log/log_entry.h"
#include "ctl/report/top_counts.h"
#include "rules/model/action.h"
#include "rules/model/door.h"

namespace postern::report {

// The actions of a decision, in the order of the report.
inline constexpr std::array kDecisionActions{Disposition::pass,  Disposition::reject,
                                             Disposition::defer, Disposition::discard,
                                             Disposition::hold,  Disposition::redirect};
using ActionCounts = std::array<std::uint64_t, kDecisionActions.size()>;

// From a second (on) to another (not included); all of it without.
struct ReportWindow {
  std::optional<UtcTime> from;
  std::optional<UtcTime> to;
  [[nodiscard]] bool is_open() const { return !from && !to; }
  [[nodiscard]] bool contains(UtcTime time) const {
    return (!from || time >= *from) && (!to || time < *to);
  }
};

struct SlowDecision {
  std::uint64_t microseconds = 0;
  std::optional<UtcTime> time;
  std::string stage;
  std::string client;
  std::string sender_domain;
  std::string dns;
};

struct RuleTotals {
  ActionCounts decided{};
  std::uint64_t also = 0;  // acted without deciding
};

class ReportCounts {
 public:
  static constexpr std::size_t kMaxRules = 10000;
  static constexpr std::size_t kMaxSlow = 100;
  static constexpr std::uint64_t kSlowMicroseconds = 1000000;

  explicit ReportCounts(ReportWindow window) : window_(window) {}

  // `line`: the entry, as it stands in the log.
  void add(const ctl::LogEntry& entry, std::string_view line);
  // A line that was not read at all, because it is longer than any.
  void add_overlong() { ++unreadable; }

  // Lines.
  std::uint64_t decision_lines = 0;
  std::uint64_t sampled_lines = 0;  // of these, such that stand for several passes
  std::uint64_t foreign = 0;
  std::uint64_t unreadable = 0;
  // Not counted further, because nothing says that Postern has written them; the first of each.
  std::uint64_t untrusted = 0;  // with a decision
  std::string first_untrusted;
  std::uint64_t unknown = 0;  // of no log that is known
  std::string first_unknown;
  std::uint64_t without_time = 0;  // decisions that were left out: nobody knows when they were made
  std::uint64_t errors = 0;        // other lines of Postern's, by level
  std::uint64_t warnings = 0;
  std::optional<UtcTime> first;
  std::optional<UtcTime> last;

  // Decisions. One that was chosen out of a hundred passes counts as a hundred.
  std::uint64_t decisions = 0;
  std::array<ActionCounts, 2> by_door{};  // policy, milter
  std::map<std::string, RuleTotals, std::less<>> rules;
  std::uint64_t rules_not_told_apart = 0;  // hits of rules beyond kMaxRules
  TopCounts would;                         // `rule: action`
  TopCounts findings;                      // `check finding`
  TopCounts refused_domains;
  TopCounts refused_clients;
  std::uint64_t deferred_for_dns = 0;
  TopCounts dns_domains;
  TopCounts dns_reasons;
  TopCounts discarded_domains;
  std::uint64_t delayed = 0;
  std::chrono::milliseconds longest_delay{0};
  std::uint64_t slow = 0;
  std::vector<SlowDecision> slowest;  // longest first, at most kMaxSlow

 private:
  void add_decision(const ctl::LogEntry& entry);
  void add_message(const ctl::LogEntry& entry);
  void add_to_rules(const ctl::LogFields& fields, std::size_t action, std::uint64_t times);
  RuleTotals* totals_of(std::string_view rule);
  void add_refused(const ctl::LogFields& fields, std::string_view domain);
  void add_deferred(const ctl::LogFields& fields, std::string_view domain);
  void add_time(const ctl::LogEntry& entry, const std::string& domain);

  ReportWindow window_;
};

}  // namespace postern::report
