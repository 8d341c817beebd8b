#include "rules/lists/pattern_set.h"

#include <re2/set.h>

#include <algorithm>

namespace postern {
namespace {

// Of one list's patterns together. RE2's own 8 MiB would do for some hundred.
constexpr std::int64_t kMaxMemory = std::int64_t{64} << 20;

RE2::Options options() {
  RE2::Options result;
  result.set_encoding(RE2::Options::EncodingLatin1);  // subjects are bytes, not always UTF-8
  result.set_case_sensitive(false);
  result.set_log_errors(false);
  result.set_max_mem(kMaxMemory);
  return result;
}

}  // namespace

class PatternSet::Compiled {
 public:
  RE2::Set set{options(), RE2::UNANCHORED};
};

PatternSet::PatternSet() = default;
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Result<void> PatternSet::add(std::string_view pattern, EntryId id) {
  if (pattern.empty()) {
    return failure("'~' without a regular expression would match everything; want ~regex");
  }
  if (!compiled_) compiled_ = std::make_unique<Compiled>();
  std::string error;
  if (compiled_->set.Add(re2::StringPiece(pattern.data(), pattern.size()), &error) < 0) {
    return failure("'" + std::string(pattern) + "' is not a regular expression (RE2): " + error);
  }
  ids_.push_back(id);
  return {};
}

Result<void> PatternSet::compile() {
  if (compiled_ && !compiled_->set.Compile()) {
    return failure("the regular expressions of this list are too large together");
  }
  return {};
}

EntryId PatternSet::find(std::string_view subject, const EntryTable& table, UtcTime now) const {
  EntryId first = kNoEntry;
  for (EntryId id : find_all(subject, table, now)) first = std::min(first, id);
  return first;
}

std::vector<EntryId> PatternSet::find_all(std::string_view subject, const EntryTable& table,
                                          UtcTime now) const {
  std::vector<EntryId> found;
  if (!compiled_ || subject.size() > kMaxSubject) return found;
  std::vector<int> matches;
  if (!compiled_->set.Match(re2::StringPiece(subject.data(), subject.size()), &matches)) {
    return found;
  }
  for (int match : matches) {
    const EntryId id = ids_[static_cast<std::size_t>(match)];
    if (table.alive(id, now)) found.push_back(id);
  }
  return found;
}

}  // namespace postern
