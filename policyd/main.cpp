// Command line of postern-policyd; everything else is in daemon.h.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "policyd/daemon.h"

namespace {

constexpr const char* kAbout =
    "Decides for Postfix, over its policy protocol, whether mail may come in.\n"
    "It runs in the foreground and logs to stderr; let a service manager start it.\n";

constexpr const char* kMore =
    "Signals:\n"
    "  HUP         read the rules again (a faulty file changes nothing) and reopen the log file\n"
    "  TERM, INT   finish what is in flight and stop; a second one stops at once\n"
    "\n"
    "Exit codes:\n"
    "  0  stopped when told to, or the configuration is right\n"
    "  1  the settings or the rules are wrong; each fault is on stderr as file:line:col: error: "
    "...\n"
    "  2  the command line is wrong\n"
    "  3  it could not start: a listener, the user to become, the log file\n"
    "\n"
    "Postfix asks it with, in main.cf:\n"
    "  smtpd_recipient_restrictions = ... reject_unauth_destination,\n"
    "      check_policy_service { inet:127.0.0.1:10040, timeout=10s, default_action=DUNNO }\n"
    "\n"
    "More: postern-policyd(8), postern.yaml(5), postern-rules(5)";

// May throw what the standard library throws; main() says so and ends.
postern::ExitCode run(int argc, char** argv) {
  using postern::ExitCode;
  CLI::App app(kAbout, "postern-policyd");
  app.footer(kMore);
  std::string config = "/etc/postern/postern.yaml";
  bool check = false;
  app.add_option("--config", config, "Settings file")->type_name("FILE")->capture_default_str();
  app.add_flag("--check-config", check, "Read settings and rules, report all faults, and exit");
  app.set_version_flag("--version", "postern-policyd " POSTERN_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::ok : ExitCode::usage;
  }
  return check ? postern::check_configuration(config)
               : postern::run_daemon(config, POSTERN_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postern-policyd: %s\n", error.what());
  } catch (...) {
    std::fputs("postern-policyd: unknown error\n", stderr);
  }
  return static_cast<int>(postern::ExitCode::start);
}
