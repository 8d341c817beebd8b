// The last labels of a domain name, to tell whose it is. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern {

// The last `count` labels of a name without a final dot, as a part of it; all of it when it has no
// more than that. REQUIRES: count > 0.
inline std::string_view last_labels(std::string_view name, std::size_t count) {
  std::size_t dot = name.size();
  for (std::size_t label = 0; label < count; ++label) {
    if (dot == 0) return name;
    dot = name.rfind('.', dot - 1);
    if (dot == std::string_view::npos) return name;
  }
  return name.substr(dot + 1);
}

}  // namespace postern
