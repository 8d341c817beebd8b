// posternctl: what people do with the daemons.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "ctl/command_line.h"

namespace {

// Who sits there; behind sudo not root.
std::string user_name() {
  for (const char* name : {"SUDO_USER", "USER"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

postern::ctl::Terminal terminal() {
  const bool both = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  return both ? postern::ctl::Terminal::both_ways : postern::ctl::Terminal::none;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  return postern::ctl::run_command_line({POSTERN_VERSION, user_name(), std::cin, std::cout,
                                         std::cerr, std::chrono::system_clock::now(), terminal()},
                                        argc, argv);
}
