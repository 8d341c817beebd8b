// posternctl: what people do with the daemons.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "common/os/accounts.h"
#include "ctl/command_line.h"

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Who sits there; behind sudo not root. The environment is root's word alone: anybody else could
// have the history name another.
std::string user_name() {
  const std::string_view behind_sudo = ::getuid() == 0 ? environment("SUDO_USER") : "";
  if (!behind_sudo.empty()) return std::string(behind_sudo);
  return postern::os::name_of_user(::getuid());
}

postern::ctl::Terminal terminal() {
  using postern::ctl::Terminal;
  if (::isatty(STDOUT_FILENO) != 1) return Terminal::none;
  return ::isatty(STDIN_FILENO) == 1 ? Terminal::both_ways : Terminal::output;
}

// https://no-color.org: whatever the variable says, unless it is empty.
postern::ctl::Colours colours() {
  const bool wanted = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  const bool seen = terminal() != postern::ctl::Terminal::none;
  return wanted && seen ? postern::ctl::Colours::yes : postern::ctl::Colours::no;
}

std::string terminal_name() {
  const char* name = ::ttyname(STDIN_FILENO);
  const std::string path = name == nullptr ? "" : name;
  return path.starts_with("/dev/") ? path.substr(5) : path;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return postern::ctl::run_command_line(
      {POSTERN_VERSION, user_name(), std::cin, std::cout, std::cerr,
       std::chrono::system_clock::now(), terminal(), colours(), terminal_name()},
      argc, argv);
}
