#include "ctl/doctor/postfix_words.h"

#include <charconv>

#include "ctl/doctor/config_lines.h"

namespace postern::doctor {
namespace {

// Where the word ends that begins at `at`: braces count from wherever they open in it.
std::size_t end_of_word(std::string_view text, std::size_t at, std::string_view separators) {
  std::size_t open = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '{') {
      ++open;
    } else if (open > 0) {
      if (text[at] == '}') --open;
    } else if (separators.find(text[at]) != std::string_view::npos) {
      break;
    }
  }
  return at;
}

}  // namespace

std::size_t closing_brace(std::string_view text, std::size_t at) {
  std::size_t open = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return std::string_view::npos;
}

std::vector<std::string_view> postfix_words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (words.size() < kMaxPostfixWords) {
    const std::size_t at = text.find_first_not_of(separators);
    if (at == std::string_view::npos) break;
    const std::size_t end = end_of_word(text, at, separators);
    words.push_back(text.substr(at, end - at));
    text.remove_prefix(end);
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

}  // namespace postern::doctor
