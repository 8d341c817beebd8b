// What is installed here, as a tool sees it that is no daemon: settings without a door of its own.
#pragma once

#include <optional>
#include <string>

#include "ctl/cli/command.h"
#include "ctl/cli/daemons.h"
#include "rules/explain/condition_words.h"
#include "server/config/configuration.h"
#include "server/config/reloader.h"
#include "server/config/settings.h"

namespace postern::ctl {

// As read_settings(), for whichever doors there are.
std::optional<config::Settings> read_settings_of_any_door(const std::string& file,
                                                          Diagnostics& diagnostics);

// The same for a command that cannot do without: what is wrong is told.
std::optional<config::Settings> settings_for(const CommandContext& context);

struct SettingsInUse {
  config::Settings settings;
  int faults = 0;  // of the settings file; when there are any, `settings` is what is left of it
  bool barred = false;  // this account may not read the file: `settings` is what a daemon says
};

// The same for a command that goes on while the daemons serve on: of a file with faults, or that
// cannot be read, it takes what can be read, and the default places; a daemon that answers and has
// started with this file knows better which rule file is in use, and is believed if only root and
// this account can have written it. What is wrong, and what it goes on with, is told. Blocks on the
// daemons' sockets when there are faults.
SettingsInUse settings_in_use(const CommandContext& context);

// What a change of rules or lists asks of the daemons: faults of the settings are not to keep it
// out of force.
config::FaultySettings faulty_settings_of(const SettingsInUse& in_use);

// Says on standard error for whom one waits; `done` in front: `written`. The console outlives it.
OnSilence print_waiting(const Console& console, const std::string& done = {});

// For the door that can judge by all rules, where there is one.
LoadTarget widest_target(const config::Settings& settings);

// The rules of the installation, as that door would have them now.
config::RulesRead load_rules_on_disk(const config::Settings& settings);

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
