#include "ctl/rollback/line_diff.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace postern::ctl {
namespace {

using Lines = std::vector<std::string_view>;
using Changes = std::vector<ChangedLine>;

// Beyond so many the shortest way takes too long to find.
constexpr std::ptrdiff_t kMostSteps = 500;
// A line takes 16 bytes here and, where texts differ much, some 60 more.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostLines = 2'000'000;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What is left of two texts without the lines that both begin and end with.
struct Middle {
  Lines before;
  Lines after;
  std::size_t offset = 0;  // lines that were taken off in front

  [[nodiscard]] ChangedLine removed(std::size_t at) const {
    return {ChangedLine::Kind::removed, offset + at + 1, before[at]};
  }
  [[nodiscard]] ChangedLine added(std::size_t at) const {
    return {ChangedLine::Kind::added, offset + at + 1, after[at]};
  }
};

Middle middle_of(std::string_view before, std::string_view after) {
  Middle middle{lines_of(before), lines_of(after)};
  Lines& one = middle.before;
  Lines& other = middle.after;
  const auto begin = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  middle.offset = static_cast<std::size_t>(begin.first - one.begin());
  one.erase(one.begin(), begin.first);
  other.erase(other.begin(), begin.second);
  const auto end = std::mismatch(one.rbegin(), one.rend(), other.rbegin(), other.rend());
  one.erase(end.first.base(), one.end());
  other.erase(end.second.base(), other.end());
  return middle;
}

// For each step of Myers' greedy search (An O(ND) Difference Algorithm, 1986) how far each diagonal
// `before - after` got, counted in lines of `before`. Diagonals of step d lie at [k + d].
using Reach = std::vector<std::vector<std::ptrdiff_t>>;

// Whether the best way onto diagonal `k` adds a line, coming from the diagonal above it.
bool adds(const std::vector<std::ptrdiff_t>& last, std::ptrdiff_t k, std::ptrdiff_t step) {
  if (k == -step) return true;
  if (k == step) return false;
  const auto at = [&](std::ptrdiff_t diagonal) {
    return last[static_cast<std::size_t>(diagonal + step - 1)];
  };
  return at(k - 1) < at(k + 1);
}

std::ptrdiff_t begin_on(const std::vector<std::ptrdiff_t>& last, std::ptrdiff_t k,
                        std::ptrdiff_t step) {
  if (step == 0) return 0;
  const bool added = adds(last, k, step);
  const auto from = static_cast<std::size_t>((added ? k + 1 : k - 1) + step - 1);
  return last[from] + (added ? 0 : 1);
}

// Nothing when the texts differ in more than kMostSteps lines.
std::optional<Reach> search(const Middle& middle) {
  const auto rows = static_cast<std::ptrdiff_t>(middle.before.size());
  const auto columns = static_cast<std::ptrdiff_t>(middle.after.size());
  Reach reach;
  for (std::ptrdiff_t step = 0; step <= kMostSteps; ++step) {
    std::vector<std::ptrdiff_t> now(static_cast<std::size_t>(2 * step + 1), -1);
    for (std::ptrdiff_t k = -step; k <= step; k += 2) {
      std::ptrdiff_t x = begin_on(step == 0 ? now : reach.back(), k, step);
      while (x < rows && x - k < columns &&
             middle.before[static_cast<std::size_t>(x)] ==
                 middle.after[static_cast<std::size_t>(x - k)]) {
        ++x;
      }
      now[static_cast<std::size_t>(k + step)] = x;
      if (x < rows || x - k < columns) continue;
      reach.push_back(std::move(now));
      return reach;
    }
    reach.push_back(std::move(now));
  }
  return std::nullopt;
}

Changes walk_back(const Middle& middle, const Reach& reach) {
  Changes changes;
  auto k = static_cast<std::ptrdiff_t>(middle.before.size()) -
           static_cast<std::ptrdiff_t>(middle.after.size());
  for (auto step = static_cast<std::ptrdiff_t>(reach.size()) - 1; step > 0; --step) {
    const auto& last = reach[static_cast<std::size_t>(step - 1)];
    const std::ptrdiff_t x = begin_on(last, k, step);
    if (adds(last, k, step)) {
      changes.push_back(middle.added(static_cast<std::size_t>(x - k - 1)));
      ++k;
    } else {
      changes.push_back(middle.removed(static_cast<std::size_t>(x - 1)));
      --k;
    }
  }
  std::reverse(changes.begin(), changes.end());
  return changes;
}

// Each line of one that the other has less often.
Changes by_count(const Middle& middle) {
  std::unordered_map<std::string_view, std::ptrdiff_t> surplus;
  for (const std::string_view line : middle.after) ++surplus[line];
  for (const std::string_view line : middle.before) --surplus[line];
  Changes changes;
  for (std::size_t i = 0; i < middle.before.size(); ++i) {
    auto& count = surplus[middle.before[i]];
    if (count < 0) changes.push_back(middle.removed(i));
    if (count < 0) ++count;
  }
  for (std::size_t i = 0; i < middle.after.size(); ++i) {
    auto& count = surplus[middle.after[i]];
    if (count > 0) changes.push_back(middle.added(i));
    if (count > 0) --count;
  }
  return changes;
}

}  // namespace

Changes changed_lines(std::string_view before, std::string_view after) {
  const Middle middle = middle_of(before, after);
  const auto reach = search(middle);
  return reach ? walk_back(middle, *reach) : by_count(middle);
}

bool are_comparable(std::string_view before, std::string_view after) {
  const auto is_small = [](std::string_view text) {
    return text.size() <= kMostBytes &&
           static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) <= kMostLines;
  };
  return is_small(before) && is_small(after);
}

bool shows_all(const Changes& changes, std::string_view before, std::string_view after) {
  const Lines old = lines_of(before);
  std::map<std::size_t, std::string_view> added;
  std::set<std::size_t> removed;
  for (const ChangedLine& change : changes) {
    if (change.kind == ChangedLine::Kind::added) {
      added.emplace(change.number, change.text);
    } else {
      removed.insert(change.number);
    }
  }
  std::size_t next = 0;
  const auto skip_removed = [&] {
    while (removed.contains(next + 1)) ++next;
  };
  const Lines made = lines_of(after);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto own = added.find(i + 1);
    if (own != added.end() && own->second == made[i]) continue;
    skip_removed();
    if (own != added.end() || next >= old.size() || old[next++] != made[i]) return false;
  }
  skip_removed();
  return next == old.size();
}

std::string LineDiff::to_string() const {
  return "+" + std::to_string(added) + "/-" + std::to_string(removed) + " lines";
}

LineDiff diff_lines(std::string_view before, std::string_view after) {
  const Changes changes = changed_lines(before, after);
  const auto removed =
      static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), [](const auto& line) {
        return line.kind == ChangedLine::Kind::removed;
      }));
  return {changes.size() - removed, removed};
}

}  // namespace postern::ctl
