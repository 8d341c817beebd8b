#include "common/base/nearest_word.h"

#include <algorithm>

namespace postern {
namespace {

constexpr std::size_t kMaxTyped = 64;

}  // namespace

// Optimal string alignment: Damerau-Levenshtein, no letter touched twice.
std::size_t typing_errors(std::string_view one, std::string_view other) {
  const std::size_t width = other.size() + 1;
  std::vector<std::size_t> table((one.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[i * width + j];
  };
  for (std::size_t i = 0; i <= one.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= other.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t altered = one[i - 1] == other[j - 1] ? 0 : 1;
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + altered});
      const bool exchanged =
          i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
      if (exchanged) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return table.back();
}

std::optional<std::string> nearest_word(std::string_view typed,
                                        const std::vector<std::string>& known) {
  if (typed.size() > kMaxTyped) return std::nullopt;
  std::optional<std::string> nearest;
  std::size_t least = std::max<std::size_t>(2, typed.size() / 3) + 1;
  for (const std::string& word : known) {
    const std::size_t apart = typing_errors(typed, word);
    if (apart >= least || apart >= word.size()) continue;
    least = apart;
    nearest = word;
  }
  return nearest;
}

}  // namespace postern
