// Settings and rules as they stand on disk: what both daemons read when they start, and the rules
// again when told to. Everything wrong with a file goes to the diagnostics. Blocks on files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/diagnostic.h"
#include "common/settings.h"
#include "rules/door.h"
#include "rules/snapshot.h"

namespace postern {

// Nothing when there are errors; that nothing is said about `door` is one. The result is complete:
// `rules_file` needs no folder to be added, and `dns.upstreams` has the servers of /etc/resolv.conf
// if the file names none.
std::optional<Settings> read_settings(const std::string& file, Door door, Diagnostics& diagnostics);

// The doors that the settings have a section for.
DoorSet doors_of(const Settings& settings);

// The rules and the list files they name. Null when there are errors.
std::shared_ptr<const Snapshot> read_rules(const std::string& file, std::uint64_t generation,
                                           const Audience& audience, Diagnostics& diagnostics);

// `file` as it is if absolute, else as a neighbour of the file `beside`.
std::string resolve_beside(const std::string& beside, const std::string& file);

}  // namespace postern
