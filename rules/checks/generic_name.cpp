#include "rules/checks/generic_name.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/hex.h"
#include "common/base/name_suffix.h"

namespace postern::checks {
namespace {

using Octets = std::span<const std::uint8_t>;

constexpr std::string_view kDigits = "0123456789";
constexpr std::size_t kPadded = 3;  // decimal digits of an octet with its zeros

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_nibble(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

// The numbers in a text; a run of digits that is too long for an octet is taken apart by threes:
// 203000113007.
std::vector<int> numbers_in(std::string_view text) {
  std::vector<int> numbers;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find_first_not_of(kDigits), text.size());
    const bool padded = length > kPadded && length % kPadded == 0;
    const std::size_t step = padded ? kPadded : std::max<std::size_t>(length, 1);
    for (std::size_t at = 0; at < length; at += step) {
      int number = length > kPadded && !padded ? -1 : 0;
      for (const char c : text.substr(at, step)) {
        if (number >= 0) number = 10 * number + (c - '0');
      }
      numbers.push_back(number);
    }
    text.remove_prefix(length);
    text.remove_prefix(std::min(text.find_first_of(kDigits), text.size()));
  }
  return numbers;
}

bool has_octets(const std::vector<int>& numbers, Octets octets) {
  return std::search(numbers.begin(), numbers.end(), octets.begin(), octets.end()) != numbers.end();
}

std::string without_separators(std::string_view text) {
  std::string result;
  std::copy_if(text.begin(), text.end(), std::back_inserter(result),
               [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); });
  return result;
}

}  // namespace

bool holds_address(std::string_view name, const IpAddress& address) {
  constexpr std::size_t kV4 = 12;  // octets in front of it in the mapped form
  constexpr std::size_t kV4Octets = 4;
  constexpr std::size_t kHost = 16;  // nibbles of the host's own part
  const std::size_t own = name.size() - last_labels(name, 2).size();
  const std::string_view text = name.substr(0, own);
  // The least that says it: four numbers of one digit, or half of an IPv6 address.
  const auto digits = std::count_if(text.begin(), text.end(), is_nibble);
  if (digits < static_cast<std::ptrdiff_t>(address.is_v4() ? kV4Octets : kHost)) return false;
  const auto& bytes = address.bytes();
  const Octets forth = Octets(bytes).subspan(address.is_v4() ? kV4 : 0);
  IpAddress::Bytes turned_bytes{};
  std::reverse_copy(forth.begin(), forth.end(), turned_bytes.begin());
  const Octets back = Octets(turned_bytes).first(forth.size());
  const std::string plain = without_separators(text);
  const auto has = [&](const std::string& hex) { return plain.find(hex) != std::string::npos; };
  if (address.is_v4()) {
    const std::vector<int> numbers = numbers_in(text);
    return has_octets(numbers, forth) || has_octets(numbers, back) || has(hex_of(forth)) ||
           has(hex_of(back));
  }
  const std::string hex = hex_of(forth);
  const std::string turned(hex.rbegin(), hex.rend());
  return has(hex.substr(kHost)) || has(turned.substr(0, kHost));
}

}  // namespace postern::checks
