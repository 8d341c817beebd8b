#include "rules/checks/local_name.h"

#include <algorithm>
#include <array>

namespace postern::checks {
namespace {

constexpr std::array<std::string_view, 6> kLocalZones = {"localhost", "localdomain", "local",
                                                         "lan",       "internal",    "home.arpa"};

}  // namespace

bool is_in_zone(std::string_view name, std::string_view zone) {
  return name.ends_with(zone) &&
         (name.size() == zone.size() || name[name.size() - zone.size() - 1] == '.');
}

bool is_local_name(std::string_view name) {
  return name.find('.') == std::string_view::npos ||
         std::any_of(kLocalZones.begin(), kLocalZones.end(),
                     [&](std::string_view zone) { return is_in_zone(name, zone); });
}

}  // namespace postern::checks
