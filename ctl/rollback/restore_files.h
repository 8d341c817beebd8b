// Writes the files of a kept generation where they stood, and nothing anywhere else. Errors are the
// system's, with the file. Blocks on files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/os/file_place.h"
#include "common/os/folder_lock.h"
#include "ctl/rollback/rollback_plan.h"
#include "server/config/configuration.h"

namespace postern::ctl {

struct RulePlaces {
  std::string rules_file;
  std::string settings_file;
};

// The store belongs to the daemons' account, and this may be root: a manifest must not have it
// write anywhere. Only what the present rules (`now`) name, or what lies below the folder of the
// rule file with links followed, is put back; the settings file never, nor what posternctl writes
// beside the rule file for itself. What is as it was may be anywhere: rules that do not even parse
// name no lists. Error: the first file of `plan` that is neither; or for root, one to which
// somebody else could have led (common/os/way_trust.h), or which is not to be shown
// (server/config/hidden_files.h).
Result<void> check_places(const RollbackPlan& plan, const std::vector<config::SourceFile>& now,
                          const RulePlaces& places);

// Keeps other posternctl away from the folders of these files.
Result<std::vector<os::FolderLock>> lock_folders(const std::vector<config::SourceFile>& files);

// A second name for what is there, so that it stays as it is when the first is given away:
// FILE.before-rollback, or .2, .3 behind that, the first that nobody has. Returns its place.
Result<os::FilePlace> save_beside(const os::FilePlace& place);

struct WrittenFiles {
  std::vector<std::string> saved;  // the names of what was kept
  std::optional<Error> unmarked;   // why the generation to come will not say that it is a rollback
};

// Puts the files of generation `number`, which `wanted` are, where they stood: those of `plan`. All
// are found once, got ready before the first is replaced, and marked
// (server/config/rollback_mark.h). Error: nothing is written, or the text says what is. REQUIRES:
// check_places(), lock_folders().
Result<void> write_plan(const RollbackPlan& plan, const std::vector<config::SourceFile>& wanted,
                        std::uint64_t number, WrittenFiles& written);

}  // namespace postern::ctl
