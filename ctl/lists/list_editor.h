// One list file that is about to be edited: found, locked, read; and the edit checked, written and
// taken into force. Blocks on files and on the daemons' sockets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/file_place.h"
#include "common/os/folder_lock.h"
#include "ctl/cli/command.h"
#include "ctl/lists/list_file.h"
#include "server/config/configuration.h"
#include "server/config/hidden_files.h"
#include "server/config/reloader.h"
#include "server/config/settings.h"

namespace postern::ctl {

// The rules as they stand on disk.
struct RulesOnDisk {
  config::Settings settings;
  config::FaultySettings faulty =
      config::FaultySettings::refuse;  // keep_running: the settings file has faults
  config::RulesRead read;              // of the widest door, with a snapshot
  config::HiddenFiles hidden;          // of `read`; told when there are any
};

// Nothing when something is wrong with them, which is told: an edit could not come into force.
std::optional<RulesOnDisk> read_rules_on_disk(const CommandContext& context);

// Whether a change is to be written, or only to be shown.
enum class EditPurpose { write, show };

class ListEditor {
 public:
  // Of a list in `rules`; the file is found once, and what is read, locked and replaced is that
  // one. To write, waits until nobody else edits files in its folder. Errors: the list has no file
  // of its own (with the line to change); to write: the file cannot be locked, or somebody else
  // could have led root there (common/os/way_trust.h).
  static Result<ListEditor> open(const RulesOnDisk& rules, const lists::List& list,
                                 EditPurpose purpose);

  [[nodiscard]] const std::string& path() const { return source_.path; }
  // As it is on disk now.
  [[nodiscard]] const std::string& text() const { return source_.text; }

  // The rules with `text` in the place of the file, as the widest door would have them. Null when
  // some door would not load them; the diagnostics say why.
  [[nodiscard]] std::shared_ptr<Snapshot> rules_with(const std::string& text,
                                                     Diagnostics& diagnostics) const;
  // Others may edit files in the folder from then on, well or not: no lock is held while a daemon
  // is waited for. Errors: the system's; somebody has changed the file since it was read. REQUIRES:
  // opened to write; once.
  [[nodiscard]] Result<void> write(const std::string& text);
  // The same for one that writes nothing.
  void give_up_lock() { lock_.reset(); }

 private:
  ListEditor(const RulesOnDisk& rules, config::SourceFile source, os::FilePlace place)
      : rules_(&rules), source_(std::move(source)), place_(std::move(place)) {}

  const RulesOnDisk* rules_;
  config::SourceFile source_;
  os::FilePlace place_;
  std::optional<os::FolderLock> lock_;
};

// An edit on its way to the disk and into force.
struct EditTask {
  const RulesOnDisk& rules;
  const lists::List& list;
  ListEditor& editor;
  EntryEdit edit;
  std::vector<std::string> notes;  // said with it
  bool dry_run = false;
};

// Checks, writes, has the daemons take it, and prints all of that.
CtlExit carry_out(const EditTask& task, const CommandContext& context);

}  // namespace postern::ctl
