// A hash for tables whose keys strangers choose. Names that fall into one bucket of a table can be
// computed when the hash is known, and a few thousand of them make each look-up walk them all
// (Crosby and Wallach, "Denial of Service via Algorithmic Complexity Attacks", USENIX Security
// 2003); with a secret that each process draws for itself they cannot. A value; pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace postern {

class KeyedHash {
 public:
  // Random bytes (common/os/random_bytes.h); in tests any.
  using Secret = std::array<unsigned char, 192>;

  using is_avalanching = std::true_type;  // for Boost.Unordered: needs no mixing of its own

  explicit KeyedHash(const Secret& secret) : secret_(secret) {}

  [[nodiscard]] std::uint64_t operator()(std::string_view bytes) const noexcept;

 private:
  Secret secret_;
};

}  // namespace postern
