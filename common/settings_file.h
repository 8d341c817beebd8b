// Reads the daemons' settings file, postern.yaml(5). Everything wrong with it is reported in one
// go. Pure: the text comes from the caller.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/diagnostic.h"
#include "common/settings.h"

namespace postern {

// Nothing when there are errors. `file` is the name for messages.
std::optional<Settings> load_settings(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics);

}  // namespace postern
