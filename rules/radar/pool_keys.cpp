#include "rules/radar/pool_keys.h"

#include <algorithm>
#include <cstddef>

namespace postern::radar {
namespace {

constexpr std::size_t kMaxWord = 128;

}  // namespace

bool is_below(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

bool is_plain_word(std::string_view text) {
  const auto is_plain = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.' ||
           letter == '_' || letter == '-';
  };
  return !text.empty() && text.size() <= kMaxWord && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace postern::radar
