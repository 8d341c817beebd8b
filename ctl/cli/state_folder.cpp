#include "ctl/cli/state_folder.h"

#include "common/base/escape.h"
#include "ctl/cli/json_read.h"

namespace postern::ctl {

StateFolder state_folder_in_use(const config::Settings& settings,
                                const std::optional<DaemonAnswer>& running) {
  const std::string& written = settings.state_folder;
  // One that does not say is of an earlier version.
  if (!running || !running->body.contains("state")) return {written, {}};
  const std::string& daemon = running->daemon.name;
  const std::string used = text_of(running->body, "state");
  if (used == printable(written)) return {written, {}};
  if (used.empty()) {
    return {written, daemon + " keeps no generations now; these are of " + written +
                         ", as the settings file says"};
  }
  if (written.empty()) {
    return {{}, daemon + " keeps its generations in " + used + "; the settings file names none"};
  }
  return {written, daemon + " keeps its generations in " + used + "; these are of " + written +
                       ", as the settings file says, which counts from its next start"};
}

}  // namespace postern::ctl
