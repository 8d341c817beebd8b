#include "ctl/doctor/config_lines.h"
#include "common/base/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kConfigBlanks = " \t\r\v\f";

constexpr std::array<std::string_view, 12> kMacros{
    "divert(", "include(", "define(", "undefine(",  "FEATURE(",           "MAILER(",
    "OSTYPE(", "DOMAIN(",  "dnl",     "VERSIONID(", "INPUT_MAIL_FILTER(", "DAEMON_OPTIONS("};

bool is_macro(std::string_view line) {
  return std::any_of(kMacros.begin(), kMacros.end(),
                     [&](std::string_view macro) { return line.starts_with(macro); });
}

// `V10/Berkeley`, `O Timeout.queuereturn=5d`
bool is_of_sendmail_cf(std::string_view line) {
  const bool version = line.size() > 1 && line[0] == 'V' && line[1] >= '0' && line[1] <= '9';
  return version || line.starts_with("O ");
}

bool is_service(std::string_view line) {
  const auto words = postfix_words(line, " \t");
  return words.size() >= 8 && (words[1] == "inet" || words[1] == "unix" || words[1] == "fifo" ||
                               words[1] == "pass" || words[1] == "unix-dgram");
}

bool is_parameter(std::string_view line) {
  const std::string_view name = without_blanks(line.substr(0, line.find('=')));
  return name.size() < line.size() && !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

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

MtaTextKind kind_of_mta_text(std::string_view text) {
  const auto lines = config_lines(text);
  const auto any = [&](bool (*is_such)(std::string_view)) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const ConfigLine& line) { return is_such(line.text); });
  };
  if (any(is_of_sendmail_cf)) return MtaTextKind::sendmail_cf;
  if (any(is_macro)) return MtaTextKind::sendmail_mc;
  if (any(is_service)) return MtaTextKind::master_cf;
  if (any(is_parameter)) return MtaTextKind::main_cf;
  return MtaTextKind::unknown;
}

std::string_view to_string(MtaTextKind kind) {
  using enum MtaTextKind;
  static constexpr Word<MtaTextKind> kWords[] = {
      {"no configuration of an MTA", unknown},
      {"a main.cf of Postfix", main_cf},
      {"a master.cf of Postfix", master_cf},
      {"a sendmail.cf", sendmail_cf},
      {"the m4 source (.mc) that sendmail.cf is made of", sendmail_mc}};
  return word_of(kWords, kind);
}

}  // namespace postern::doctor
