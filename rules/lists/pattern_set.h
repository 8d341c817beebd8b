// The regular expressions of a list, compiled together: one pass over the subject for all of them.
// RE2: linear time whatever a person wrote. Built once; then any number of threads may ask.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "rules/lists/entry_table.h"

namespace postern {

class PatternSet {
 public:
  // A longer text matches nothing: a part of it could match what the whole does not.
  static constexpr std::size_t kMaxSubject = 65536;

  PatternSet();
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;

  // Errors: an empty pattern, what RE2 says of a wrong one.
  Result<void> add(std::string_view pattern, EntryId id);
  // Must be called after the last add().
  Result<void> compile();
  [[nodiscard]] bool empty() const { return ids_.empty(); }

  // The first matching entry that is alive. Case does not matter; a pattern matches anywhere unless
  // it is anchored.
  [[nodiscard]] EntryId find(std::string_view subject, const EntryTable& table, UtcTime now) const;
  // All of them, in no order.
  [[nodiscard]] std::vector<EntryId> find_all(std::string_view subject, const EntryTable& table,
                                              UtcTime now) const;

 private:
  class Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::vector<EntryId> ids_;
};

}  // namespace postern
