// A short word that stands for one decision: `{token}` of a rule's text gives it to the client, and
// `token=` of the decision line says what it stands for. A value; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

inline constexpr std::string_view kTokenPlaceholder = "{token}";

// The tokens of one connection, one after the other; the seed says which. With a seed that nobody
// chooses two decisions have the same token once in 22 * 32^5, 700 million: among a hundred
// thousand refusals there is another one with the token of a complaint for one complaint in seven
// thousand, and then the log shows both.
class Tokens {
 public:
  Tokens() = default;  // there are none
  explicit Tokens(std::uint64_t seed) : state_(seed) {}

  // `k7m3f2`: a letter, then letters and digits, without those that a person takes for another
  // (i, l, o, u). Empty: there are none.
  std::string next();
  // `k7m3f2.q0x8da`: for what nobody reads aloud, and must be told apart. Empty: there are none.
  std::string next_name();

 private:
  std::optional<std::uint64_t> state_;
};

// Whether it has the form of one.
bool is_token(std::string_view text);

}  // namespace postern
