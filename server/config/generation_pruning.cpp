#include "server/config/generation_pruning.h"

#include <chrono>

namespace postern::config {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr hours kDay{24};
constexpr days kWeek{7};

bool same_rules(const StoredGeneration& one, const StoredGeneration& other) {
  if (one.files.empty() || other.files.empty()) return one.files.empty() == other.files.empty();
  return one.files.front().fingerprint == other.files.front().fingerprint;
}

// Whether it is the last one before a change of the rule file, or the first one after.
bool is_beside_change(const std::vector<StoredGeneration>& all, std::size_t index) {
  const bool changed_to = index > 0 && !same_rules(all[index - 1], all[index]);
  const bool changed_from = index + 1 < all.size() && !same_rules(all[index], all[index + 1]);
  return changed_to || changed_from;
}

// The hours and days of the generations that have been looked at, newest first.
class Calendar {
 public:
  explicit Calendar(UtcTime now) : now_(now) {}

  // Whether it is the first that is seen of a recent hour or day: the last one that began in it.
  bool is_last_of_its_time(UtcTime since) {
    const bool of_hour = hours_.insert(std::chrono::floor<hours>(since)).second;
    const bool of_day = days_.insert(std::chrono::floor<days>(since)).second;
    const auto age = now_ - since;
    return (of_hour && age <= kDay) || (of_day && age <= kWeek);
  }

 private:
  UtcTime now_;
  std::set<std::chrono::time_point<std::chrono::system_clock, hours>> hours_;
  std::set<std::chrono::time_point<std::chrono::system_clock, days>> days_;
};

}  // namespace

std::set<std::uint64_t> generations_to_drop(const std::vector<StoredGeneration>& generations,
                                            UtcTime now) {
  std::set<std::uint64_t> dropped;
  Calendar calendar(now);
  std::size_t kept = 0;
  for (std::size_t index = generations.size(); index-- > 0;) {
    const StoredGeneration& one = generations[index];
    const bool of_its_time = calendar.is_last_of_its_time(one.since);
    const bool worth_it = kept < kNewestKept || of_its_time || is_beside_change(generations, index);
    if (worth_it && kept < kMostKept) {
      ++kept;
    } else {
      dropped.insert(one.number);
    }
  }
  return dropped;
}

}  // namespace postern::config
