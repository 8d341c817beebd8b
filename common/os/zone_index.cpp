#include "common/os/zone_index.h"

#include <net/if.h>

#include <array>

#include "common/base/whole_number.h"

namespace postern::os {

std::optional<int> zone_index(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str()); index != 0) {
    return static_cast<int>(index);
  }
  const auto number = parse_whole<unsigned>(zone);
  std::array<char, IF_NAMESIZE> name{};
  if (!number || if_indextoname(*number, name.data()) == nullptr) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace postern::os
