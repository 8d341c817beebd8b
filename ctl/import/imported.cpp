#include "ctl/import/imported.h"

#include <algorithm>

namespace postern::import {

std::string_view to_string(LineStatus status) {
  switch (status) {
    case LineStatus::comment:
      return "comment";
    case LineStatus::imported:
      return "imported";
    case LineStatus::repeated:
      return "repeated";
    case LineStatus::idle:
      return "idle";
    case LineStatus::refused:
      return "refused";
  }
  return "";
}

std::size_t Imported::count(LineStatus status) const {
  const auto has_status = [&](const LineRecord& line) { return line.status == status; };
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), has_status));
}

std::size_t Imported::entries() const {
  std::size_t sum = 0;
  for (const ImportedList& list : lists) sum += list.entries.size();
  return sum;
}

}  // namespace postern::import
