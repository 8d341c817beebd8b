// The words of Postfix's lists (postconf(5)), between blanks and commas outside of braces; and what
// stands there for a service: an address with attributes. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::doctor {

inline constexpr std::size_t kMaxPostfixWords = 4096;

// At most kMaxPostfixWords. `{ a, b }` and `inline:{{ a = b }}` are one word each, wherever the
// brace opens in it; what follows a brace that nobody closes belongs to its word.
std::vector<std::string_view> postfix_words(std::string_view text,
                                            std::string_view separators = ", \t\r\n");

// Where the brace is closed that opens at `at`; npos when it is not.
// REQUIRES: text[at] == '{'.
std::size_t closing_brace(std::string_view text, std::size_t at);

// What stands between the braces of such a word; of any other word nothing.
std::optional<std::string_view> inside_braces(std::string_view word);

struct PostfixAttribute {
  std::string_view name;
  std::string_view value;
};

// `name=value` or `{ name = value with blanks }`.
std::optional<PostfixAttribute> postfix_attribute(std::string_view word);

// `10s`, `2m`; seconds without a unit. sendmail writes times the same way.
std::optional<std::chrono::milliseconds> mta_time(std::string_view text);

// A policy service or a filter: `inet:127.0.0.1:10040`, or in braces with attributes behind it.
struct PostfixService {
  std::string address;
  std::vector<std::string> attributes;  // as they are written, in their order

  // Replaces it where it stands, else it comes last. REQUIRES: a value without blanks.
  void set(std::string_view name, const std::string& value);
  // As it is written.
  [[nodiscard]] std::string to_string() const;
};

PostfixService read_postfix_service(std::string_view text);

}  // namespace postern::doctor
