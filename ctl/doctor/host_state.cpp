#include "ctl/doctor/host_state.h"

#include <utility>

#include "common/base/ascii_case.h"
#include "ctl/doctor/config_lines.h"

namespace postern::doctor {
namespace {

constexpr std::string_view kHostsBlanks = " \t\r\v\f";

std::vector<std::string_view> hosts_words(std::string_view line) {
  std::vector<std::string_view> words;
  line = line.substr(0, line.find('#'));
  for (;;) {
    const std::size_t first = line.find_first_not_of(kHostsBlanks);
    if (first == std::string_view::npos) return words;
    line.remove_prefix(first);
    const std::size_t length = line.find_first_of(kHostsBlanks);
    words.push_back(line.substr(0, length));
    line.remove_prefix(words.back().size());
  }
}

}  // namespace

HostsFile read_hosts(std::string_view text) {
  text = text.substr(0, kMaxConfigText);
  HostsFile hosts;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const auto words = hosts_words(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (words.size() < 2) continue;
    const auto address = IpAddress::parse(words.front());
    if (!address) continue;
    HostsLine line{number, *address, {}};
    for (std::size_t i = 1; i < words.size(); ++i) line.names.push_back(ascii_lower(words[i]));
    hosts.lines.push_back(std::move(line));
  }
  return hosts;
}

}  // namespace postern::doctor
