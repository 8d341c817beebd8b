// Loads the rules that a daemon starts with: those of the files or, when the files are faulty, a
// list has shrunk or rules were cut off (rules/load/shrunk_lists.h), the newest kept generation
// that loads. For the main thread; blocks on files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/diagnostic.h"
#include "rules/snapshot.h"
#include "server/config/configuration.h"
#include "server/config/generation_store.h"
#include "server/config/reloader.h"
#include "server/config/settings.h"

namespace postern::config {

struct FirstRules {
  std::shared_ptr<Snapshot> snapshot;  // null: there are none to begin with
  std::vector<SourceFile> files;       // what it was made of
  os::FileIdentities looked_at;        // the files that are to be watched
  // What the snapshot was made of instead of the files, which are faulty.
  std::optional<StoredGeneration> stored;
  ReloadReport report;  // with what was found in the files
};

// The newest generation of the state folder that this daemon would load; none when the very newest
// has the texts of `other_than`.
struct KeptRules {
  RulesRead rules;  // `not_now`: a newer one could not be read just now, and why
  StoredGeneration stored;
};
std::optional<KeptRules> newest_kept_rules(const std::string& state_folder,
                                           const LoadTarget& target,
                                           const std::vector<SourceFile>& other_than);

// What a daemon that goes by `before` would refuse in files that load (rules/load/shrunk_lists.h).
// Nothing in those of a rollback.
std::vector<Diagnostic> shrunk_since(const KeptRules& before, const Snapshot& rules,
                                     const std::vector<SourceFile>& files);

// `settings_diagnostics` is what reading the settings found. Where a file could not be read just
// now, which `report.not_now` tells, the rules may be older ones than there are.
FirstRules read_first_rules(const Settings& settings, Door door,
                            const Diagnostics& settings_diagnostics);

// Gives the rules their number, and keeps them if that is what the settings want. What stands in
// the way of keeping them is a warning, and `report.not_kept`.
std::optional<GenerationStore> keep_first_rules(const Settings& settings, FirstRules& rules,
                                                os::DaemonLog& log);

}  // namespace postern::config
