// How much of a text is new in another, counted in lines. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

struct LineDiff {
  std::size_t added = 0;
  std::size_t removed = 0;
  // `+3/-1 lines`
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const LineDiff&, const LineDiff&) = default;
};

// Lines that only moved are neither added nor removed; of equal lines each counts for itself.
LineDiff diff_lines(std::string_view before, std::string_view after);

}  // namespace postern
