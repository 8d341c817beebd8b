// Where the generations are that `rollback` and `explain` go by. Pure.
#pragma once

#include <optional>
#include <string>

#include "ctl/cli/daemons.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct StateFolder {
  std::string path;  // empty: nowhere
  std::string note;  // when the daemon that runs uses another
};

// That of the settings and no other: a daemon that was taken over must not lead root elsewhere.
// `state:` counts from the start of a daemon on; so when one that answers (`running`, its
// /v1/status) keeps its generations elsewhere, a note says so.
StateFolder state_folder_in_use(const config::Settings& settings,
                                const std::optional<DaemonAnswer>& running);

}  // namespace postern::ctl
