// Upper and lower case in a question as a further secret between asker and server ("0x20",
// draft-vixie-dnsext-dns0x20): a server copies the question into its reply as it came, and who
// forges a reply without having seen the question does not know which letters were which. And what
// of a message makes it a reply to a query at all (RFC 5452 9.1). Pure.
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

// What a message from the server's address is to `query`: no reply to it (`none`: another id or
// question, no question, or no reply at all), or one that repeats its question, with the letters as
// they were asked or not. What else stands in it is not looked at.
enum class Echo { none, other_letters, exact };
Echo echo_of(std::span<const std::uint8_t> message, std::span<const std::uint8_t> query);

}  // namespace postern::dns
