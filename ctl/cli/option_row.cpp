#include "ctl/cli/option_row.h"

namespace postern::ctl {

OneOf one_of(std::string& to, const std::vector<std::string>& words) {
  return {words, [&to, words](std::size_t place) { to = words[place]; }};
}

std::string OptionRow::name() const {
  if (words.starts_with('[')) return words.substr(1, words.size() - 2);
  return words.substr(0, words.find(' '));
}

std::string OptionRow::type() const {
  const std::size_t blank = words.find(' ');
  return blank == std::string::npos ? "" : words.substr(blank + 1);
}

bool OptionRow::is_flag() const {
  return std::holds_alternative<bool*>(to) || std::holds_alternative<Set>(to);
}

std::vector<std::string> OptionRow::choices() const {
  const auto* one = std::get_if<OneOf>(&to);
  return one == nullptr ? std::vector<std::string>{} : one->words;
}

}  // namespace postern::ctl
