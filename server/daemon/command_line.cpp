#include "server/daemon/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "server/config/settings_file.h"

namespace postern::daemon {
namespace {

constexpr const char* kSignalsAndCodes =
    "Signals:\n"
    "  HUP, USR1   read settings and rules again, as when a file changes (a faulty one changes\n"
    "              nothing), and reopen the log file\n"
    "  TERM, INT   finish what is in flight and stop; a second one stops at once\n"
    "\n"
    "Exit codes:\n"
    "  0  stopped when told to, or the configuration is right\n"
    "  1  the settings are wrong, or the rules and none are kept to begin with; each fault is on\n"
    "     stderr as file:line:col: error: ...\n"
    "  2  the command line is wrong\n"
    "  3  it could not start: a listener, the control socket, the user to become, the log file\n"
    "  4  it ended though nobody said so; a service manager should start it again\n"
    "\n";

// May throw what the standard library throws.
ExitCode run(const Daemon& daemon, const HelpTexts& help, int argc, char** argv) {
  CLI::App app(help.about, daemon.name);
  app.footer(std::string(kSignalsAndCodes) + help.more);
  std::string config = config::default_settings_file();
  bool check = false;
  app.add_option("--config", config, "Settings file")->type_name("FILE")->capture_default_str();
  app.add_flag("--check-config", check, "Read settings and rules, report all faults, and exit");
  app.set_version_flag("--version", daemon.name + " " + daemon.version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::ok : ExitCode::usage;
  }
  return check ? check_configuration(daemon, config) : run_daemon(daemon, config);
}

}  // namespace

int run_command_line(const Daemon& daemon, const HelpTexts& help, int argc, char** argv) {
  try {
    return static_cast<int>(run(daemon, help, argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", daemon.name.c_str(), error.what());
  } catch (...) {
    std::fprintf(stderr, "%s: unknown error\n", daemon.name.c_str());
  }
  // Not `start`, after which a service manager leaves it: memory may have run out while it served.
  return static_cast<int>(ExitCode::failed);
}

}  // namespace postern::daemon
