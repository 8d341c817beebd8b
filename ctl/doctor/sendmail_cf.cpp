#include "ctl/doctor/sendmail_cf.h"

#include <algorithm>
#include <utility>

#include "common/base/ascii_case.h"
#include "ctl/doctor/postfix_words.h"

namespace postern::doctor {
namespace {

constexpr std::size_t kMaxSendmailItems = 200;

std::vector<std::string_view> split_at(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty() && parts.size() < kMaxSendmailItems) {
    const std::size_t end = text.find_first_of(separators);
    const std::string_view part = without_blanks(text.substr(0, end));
    if (!part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::vector<std::string> filter_names(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view name : split_at(text, ",;")) names.emplace_back(name);
  return names;
}

// `C:10s;S:10s;R:30s;E:1m`
void read_times(std::string_view text, SendmailFilter& filter) {
  for (const std::string_view part : split_at(text, ";")) {
    if (part.size() < 3 || part[1] != ':') continue;
    const auto time = mta_time(part.substr(2));
    if (!time) continue;
    switch (part.front()) {
      case 'C':
        filter.connect_time = *time;
        break;
      case 'S':
        filter.send_time = *time;
        break;
      case 'R':
        filter.read_time = *time;
        break;
      case 'E':
        filter.end_time = *time;
        break;
      default:
        break;
    }
  }
}

SendmailFilter filter_of(std::string_view line, ConfigPlace where) {
  SendmailFilter filter;
  const auto parts = split_at(line.substr(1), ",");
  if (!parts.empty()) filter.name = parts.front();
  filter.where = std::move(where);
  filter.where.setting = "X" + filter.name;
  for (const std::string_view part : parts) {
    const auto equate = postfix_attribute(part);
    if (!equate || equate->name.size() != 1) continue;
    if (equate->name == "S") filter.socket = equate->value;
    if (equate->name == "F" && !equate->value.empty()) filter.flag = equate->value.front();
    if (equate->name == "T") read_times(equate->value, filter);
  }
  filter.endpoint = parse_sendmail_endpoint(filter.socket);
  return filter;
}

SendmailDaemon daemon_of(std::string_view options, ConfigPlace where) {
  SendmailDaemon daemon{{}, {}, std::move(where), std::nullopt};
  for (const std::string_view part : split_at(options, ",")) {
    const auto equate = postfix_attribute(part);
    if (!equate || equate->name.empty()) continue;
    // sendmail looks at the first letter of a key alone.
    const char key = equate->name.front();
    if (key == 'N') daemon.name = equate->value;
    if (key == 'P') daemon.port = equate->value;
    if (key == 'I') daemon.filters = filter_names(equate->value);
  }
  return daemon;
}

void read_option(std::string_view line, ConfigPlace where, SendmailCf& cf) {
  const auto option = postfix_attribute(line.substr(1));
  if (!option) return;
  where.setting = "O " + std::string(option->name);
  if (equal_ignoring_case(option->name, "InputMailFilters")) {
    cf.input_filters = filter_names(option->value);
    cf.input_filters_place = std::move(where);
  } else if (equal_ignoring_case(option->name, "DaemonPortOptions") &&
             cf.daemons.size() < kMaxSendmailItems) {
    cf.daemons.push_back(daemon_of(option->value, std::move(where)));
  }
}

}  // namespace

SendmailCf read_sendmail_cf(const ConfigText& text) {
  SendmailCf cf;
  cf.file = text.name;
  cf.input_filters_place = place_in(text, 0, "O InputMailFilters");
  for (const ConfigLine& line : config_lines(text.text)) {
    ConfigPlace where = place_in(text, line.number, {});
    if (line.text.starts_with("O ")) {
      read_option(line.text, std::move(where), cf);
    } else if (line.text.starts_with('X') && cf.filters.size() < kMaxSendmailItems) {
      cf.filters.push_back(filter_of(line.text, std::move(where)));
    }
    // Only without the feature there is a map that looks for the domain.
    if (line.text.starts_with("Kresolve ")) cf.checks_sender_domain = true;
  }
  return cf;
}

bool is_asked(const SendmailCf& cf, const SendmailFilter& filter) {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), filter.name) != names.end();
  };
  return has(cf.input_filters) ||
         std::any_of(cf.daemons.begin(), cf.daemons.end(), [&](const SendmailDaemon& daemon) {
           return daemon.filters && has(*daemon.filters);
         });
}

}  // namespace postern::doctor
