// A candidate beside the rules in force (posternctl shadow): judges, on threads of its own, what
// these have decided, and counts where it differs. Whoever decides never waits for it: a decision
// for which there is no room is left out and counted. It writes nothing, asks DNS nothing unless it
// is told to, and what goes wrong in it is counted and said once.
//
// Takes kBytes at most (with DNS kShadowCacheBytes more), beside the rules and lists of the
// candidate; a list whose text is that of one in force is shared with it. Any thread may call any
// function.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/utc_date.h"
#include "common/os/log.h"
#include "rules/explain/decision_line.h"
#include "rules/shadow/findings.h"
#include "server/config/in_force.h"
#include "server/journal/record_queue.h"
#include "server/service/shadow_dns.h"

namespace postern::service {

class Shadow {
 public:
  static constexpr std::size_t kMaxRecords = 1024;  // that wait
  static constexpr std::size_t kBytes = std::size_t{32} << 20;
  // Of them, for records: those that wait, and as many that are judged.
  static constexpr std::size_t kRecordBytes = std::size_t{24} << 20;

  struct Parts {
    std::string file = {};  // of the rules
    std::shared_ptr<const Snapshot> rules;
    std::string fingerprint = {};       // over the files, as Reloader::fingerprint()
    std::string live_fingerprint = {};  // of the rules that were in force at the start
    UtcTime since = {};
    // Asks for what the rules in force did not; null: nobody does.
    std::unique_ptr<ShadowDns> dns = {};
    // All outlive it.
    const config::SnapshotStore& live;
    const config::LiveSettings& settings;
    os::DaemonLog& log;
    std::size_t max_records = kMaxRecords;
    std::chrono::milliseconds gather = journal::RecordQueue::kGather;
  };
  explicit Shadow(Parts parts);
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;
  ~Shadow();

  void record(const explain::DecisionRecord& decision) noexcept;

  [[nodiscard]] const Parts& parts() const { return parts_; }
  // What the findings add up to, which costs next to nothing.
  struct Sums {
    std::uint64_t offered = 0;  // decisions; some of them may wait
    shadow::Counts counts{};    // what was compared
    std::uint64_t dropped = 0;  // decisions that were left out
    std::uint64_t failed = 0;   // in which something went wrong
  };
  [[nodiscard]] Sums sums() const;
  struct Status {
    shadow::Findings findings;
    Sums sums;
    std::string failure;  // the last one
  };
  [[nodiscard]] Status status() const;

 private:
  using RuleNeeds = std::shared_ptr<const Needs>;

  void run();
  void judge_all(std::size_t count);
  void judge(shadow::Candidate& candidate, journal::JournalRecord& record);
  void compare(shadow::Candidate& candidate, journal::JournalRecord& record);
  RuleNeeds needs_of(std::uint64_t generation);
  void note_failure(const char* what) noexcept;

  const Parts parts_;
  journal::RecordQueue queue_;
  std::atomic<bool> ends_{false};
  std::atomic<std::uint64_t> offered_{0};

  mutable std::mutex mutex_;  // guards these
  shadow::Findings findings_;
  std::uint64_t failed_ = 0;
  std::string failure_;
  std::map<std::uint64_t, RuleNeeds> needs_;  // by generation, of the latest rules in force

  // Of the thread: one for each that judges at a time.
  std::vector<std::unique_ptr<shadow::Candidate>> candidates_;
  std::vector<journal::JournalRecord> batch_;
  std::thread thread_;  // last: it uses all the others
};

// `/etc/postern/new.yaml: 1200 decisions compared, 12 differ`, for the log.
std::string sum_of(const Shadow& shadow);

}  // namespace postern::service
