// What tells one content of a file from another without keeping it: 128 bits of XXH3. Against
// chance, not against somebody who looks for two texts that are alike. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  // 32 hexadecimal digits.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint fingerprint_of(std::string_view text);

}  // namespace postern
