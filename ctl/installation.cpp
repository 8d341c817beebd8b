#include "ctl/installation.h"

#include <filesystem>
#include <ostream>

namespace postern {

std::optional<Settings> read_settings_of_any_door(const std::string& file,
                                                  Diagnostics& diagnostics) {
  for (const Door door : {Door::milter, Door::policy}) {
    Diagnostics found;
    auto settings = read_settings(file, door, found);
    // What is said when both fail is the same, or that there is no section.
    if (!settings && door == Door::milter) continue;
    for (const Diagnostic& diagnostic : found.all()) {
      if (diagnostic.severity == Severity::error) {
        diagnostics.error(diagnostic.where, diagnostic.message);
      } else {
        diagnostics.warning(diagnostic.where, diagnostic.message);
      }
    }
    return settings;
  }
  return std::nullopt;
}

std::optional<Settings> settings_for(const CommandContext& context) {
  Diagnostics diagnostics;
  auto settings = read_settings_of_any_door(context.settings_file, diagnostics);
  if (!settings) context.err << diagnostics.to_string();
  return settings;
}

Door widest_door(const Settings& settings) {
  return doors_of(settings).contains(Door::milter) ? Door::milter : Door::policy;
}

}  // namespace postern
