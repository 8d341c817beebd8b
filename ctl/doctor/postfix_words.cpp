#include "ctl/doctor/postfix_words.h"

#include <algorithm>
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

bool is_about(const std::string& word, std::string_view name) {
  const auto attribute = postfix_attribute(word);
  return attribute && attribute->name == name;
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

void PostfixService::set(std::string_view name, const std::string& value) {
  const auto is_it = [&](const std::string& word) { return is_about(word, name); };
  std::string text = std::string(name) + "=" + value;
  const auto found = std::find_if(attributes.begin(), attributes.end(), is_it);
  if (found == attributes.end()) {
    attributes.push_back(std::move(text));
    return;
  }
  *found = std::move(text);
  attributes.erase(std::remove_if(found + 1, attributes.end(), is_it), attributes.end());
}

std::string PostfixService::to_string() const {
  if (attributes.empty()) return address;
  std::string out = "{ " + address;
  for (const std::string& attribute : attributes) out += ", " + attribute;
  return out + " }";
}

PostfixService read_postfix_service(std::string_view text) {
  PostfixService service;
  const auto words = postfix_words(inside_braces(text).value_or(text));
  if (words.empty()) return service;
  service.address = words.front();
  service.attributes.assign(words.begin() + 1, words.end());
  return service;
}

}  // namespace postern::doctor
