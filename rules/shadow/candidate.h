// A candidate: rules that judge what the rules in force have judged, by what was known then and
// nothing else. Its verdict goes nowhere but into a comparison. Pure; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/base/words.h"
#include "rules/journal/record.h"
#include "rules/needs.h"
#include "rules/replay/judge.h"
#include "rules/replay/past.h"
#include "rules/replay/recorded.h"

namespace postern::shadow {

enum class Kind : std::uint8_t {
  same,
  refused,        // and the rules in force let it in
  let_in,         // and the rules in force refuse it
  other_action,   // both let it in, or both refuse it
  other_details,  // the same action with another text, header, copy, address or delay
  undecided,      // hangs on what is not known: no difference, and not the same either
};
inline constexpr Word<Kind> kKinds[] = {{"same", Kind::same},
                                        {"refused", Kind::refused},
                                        {"let_in", Kind::let_in},
                                        {"other_action", Kind::other_action},
                                        {"other_details", Kind::other_details},
                                        {"undecided", Kind::undecided}};
constexpr std::string_view to_string(Kind kind) {
  return word_of(kKinds, kind);
}
inline bool is_difference(Kind kind) {
  return kind != Kind::same && kind != Kind::undecided;
}

// What the candidate comes to, beside what was decided. Points into the candidate.
struct Comparison {
  Kind kind = Kind::same;
  replay::Outcome live;
  replay::Outcome candidate{};  // of undecided: none
  std::string_view rule{};      // that decides, or cannot be judged; empty: none
  MatchedEntry entry{};         // by which it decides
  std::string_view needs{};     // of undecided: what the rule looks at
};

class Candidate {
 public:
  // `settle`: as of replay::Judge.
  explicit Candidate(std::shared_ptr<const Snapshot> rules, replay::Judge::Settle settle = {});
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  // `record`: a decision of rules that have the needs `live`; it is left with the header fields
  // that these had looked at. `work` bounds what the candidate may take (null: nothing does);
  // beyond that it is undecided. REQUIRES: is_own_decision(record).
  Comparison compare(journal::JournalRecord& record, const Needs& live, Work* work = nullptr);

  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return judge_.snapshot(); }

 private:
  [[nodiscard]] bool have_other_details(const journal::JournalRecord& record,
                                        const Verdict& verdict) const;

  replay::RecordedFacts facts_;
  replay::Judge judge_;
};

}  // namespace postern::shadow
