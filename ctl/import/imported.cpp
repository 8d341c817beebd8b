#include "ctl/import/imported.h"

#include <algorithm>

#include "common/base/words.h"

namespace postern::import {

std::string_view to_string(LineStatus status) {
  using enum LineStatus;
  static constexpr Word<LineStatus> kWords[] = {{"comment", comment},
                                                {"imported", imported},
                                                {"repeated", repeated},
                                                {"idle", idle},
                                                {"refused", refused}};
  return word_of(kWords, status);
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
