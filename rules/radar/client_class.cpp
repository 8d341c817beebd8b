#include "rules/radar/client_class.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>

namespace postern::radar {
namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}
bool is_letter(char letter) {
  return letter >= 'a' && letter <= 'z';
}

// Takes what stands at the front of `text` as far as `belongs`.
template <class Belongs>
std::string_view take_while(std::string_view& text, Belongs belongs) {
  const auto* end = std::find_if_not(text.begin(), text.end(), belongs);
  const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

// Numbers of the name that are octets of the address: two of the last three are no accident.
bool has_octets(std::string_view name, std::uint32_t v4) {
  constexpr int kOctets = 3;
  constexpr std::uint32_t kOctet = 0xff;
  unsigned found = 0;
  while (!name.empty()) {
    take_while(name, [](char letter) { return !is_digit(letter); });
    const std::string_view digits = take_while(name, is_digit);
    unsigned number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc()) continue;
    for (int i = 0; i < kOctets; ++i) {
      if (number == ((v4 >> (8 * i)) & kOctet)) found |= 1U << i;
    }
  }
  return (found & (found - 1)) != 0;
}

// `005-012-...` without the blanks between, and `c0000207`.
bool has_whole_address(std::string_view name, std::uint32_t v4) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  std::string decimal;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const unsigned octet = (v4 >> shift) & 0xffU;
    hex += {kHex[octet >> 4U], kHex[octet & 0xfU]};
    const std::string digits = std::to_string(octet);
    decimal.append(3 - digits.size(), '0').append(digits);
  }
  return name.find(hex) != std::string_view::npos || name.find(decimal) != std::string_view::npos;
}

bool is_line_word(std::string_view word, bool digit_follows) {
  constexpr std::array<std::string_view, 18> kWords{
      "adsl", "broadband", "cable",   "cust", "customer", "dhcp",   "dial", "dialup", "dip",
      "dsl",  "dyn",       "dynamic", "pool", "ppp",      "static", "stat", "vdsl",   "xdsl"};
  constexpr std::array<std::string_view, 4> kNumbered{"client", "host", "ip", "vps"};
  const auto is_word = [&](std::string_view one) { return one == word; };
  return std::any_of(kWords.begin(), kWords.end(), is_word) ||
         (digit_follows && std::any_of(kNumbered.begin(), kNumbered.end(), is_word));
}

bool has_line_word(std::string_view name) {
  while (!name.empty()) {
    take_while(name, [](char letter) { return !is_letter(letter); });
    const std::string_view word = take_while(name, is_letter);
    if (is_line_word(word, !name.empty() && is_digit(name.front()))) return true;
  }
  return false;
}

}  // namespace

ClientClass class_of_client(std::string_view name, std::string_view name_domain,
                            const IpAddress& address, std::string_view sender) {
  if (name.empty()) return ClientClass::none;
  if (name_domain == sender) return ClientClass::own;
  const bool is_made =
      address.is_v4() && (has_octets(name, address.v4()) || has_whole_address(name, address.v4()));
  return is_made || has_line_word(name) ? ClientClass::generic : ClientClass::provider;
}

}  // namespace postern::radar
