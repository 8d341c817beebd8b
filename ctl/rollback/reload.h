// `posternctl reload`: both daemons read their files again; and the same for the commands that
// change a file.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/cli/daemons.h"
#include "server/config/reloader.h"
#include "server/config/settings.h"

namespace postern::ctl {

// What a reload takes that it would refuse otherwise, and how long it is waited for.
struct ReloadRequest {
  config::ShrunkLists shrunk = config::ShrunkLists::refuse;
  config::FaultySettings faulty = config::FaultySettings::refuse;
  std::string accepted_loss = {};  // the name of the candidate
  std::chrono::milliseconds wait = kQuickAnswer;
};
std::vector<DaemonAnswer> ask_reload(const config::Settings& settings, const ReloadRequest& wanted,
                                     const OnSilence& on_silence);

// ok: all have taken the files as they are; no: one has refused; failed: one was not reached.
CtlExit exit_of_reload(const std::vector<DaemonAnswer>& answers);

// Each one's outcome, and what is wrong with the files, once if they agree.
void print_reload(const std::vector<DaemonAnswer>& answers, const Console& console);

// The same in one line when all is well: `in force since generation 13 (policyd), 13 (milter)`.
// `done` is said in front when no daemon was reached: `written`.
void print_in_force(const std::vector<DaemonAnswer>& answers, std::string_view done,
                    const Console& console);

boost::json::array json_reload(const std::vector<DaemonAnswer>& answers);

}  // namespace postern::ctl
