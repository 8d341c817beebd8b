#include "ctl/doctor/config_lines.h"

#include <utility>

namespace postern::doctor {
namespace {

constexpr std::string_view kConfigBlanks = " \t\r\v\f";

}  // namespace

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\v\f");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n\v\f") - first + 1);
}

std::vector<ConfigLine> config_lines(std::string_view text) {
  text = text.substr(0, kMaxConfigText);
  std::vector<ConfigLine> lines;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string_view said = without_blanks(line);
    if (said.empty() || said.front() == '#') continue;
    const bool goes_on = kConfigBlanks.find(line.front()) != std::string_view::npos;
    if (goes_on && !lines.empty()) {
      lines.back().text.append(" ").append(said);
    } else {
      lines.push_back({number, std::string(said)});
    }
  }
  return lines;
}

std::string ConfigPlace::to_string() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  return setting.empty() ? out : out + ": " + setting;
}

ConfigPlace place_in(const ConfigText& text, int line, std::string setting) {
  return {text.name, text.lines == ConfigText::Lines::of_a_file ? line : 0, std::move(setting)};
}

}  // namespace postern::doctor
