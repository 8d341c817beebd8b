// Reads the text of the settings file, postern.yaml(5), and reports all its faults at once. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/diagnostic.h"
#include "server/config/settings.h"

namespace postern::config {

// The one that is read where none is named: below the folder of settings that the build was given.
std::string default_settings_file();

// Nothing when there are errors. `file` is the name for messages.
std::optional<Settings> load_settings(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics);

// What can be read of settings that have faults, section by section, for a tool that goes on in
// spite of them; the rest is as if it were not there. A door that has a section is there, though
// with an address that is none, when its own cannot be read.
Settings salvage_settings(std::string_view text);

}  // namespace postern::config
