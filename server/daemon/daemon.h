// The life of a daemon, whichever its door: reads settings and rules, opens the sockets, gives up
// privileges, serves, and ends. For the main thread.
#pragma once

#include <cstddef>
#include <string>

#include "rules/model/door.h"
#include "server/service/door_server.h"

namespace postern::daemon {

// What becomes of the process when its server has ended.
enum class Ending {
  orderly,  // the server is destroyed, run_daemon() returns
  // The server leaves threads behind that still use it (libmilter's are detached): it is not
  // destroyed, the log is written out, and the process ends without giving anything up.
  at_once,
};

struct Daemon {
  std::string name;  // `postern-policyd`
  std::string version;
  Door door;  // whose section of the settings holds, and what the rules are loaded for
  Ending ending = Ending::orderly;
  service::MakeServer make_server;
  // Of its server to its own listener, made while the socket can still be opened.
  std::size_t own_connections = 0;
};

// Documented in the daemon's page.
enum class ExitCode : int {
  ok = 0,
  configuration = 1,
  usage = 2,
  start = 3,
  failed = 4,   // the server ended without being told to; a service manager starts it again
  not_now = 5,  // descriptors, memory or a disk failed it; a service manager starts it again
};

// Reads settings and rules, tells all that is wrong with them on stderr, and the result on stdout.
ExitCode check_configuration(const Daemon& daemon, const std::string& settings_file);

// Serves until SIGTERM or SIGINT. When files change, at SIGHUP and SIGUSR1 it reads them again.
ExitCode run_daemon(const Daemon& daemon, const std::string& settings_file);

}  // namespace postern::daemon
