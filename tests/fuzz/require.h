// What a fuzz target says must hold; stops the fuzzer, whatever the build type.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace postern {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace postern
