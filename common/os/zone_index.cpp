#include "common/os/zone_index.h"

#include <net/if.h>

#include <array>
#include <charconv>

namespace postern::os {

std::optional<int> zone_index(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str()); index != 0) {
    return static_cast<int>(index);
  }
  unsigned number = 0;
  const char* const end = zone.data() + zone.size();
  const auto [stop, error] = std::from_chars(zone.data(), end, number);
  std::array<char, IF_NAMESIZE> name{};
  if (error != std::errc() || stop != end || if_indextoname(number, name.data()) == nullptr) {
    return std::nullopt;
  }
  return static_cast<int>(number);
}

}  // namespace postern::os
