#include "rules/lists/pattern_set.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>

namespace postern::lists {
namespace {

// Of one expression with its program, as RE2 has it of itself: more is refused.
constexpr std::int64_t kMaxPattern = std::int64_t{8} << 20;
// Enough for the states of simple expressions; those of others are soon given up, see above.
constexpr std::size_t kMemoryOfOne = std::size_t{64} << 10;
// Of a pass of several: a few hundred states of that size.
constexpr std::size_t kMemoryOfPass = std::size_t{256} << 10;
constexpr std::size_t kMemoryOfInstruction = std::size_t{1} << 10;
constexpr std::size_t kMaxMemoryOfPass = std::size_t{32} << 20;

RE2::Options options(std::int64_t memory) {
  RE2::Options result;
  result.set_encoding(RE2::Options::EncodingLatin1);  // subjects are bytes, not always UTF-8
  result.set_case_sensitive(false);
  result.set_log_errors(false);
  result.set_max_mem(memory);
  return result;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// The least in which the program has room; what it leaves for states may be nothing.
std::unique_ptr<RE2> compile_alone(const std::string& pattern, std::size_t memory) {
  auto bytes = static_cast<std::int64_t>(memory);
  auto compiled = std::make_unique<RE2>(pattern, options(bytes));
  while (!compiled->ok() && bytes < kMaxPattern) {
    bytes = std::min(bytes * 2, kMaxPattern);
    compiled = std::make_unique<RE2>(pattern, options(bytes));
  }
  return compiled;
}

// RE2 knows what is around the part: its ends are no ends of the text.
bool matches_in(const RE2& pattern, std::string_view subject, std::size_t begin, std::size_t end) {
  return pattern.Match(piece(subject), begin, end, RE2::UNANCHORED, nullptr, 0);
}

bool matches(const RE2& pattern, std::string_view subject, std::size_t longest) {
  const std::size_t size = subject.size();
  if (size <= longest) return matches_in(pattern, subject, 0, size);
  const std::size_t half = longest / 2;
  return matches_in(pattern, subject, 0, half) || matches_in(pattern, subject, size - half, size);
}

std::size_t memory_of_pass(std::size_t patterns, std::uint64_t program) {
  if (patterns == 1) return kMemoryOfOne;
  return std::min(kMemoryOfPass + program * kMemoryOfInstruction, kMaxMemoryOfPass);
}

}  // namespace

// One pass over a text for some of the patterns.
class PatternSet::Pass {
 public:
  Pass(std::span<const Pattern> patterns, std::size_t memory) : patterns_(patterns) {
    for (const Pattern& pattern : patterns) program_ += pattern.program;
    if (patterns.size() > 1 && compile_together(memory)) return;
    for (const Pattern& pattern : patterns) {
      alone_.push_back(compile_alone(pattern.text, memory / patterns.size()));
    }
  }

  // Calls `found(id)` for each pattern that matches, in no order.
  template <class Found>
  void search(std::string_view subject, std::size_t longest, Work* work, Found found) const {
    if (together_) {
      if (take_work(work, program_ * std::min(subject.size(), longest))) {
        search_together(subject, longest, work, found);
      }
      return;
    }
    for (std::size_t i = 0; i < alone_.size(); ++i) {
      if (!take_work(work, patterns_[i].program * std::min(subject.size(), longest))) return;
      if (matches(*alone_[i], subject, longest)) found(patterns_[i].id);
    }
  }

 private:
  bool compile_together(std::size_t memory) {
    auto set =
        std::make_unique<RE2::Set>(options(static_cast<std::int64_t>(memory)), RE2::UNANCHORED);
    for (const Pattern& pattern : patterns_) {
      if (set->Add(pattern.text, nullptr) < 0) return false;
    }
    if (!set->Compile()) return false;
    together_ = std::move(set);
    return true;
  }

  template <class Found>
  void search_together(std::string_view subject, std::size_t longest, Work* work,
                       Found found) const {
    if (subject.size() <= longest) {
      if (const auto hits = hits_in(subject)) {
        for (const std::size_t hit : *hits) found(patterns_[hit].id);
        return;
      }
    }
    for (const std::size_t candidate : candidates_in(subject, longest)) {
      const Pattern& pattern = patterns_[candidate];
      if (!take_work(work, pattern.program * std::min(subject.size(), longest))) return;
      if (matches(*compile_alone(pattern.text, kMemoryOfOne), subject, longest)) found(pattern.id);
    }
  }

  // Nothing when RE2 cannot say, for want of memory.
  [[nodiscard]] std::optional<std::vector<std::size_t>> hits_in(std::string_view text) const {
    std::vector<int> hits;
    RE2::Set::ErrorInfo error{};
    const bool any = together_->Match(piece(text), &hits, &error);
    if (!any && error.kind != RE2::Set::kNoError) return std::nullopt;
    return std::vector<std::size_t>(hits.begin(), hits.end());
  }

  // Those that may match a text that is too long, or that the set cannot say anything about. A set
  // knows no more of a text than the part that it is given, whose ends are ends to it; so it gets
  // the byte beyond, by which \b and \B tell what an end is.
  [[nodiscard]] std::vector<std::size_t> candidates_in(std::string_view subject,
                                                       std::size_t longest) const {
    std::vector<std::size_t> all(patterns_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (subject.size() <= longest) return all;
    const std::size_t part = longest / 2 + 1;
    const auto head = hits_in(subject.substr(0, part));
    const auto tail = hits_in(subject.substr(subject.size() - part));
    if (!head || !tail) return all;
    std::vector<std::size_t> some = *head;
    some.insert(some.end(), tail->begin(), tail->end());
    std::sort(some.begin(), some.end());
    some.erase(std::unique(some.begin(), some.end()), some.end());
    return some;
  }

  std::span<const Pattern> patterns_;
  std::uint64_t program_ = 0;
  std::unique_ptr<RE2::Set> together_;       // else:
  std::vector<std::unique_ptr<RE2>> alone_;  // by pattern
};

PatternSet::PatternSet(std::size_t longest) : longest_(longest) {}
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Result<void> PatternSet::add(std::string_view pattern, EntryId id) {
  if (pattern.empty()) {
    return failure("'~' without a regular expression would match everything; want ~regex");
  }
  std::string text(pattern);
  const RE2 compiled(text, options(kMaxPattern));
  if (!compiled.ok()) {
    return failure("'" + text + "' is not a regular expression (RE2): " + compiled.error());
  }
  patterns_.push_back({std::move(text), id, static_cast<std::uint64_t>(compiled.ProgramSize())});
  return {};
}

// Where each pass ends, as an index into the patterns.
std::vector<std::size_t> PatternSet::ends_of_passes() const {
  const std::uint64_t most = kMaxSteps / longest_;
  std::vector<std::size_t> ends;
  std::uint64_t program = 0;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    if (program > 0 && program + patterns_[i].program > most) {
      ends.push_back(i);
      program = 0;
    }
    program += patterns_[i].program;
  }
  if (!patterns_.empty()) ends.push_back(patterns_.size());
  return ends;
}

std::size_t PatternSet::wanted_memory() const {
  std::size_t memory = 0;
  std::size_t begin = 0;
  for (const std::size_t end : ends_of_passes()) {
    std::uint64_t program = 0;
    for (std::size_t i = begin; i < end; ++i) program += patterns_[i].program;
    memory += memory_of_pass(end - begin, program);
    begin = end;
  }
  return memory;
}

void PatternSet::compile(std::size_t memory) {
  passes_.clear();
  const std::size_t wanted = wanted_memory();
  std::size_t begin = 0;
  for (const std::size_t end : ends_of_passes()) {
    const std::span<const Pattern> part(patterns_.data() + begin, end - begin);
    std::uint64_t program = 0;
    for (const Pattern& pattern : part) program += pattern.program;
    const std::size_t share = memory_of_pass(part.size(), program);
    passes_.emplace_back(part, memory >= wanted ? share : share * memory / wanted);
    begin = end;
  }
}

std::vector<PatternSet::Cost> PatternSet::costs() const {
  std::vector<Cost> costs;
  costs.reserve(patterns_.size());
  for (const Pattern& pattern : patterns_)
    costs.push_back({pattern.id, pattern.program * longest_});
  return costs;
}

EntryId PatternSet::find(std::string_view subject, const EntryTable& table, UtcTime now,
                         Work* work) const {
  EntryId first = kNoEntry;
  for (const Pass& pass : passes_) {
    pass.search(subject, longest_, work, [&](EntryId id) {
      if (id < first && table.alive(id, now)) first = id;
    });
    if (first != kNoEntry) break;  // ids ascend
  }
  return first;
}

std::vector<EntryId> PatternSet::find_all(std::string_view subject, const EntryTable& table,
                                          UtcTime now) const {
  std::vector<EntryId> all;
  for (const Pass& pass : passes_) {
    pass.search(subject, longest_, nullptr, [&](EntryId id) {
      if (table.alive(id, now)) all.push_back(id);
    });
  }
  return all;
}

}  // namespace postern::lists
