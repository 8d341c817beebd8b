// postern-milter: the daemon with the milter protocol of sendmail and Postfix for a door.
#include <memory>
#include <utility>

#include "milter/server.h"
#include "server/daemon/command_line.h"

namespace {

constexpr const char* kAbout =
    "Decides for sendmail and Postfix, as a milter, whether mail may come in.\n"
    "It runs in the foreground and logs to stderr; let a service manager start it.\n";

constexpr const char* kMore =
    "sendmail asks it with, in sendmail.mc:\n"
    "  INPUT_MAIL_FILTER(`postern', `S=local:/run/postern/milter, F=T, T=C:10s;S:10s;R:30s;E:1m')\n"
    "Postfix asks it with, in main.cf:\n"
    "  smtpd_milters =\n"
    "      { unix:/run/postern/milter, command_timeout=30s, default_action=accept }\n"
    "\n"
    "More: postern-milter(8), postern.yaml(5), postern-rules(5)";

std::unique_ptr<postern::service::DoorServer> make_server(postern::service::ServerParts parts) {
  return std::make_unique<postern::milter::MilterServer>(std::move(parts));
}

}  // namespace

int main(int argc, char** argv) {
  return postern::daemon::run_command_line(
      {"postern-milter", POSTERN_VERSION, postern::Door::milter, postern::daemon::Ending::at_once,
       make_server, postern::milter::MilterServer::kOwnConnections},
      {kAbout, kMore}, argc, argv);
}
