// Upper and lower case in a question as a further secret between asker and server ("0x20",
// draft-vixie-dnsext-dns0x20): a server copies the question into its reply as it came, and who
// forges a reply without having seen the question does not know which letters were which. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace postern::dns {

// One bit for each octet that a name can have.
using LetterBits = std::array<std::uint8_t, 32>;

// Makes each letter of the question's name upper case where `bits` has a one. `query` is one of
// encode_query().
void randomize_case(std::vector<std::uint8_t>& query, const LetterBits& bits);

// Whether `reply` begins its body with the question of `query`, octet for octet.
bool repeats_question(std::span<const std::uint8_t> reply, std::span<const std::uint8_t> query);

}  // namespace postern::dns
