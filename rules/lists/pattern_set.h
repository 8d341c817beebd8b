// The regular expressions of a list, in as few passes over the text as their cost allows. RE2:
// linear time whatever a person wrote. Built once; then any number of threads may ask.
//
// RE2 keeps what it finds out about texts (the states of a DFA), and strangers choose the texts. So
// that memory has a bound, which is shared out when a snapshot is built. An expression that stands
// alone gets little: without states it is ten times faster on texts that are made to be slow than
// with them, and as fast on others. Several are one RE2::Set, which can do nothing without states.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "rules/lists/entry_table.h"
#include "rules/model/work.h"

namespace postern::lists {

class PatternSet {
 public:
  // Of the steps (rules/model/work.h) that one pass over the longest text may take, in which nobody
  // can look at the time: what would take more together is several passes.
  static constexpr std::uint64_t kMaxSteps = std::uint64_t{32} << 20;

  // `longest`: bytes of a text that are looked at, of a longer one half of them at either end. What
  // matches there matches, whatever stands around it; `^` and `$` are the ends of the whole text.
  explicit PatternSet(std::size_t longest);
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;

  // Errors: an empty pattern, what RE2 says of a wrong one.
  Result<void> add(std::string_view pattern, EntryId id);
  // Bytes that the states are to have at the most, for speed on everyday texts.
  [[nodiscard]] std::size_t wanted_memory() const;
  // Must be called after the last add(), and may be called again as long as nobody asks. With less
  // memory than wanted the same matches are found, in more time.
  void compile(std::size_t memory);
  void compile() { compile(wanted_memory()); }
  [[nodiscard]] bool empty() const { return patterns_.empty(); }

  // The most that one text can cost because of an entry, in steps; for each that is a pattern.
  struct Cost {
    EntryId id = kNoEntry;
    std::uint64_t steps = 0;
  };
  [[nodiscard]] std::vector<Cost> costs() const;

  // The first matching entry that is alive. Case does not matter; a pattern matches anywhere unless
  // it is anchored. When `work` (may be null) is spent, whatever was found until then.
  [[nodiscard]] EntryId find(std::string_view subject, const EntryTable& table, UtcTime now,
                             Work* work = nullptr) const;
  // All of them, in no order.
  [[nodiscard]] std::vector<EntryId> find_all(std::string_view subject, const EntryTable& table,
                                              UtcTime now) const;

 private:
  struct Pattern {
    std::string text;
    EntryId id = kNoEntry;
    std::uint64_t program = 0;  // instructions
  };
  class Pass;

  [[nodiscard]] std::vector<std::size_t> ends_of_passes() const;

  std::size_t longest_;
  std::vector<Pattern> patterns_;
  std::vector<Pass> passes_;  // over the patterns in their order
};

}  // namespace postern::lists
