#include "ctl/rollback/line_hunks.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "ctl/rollback/line_diff.h"

namespace postern::ctl {
namespace {

using OwnLines = std::vector<std::string>;

std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

OwnLines own_lines(std::string_view text) {
  OwnLines lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    lines.emplace_back(without_return(line));
  }
  return lines;
}

std::string joined(const OwnLines& lines, std::string_view end) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append(end);
  return text;
}

std::size_t distance(std::size_t one, std::size_t other) {
  return one > other ? one - other : other - one;
}

// Where `block` stands in `lines`: of several places one below the line `above`, when that is said,
// and else the one nearest to `wanted`.
std::optional<std::size_t> find_block(const OwnLines& lines, const OwnLines& block,
                                      std::size_t wanted, const std::string* above = nullptr) {
  const auto rank = [&](std::size_t at) {
    const bool is_below = above != nullptr && at > 0 && lines[at - 1] == *above;
    return std::pair(is_below ? 0 : 1, distance(at, wanted));
  };
  std::optional<std::size_t> best;
  for (std::size_t at = 0; at + block.size() <= lines.size(); ++at) {
    if (!std::equal(block.begin(), block.end(), lines.begin() + static_cast<std::ptrdiff_t>(at))) {
      continue;
    }
    if (!best || rank(at) < rank(*best)) best = at;
  }
  return best;
}

// Where the lines that a hunk has added stand now, the last first: in one piece, else each by
// itself, as others may have come in between. Error: the first of them that does not stand there
// once.
Result<std::vector<std::size_t>> places_of(const OwnLines& lines, const LineHunk& hunk) {
  std::vector<std::size_t> places;
  const auto block = find_block(lines, hunk.added, hunk.at - 1, &hunk.above);
  for (std::size_t i = 0; i < hunk.added.size(); ++i) {
    const auto at = std::find(lines.begin(), lines.end(), hunk.added[i]);
    if (!block && std::count(at, lines.end(), hunk.added[i]) != 1) return failure(hunk.added[i]);
    places.push_back(block ? *block + i : static_cast<std::size_t>(at - lines.begin()));
  }
  std::sort(places.rbegin(), places.rend());
  return places;
}

// Where lines that were only removed go in again.
std::size_t place_below(const OwnLines& lines, const LineHunk& hunk) {
  const std::size_t wanted = hunk.at - 1;
  if (wanted == 0) return 0;
  const auto above = find_block(lines, {hunk.above}, wanted - 1);
  return above ? *above + 1 : std::min(wanted, lines.size());
}

}  // namespace

std::vector<LineHunk> hunks_between(std::string_view before, std::string_view after) {
  const OwnLines now = own_lines(after);
  std::vector<LineHunk> hunks;
  std::size_t removed = 0;  // lines up to here, less those added: of `before` against `after`
  std::size_t added = 0;
  for (const ChangedLine& change : changed_lines(before, after)) {
    const bool is_new = change.kind == ChangedLine::Kind::added;
    // Where the line stands in the text afterwards, or what was behind it does.
    const std::size_t at = is_new ? change.number : change.number - removed + added;
    const bool goes_on = !hunks.empty() && at == hunks.back().at + hunks.back().added.size();
    if (!goes_on) hunks.push_back({at, at > 1 ? now[at - 2] : "", {}, {}});
    (is_new ? hunks.back().added : hunks.back().removed).emplace_back(without_return(change.text));
    ++(is_new ? added : removed);
  }
  return hunks;
}

Result<std::string> without_hunks(std::string_view text, const std::vector<LineHunk>& hunks) {
  const std::string_view end = text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
  OwnLines lines = own_lines(text);
  // From the end, so that what is above stays where it is.
  for (auto hunk = hunks.rbegin(); hunk != hunks.rend(); ++hunk) {
    std::size_t at = 0;
    const auto place = [&] { return lines.begin() + static_cast<std::ptrdiff_t>(at); };
    if (hunk->added.empty()) {
      at = place_below(lines, *hunk);
    } else {
      const auto places = places_of(lines, *hunk);
      if (!places) return tl::unexpected(places.error());
      for (const std::size_t one : *places) {
        at = one;
        lines.erase(place());
      }
    }
    lines.insert(place(), hunk->removed.begin(), hunk->removed.end());
  }
  return joined(lines, end);
}

}  // namespace postern::ctl
