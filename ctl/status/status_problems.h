// What is wrong by what the daemons answered to /v1/status, the worst first. Pure.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/cli/daemons.h"

namespace postern::ctl {

struct StatusProblem {
  CtlExit severity = CtlExit::ok;  // what `status` ends with because of it; ok: only worth knowing
  std::string text;
};

// `on_disk` is the fingerprint of the files as they are now; none when they could not be read.
std::vector<StatusProblem> problems_of(const std::vector<DaemonAnswer>& answers,
                                       const std::optional<std::string>& on_disk);

// The same for an account that may not read the files.
std::vector<StatusProblem> problems_but_of_files(const std::vector<DaemonAnswer>& answers);

// The settings file has faults: daemons that run go on, and would not start.
StatusProblem faulty_settings(const std::string& file, int faults);

// failed before no before ok.
CtlExit exit_of(const std::vector<StatusProblem>& problems);

// How the daemon's last reload ended, as its answer has it.
const boost::json::object& last_reload(const DaemonAnswer& answer);
// That changed nothing, and what was found is told below the daemon.
bool is_behind(const DaemonAnswer& answer);

}  // namespace postern::ctl
