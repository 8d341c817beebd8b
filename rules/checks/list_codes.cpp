#include "rules/checks/list_codes.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/base/whole_number.h"

namespace postern::checks {
namespace {

constexpr std::size_t kLoopback = 127;

// The digits at the beginning of `text`, as a number; nothing if there are none, or too many.
std::optional<std::uint8_t> take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_whole<std::uint8_t>(text.substr(0, digits));
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// `4` or `4..11`
template <class Octet>
bool take_range(std::string_view& text, Octet& octet) {
  const auto first = take_number(text);
  const auto last = take(text, "..") ? take_number(text) : first;
  if (!first || !last || *last < *first) return false;
  for (std::size_t value = *first; value <= *last; ++value) octet.set(value);
  return true;
}

}  // namespace

bool ListCodes::take_octet(std::string_view& text, Octet& octet) {
  if (take(text, "&")) {
    const auto bits = take_number(text);
    if (!bits || *bits == 0) return false;
    for (std::size_t value = 0; value < octet.size(); ++value) {
      octet.set(value, (value & *bits) == *bits);
    }
    return true;
  }
  if (!take(text, "[")) {
    const auto value = take_number(text);
    if (value) octet.set(*value);
    return value.has_value();
  }
  do {
    if (!take_range(text, octet)) return false;
  } while (take(text, ";"));
  return take(text, "]");
}

Result<ListCodes> ListCodes::parse(std::string_view text) {
  ListCodes codes;
  std::string_view rest = text;
  for (std::size_t i = 0; i < codes.octets_.size(); ++i) {
    if ((i > 0 && !take(rest, ".")) || !take_octet(rest, codes.octets_[i])) {
      rest = "?";
      break;
    }
  }
  if (!rest.empty() || codes.octets_[0] != Octet().set(kLoopback)) {
    return failure("found '" + std::string(text) +
                   "', want a code as 127.0.0.2, 127.0.0.[2;4..11] or 127.0.0.&8");
  }
  return codes;
}

bool ListCodes::has(const IpAddress& code) const {
  if (!code.is_v4()) return false;
  constexpr std::size_t kFirst = 12;  // octet of an IPv4 address
  for (std::size_t i = octets_.size(); i-- > 0;) {
    if (!octets_[i][code.bytes()[kFirst + i]]) return false;
  }
  return true;
}

}  // namespace postern::checks
