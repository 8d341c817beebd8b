// Whether the rules that were in force, replayed, come to what the journal says: without that no
// other difference is to be believed. The rules are those of the kept generations. Blocks on files;
// one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/journal/record.h"
#include "rules/replay/recorded.h"
#include "server/config/generation_store.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct AsRecordedCounts {
  static constexpr std::size_t kMaxShown = 10;

  std::uint64_t same = 0;
  std::uint64_t other = 0;                          // a fault of Postern's
  std::vector<std::string> others;                  // the first of them
  std::map<std::string, std::uint64_t> incomplete;  // by what is missing in the record
  std::map<std::uint64_t, std::uint64_t> not_kept;  // by generation
};

class AsRecorded {
 public:
  explicit AsRecorded(config::Settings settings);

  // `fingerprint` is that of the generation, as the journal has it; empty: it does not. The needs
  // of its rules, valid until the next call; null: they are not kept.
  const Needs* add(const journal::JournalRecord& record, const std::string& fingerprint);

  [[nodiscard]] const AsRecordedCounts& counts() const { return counts_; }

 private:
  // Generations follow one another; a large list in each takes memory.
  static constexpr std::size_t kKept = 4;
  struct Own {
    std::uint64_t generation = 0;
    Door door = Door::policy;
    std::unique_ptr<replay::Judge> judge;  // null: the rules are not kept
  };

  replay::Judge* judge_of(const journal::JournalRecord& record, const std::string& fingerprint);
  [[nodiscard]] std::shared_ptr<const Snapshot> rules_of(std::uint64_t generation, Door door,
                                                         const std::string& fingerprint) const;

  config::Settings settings_;
  std::optional<config::GenerationStore> store_;
  replay::RecordedFacts facts_;
  std::deque<Own> own_;
  AsRecordedCounts counts_;
};

}  // namespace postern::ctl
