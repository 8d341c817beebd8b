// Which lines of a text are new in another, and which are gone. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::ctl {

struct ChangedLine {
  enum class Kind { removed, added } kind = Kind::removed;
  std::size_t number = 0;  // counted from 1: when removed, in the text before, else after
  std::string_view text;   // without its end
  friend bool operator==(const ChangedLine&, const ChangedLine&) = default;
};

// In the order of the texts, as few as there can be. A line that moved is gone and new: the order
// of rules decides. Texts with more than some hundreds of changes are long lists, and of those
// lines that only moved are left out. The views are into the texts.
std::vector<ChangedLine> changed_lines(std::string_view before, std::string_view after);

// Whether there is memory to find them: 64 MiB and two million lines of each at most.
bool are_comparable(std::string_view before, std::string_view after);

// Whether `changes` are all that tells the lines of `after` from those of `before`: lines that only
// moved may have been left out, and whether the last line has an end shows in none.
bool shows_all(const std::vector<ChangedLine>& changes, std::string_view before,
               std::string_view after);

struct LineDiff {
  std::size_t added = 0;
  std::size_t removed = 0;
  // `+3/-1 lines`
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const LineDiff&, const LineDiff&) = default;
};

// How many changed_lines() there are.
LineDiff diff_lines(std::string_view before, std::string_view after);

}  // namespace postern::ctl
