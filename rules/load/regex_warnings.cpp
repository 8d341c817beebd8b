#include "rules/load/regex_warnings.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "rules/load/list_place.h"

namespace postern::load {
namespace {

// Steps of one expression on one text: five milliseconds or more, on a text that is made for it.
constexpr std::uint64_t kDear = 5'000'000;
// Of all of them on one message: half of what decision.max_work allows, as shipped.
constexpr std::uint64_t kDearTogether = 50'000'000;
constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

std::string in_millions(std::uint64_t steps) {
  return std::to_string(steps / kMillion) + " million";
}

std::uint64_t steps_of(const lists::List& list) {
  std::uint64_t steps = 0;
  for (const lists::PatternSet::Cost& cost : list.regexes().costs()) steps += cost.steps;
  return steps;
}

std::string in_mebibytes(std::size_t bytes) {
  return std::to_string((bytes + kMebibyte - 1) / kMebibyte) + "MiB";
}

}  // namespace

void warn_of_dear_regexes(const lists::List& list,
                          const std::function<Position(lists::EntryId)>& place_of,
                          Diagnostics& diagnostics) {
  std::size_t found = 0;
  Position last;
  for (const lists::PatternSet::Cost& cost : list.regexes().costs()) {
    if (cost.steps < kDear) continue;
    last = place_of(cost.id);
    if (++found > kDearRegexesShown) continue;
    diagnostics.warning(last,
                        "'" + list.entry_text(cost.id) + "' can cost " + in_millions(cost.steps) +
                            " steps on the longest text, some nanoseconds each, which "
                            "any stranger may send; want fewer or shorter repetitions such as "
                            "{0,60}, or fewer alternatives");
  }
  if (found <= kDearRegexesShown) return;
  diagnostics.warning(last, "list '" + list.name() + "' has " +
                                std::to_string(found - kDearRegexesShown) +
                                " more regular expressions that can cost as much");
}

void warn_of_dear_regexes(const SnapshotBuilder& builder, const yaml::YamlNode* lists,
                          Diagnostics& diagnostics) {
  if (lists == nullptr) return;
  for (const auto& list : builder.lists()) {
    warn_of_dear_regexes(
        *list, [&](lists::EntryId id) { return place_of_entry(*list, id, *lists); }, diagnostics);
  }
}

void warn_of_regexes_dear_together(const SnapshotBuilder& builder, const Position& where,
                                   Diagnostics& diagnostics) {
  std::uint64_t together = 0;
  std::uint64_t most = 0;
  const lists::List* dearest = nullptr;
  for (const Predicate& predicate : builder.predicates()) {
    for (const lists::List* list : predicate.lists) {
      const std::uint64_t steps = steps_of(*list);
      together += steps;
      if (steps > most) dearest = list;
      most = std::max(most, steps);
    }
  }
  if (together < kDearTogether) return;
  const bool named = builder.find_list(dearest->name()) == dearest;
  diagnostics.warning(
      where, "the regular expressions together can cost " + in_millions(together) +
                 " steps on the longest texts, some nanoseconds each (" + in_millions(most) +
                 " of them those of " +
                 (named ? "list '" + dearest->name() + "'" : "one condition") +
                 "); a message that costs more than decision.max_work is deferred; want fewer of "
                 "them, or shorter repetitions");
}

void warn_of_little_memory(std::size_t wanted, std::size_t regex_memory, const Position& where,
                           Diagnostics& diagnostics) {
  diagnostics.warning(where, "regex_memory: the regular expressions would be fastest with " +
                                 in_mebibytes(wanted) + ", and have " + in_mebibytes(regex_memory));
}

}  // namespace postern::load
