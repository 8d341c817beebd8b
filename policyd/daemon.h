// The life of the policy daemon: what it reads, what it takes, what it gives up, how it serves and
// how it ends. For the main thread.
#pragma once

#include <string>

namespace postern {

// Documented in postern-policyd(8).
enum class ExitCode : int { ok = 0, configuration = 1, usage = 2, start = 3 };

// Reads settings and rules, tells all that is wrong with them on stderr, and the result on stdout.
ExitCode check_configuration(const std::string& settings_file);

// Serves until SIGTERM or SIGINT.
ExitCode run_daemon(const std::string& settings_file, const std::string& version);

}  // namespace postern
