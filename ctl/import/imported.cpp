#include "ctl/import/imported.h"

#include <algorithm>

namespace postern::import {

std::string_view to_string(LineFate fate) {
  switch (fate) {
    case LineFate::comment:
      return "comment";
    case LineFate::imported:
      return "imported";
    case LineFate::repeated:
      return "repeated";
    case LineFate::idle:
      return "idle";
    case LineFate::refused:
      return "refused";
  }
  return "";
}

std::size_t Imported::count(LineFate fate) const {
  const auto has_fate = [&](const LineRecord& line) { return line.fate == fate; };
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), has_fate));
}

std::size_t Imported::entries() const {
  std::size_t sum = 0;
  for (const ImportedList& list : lists) sum += list.entries.size();
  return sum;
}

}  // namespace postern::import
