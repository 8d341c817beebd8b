// postern-policyd: the daemon with Postfix's policy protocol for a door.
#include <memory>
#include <utility>

#include "policyd/server.h"
#include "server/daemon/command_line.h"

namespace {

constexpr const char* kAbout =
    "Decides for Postfix, over its policy protocol, whether mail may come in.\n"
    "It runs in the foreground and logs to stderr; let a service manager start it.\n";

constexpr const char* kMore =
    "Postfix asks it with, in main.cf:\n"
    "  smtpd_recipient_restrictions = ... reject_unauth_destination,\n"
    "      check_policy_service { unix:postern/policy, timeout=10s, default_action=DUNNO }\n"
    "\n"
    "More: postern-policyd(8), postern.yaml(5), postern-rules(5)";

std::unique_ptr<postern::service::DoorServer> make_server(postern::service::ServerParts parts) {
  return std::make_unique<postern::policyd::PolicyServer>(std::move(parts));
}

}  // namespace

int main(int argc, char** argv) {
  return postern::daemon::run_command_line(
      {"postern-policyd", POSTERN_VERSION, postern::Door::policy, postern::daemon::Ending::orderly,
       make_server},
      {kAbout, kMore}, argc, argv);
}
