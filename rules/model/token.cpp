#include "rules/model/token.h"

namespace postern {
namespace {

constexpr std::string_view kLetters = "abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kLettersAndDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kTokenLength = 6;

// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
// 2014): states one step apart give numbers that have nothing in common.
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

std::uint64_t mixed(std::uint64_t state) {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

}  // namespace

std::string Tokens::next() {
  if (!state_) return {};
  *state_ += kStep;
  std::uint64_t number = mixed(*state_);
  std::string token;
  while (token.size() < kTokenLength) {
    const std::string_view from = token.empty() ? kLetters : kLettersAndDigits;
    token += from[number % from.size()];
    number /= from.size();
  }
  return token;
}

std::string Tokens::next_name() {
  const std::string first = next();
  return first.empty() ? first : first + "." + next();
}

bool is_token(std::string_view text) {
  return text.size() == kTokenLength && kLetters.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(kLettersAndDigits) == std::string_view::npos;
}

}  // namespace postern
