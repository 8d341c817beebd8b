#include "rules/load/regex_warnings.h"

#include <cstdint>
#include <string>

#include "rules/load/list_place.h"

namespace postern::load {
namespace {

// Steps of one expression on one text: five milliseconds or more, on a text that is made for it.
constexpr std::uint64_t kDear = 5'000'000;
constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

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
                        "'" + list.entry_text(cost.id) + "' can cost " +
                            std::to_string(cost.steps / kMillion) +
                            " million steps on the longest text, some nanoseconds each, which "
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

void warn_of_little_memory(std::size_t wanted, std::size_t regex_memory, const Position& where,
                           Diagnostics& diagnostics) {
  diagnostics.warning(where, "regex_memory: the regular expressions would be fastest with " +
                                 in_mebibytes(wanted) + ", and have " + in_mebibytes(regex_memory));
}

}  // namespace postern::load
