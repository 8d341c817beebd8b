// What is installed here, as a tool sees it that is no daemon: settings without a door of its own.
#pragma once

#include <optional>
#include <string>

#include "common/settings.h"
#include "ctl/command.h"
#include "rules/condition_words.h"
#include "rules/io/configuration.h"

namespace postern {

// As read_settings(), for whichever doors there are.
std::optional<Settings> read_settings_of_any_door(const std::string& file,
                                                  Diagnostics& diagnostics);

// The same for a command that cannot do without: what is wrong is told.
std::optional<Settings> settings_for(const CommandContext& context);

// The door that can judge by all rules, where there is one.
Door widest_door(const Settings& settings);

}  // namespace postern
