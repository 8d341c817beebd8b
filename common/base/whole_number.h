// A text that is one whole number and nothing else. Pure.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace postern {

// Nothing for an empty text, for anything before or behind the digits but a minus sign where the
// type has one, and for a number that the type has no room for.
template <std::integral Number>
std::optional<Number> parse_whole(std::string_view text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc{} && rest == end ? std::optional(number) : std::nullopt;
}

}  // namespace postern
