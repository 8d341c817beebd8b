// SipHash-2-4 of 128 bits (Aumasson and Bernstein, INDOCRYPT 2012, and their reference): whoever
// does not know the secret can find no two texts of one hash, nor tell a text by its hash. Pure.
#pragma once

#include <array>
#include <string_view>

namespace postern::state {

using SipSecret = std::array<unsigned char, 16>;
using SipHash = std::array<unsigned char, 16>;

[[nodiscard]] SipHash sip_hash(const SipSecret& secret, std::string_view text) noexcept;

}  // namespace postern::state
