// Where the generations are that `rollback` and `explain` go by. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/settings.h"
#include "ctl/daemons.h"

namespace postern {

struct StateFolder {
  std::string path;  // empty: nowhere
  std::string note;  // when it is not what the settings file says
};

// `state:` counts from the start of a daemon on: what a daemon says that answers (`running`, its
// /v1/status) goes before the settings, as they are in the file now.
StateFolder state_folder_in_use(const Settings& settings,
                                const std::optional<DaemonAnswer>& running);

}  // namespace postern
