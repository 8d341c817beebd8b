#include "ctl/doctor/postfix_words.h"

#include <charconv>

#include "ctl/doctor/config_lines.h"

namespace postern {
namespace {

constexpr std::size_t kMaxPostfixWords = 4096;
constexpr std::string_view kPostfixSeparators = ", \t\r\n";

}  // namespace

std::size_t closing_brace(std::string_view text, std::size_t at) {
  std::size_t open = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return std::string_view::npos;
}

std::vector<std::string_view> postfix_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (words.size() < kMaxPostfixWords) {
    at = text.find_first_not_of(kPostfixSeparators, at);
    if (at == std::string_view::npos) break;
    std::size_t end = text.find_first_of(kPostfixSeparators, at);
    if (text[at] == '{') {
      const std::size_t closing = closing_brace(text, at);
      end = closing == std::string_view::npos ? closing : closing + 1;
    }
    words.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) break;
    at = end;
  }
  return words;
}

std::optional<std::string_view> inside_braces(std::string_view word) {
  if (word.size() < 2 || word.front() != '{' || word.back() != '}') return std::nullopt;
  return without_blanks(word.substr(1, word.size() - 2));
}

std::optional<PostfixAttribute> postfix_attribute(std::string_view word) {
  if (const auto inside = inside_braces(word)) word = *inside;
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  return PostfixAttribute{without_blanks(word.substr(0, equals)),
                          without_blanks(word.substr(equals + 1))};
}

std::optional<std::chrono::milliseconds> mta_time(std::string_view text) {
  text = without_blanks(text);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > 1'000'000'000) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const std::chrono::seconds count{number};
  if (unit.empty() || unit == "s") return count;
  if (unit == "m") return count * 60;
  if (unit == "h") return count * 3600;
  if (unit == "d") return count * 86400;
  if (unit == "w") return count * 604800;
  return std::nullopt;
}

}  // namespace postern
