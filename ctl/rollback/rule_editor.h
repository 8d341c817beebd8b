// The rule file and the lists as they stand on disk, and an edit of them: files found, locked,
// read; checked, written, kept in the history and taken into force together. Blocks on files and on
// the daemons' sockets.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/os/file_place.h"
#include "common/os/folder_lock.h"
#include "ctl/cli/command.h"
#include "ctl/rollback/edit_history.h"
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

class RuleEditor {
 public:
  // Of files of `rules`, which outlive the editor; each is found once, and what is read, locked and
  // replaced is that one. To write, waits until nobody else edits files in their folders. Errors: a
  // path is none of the rules'; to write: a file cannot be locked, or somebody else could have led
  // root there (common/os/way_trust.h).
  static Result<RuleEditor> open(const RulesOnDisk& rules, const std::vector<std::string>& paths,
                                 EditPurpose purpose);

  [[nodiscard]] EditPurpose purpose() const { return purpose_; }
  // REQUIRES of all that take a path: it was among those of open().
  // As the file is on disk now; and as it is to be.
  [[nodiscard]] const std::string& text(const std::string& path) const;
  [[nodiscard]] const std::string& edited(const std::string& path) const;
  void edit(const std::string& path, std::string text);

  // The rules with the edited texts, as the widest door would have them. Null when some door would
  // not load them; the diagnostics say why.
  [[nodiscard]] std::shared_ptr<Snapshot> edited_rules(Diagnostics& diagnostics) const;
  // As that door would have them. Loaded once for each edit: a large list takes its time.
  std::shared_ptr<Snapshot> edited_rules(Door door, Diagnostics& diagnostics) const;

  // What is said of an edit, for people and for programs.
  struct Report {
    std::function<void()> print;
    std::function<boost::json::object()> json;
  };
  // Checks, writes, keeps in the history, has the daemons take it, and says all of that; an editor
  // that only shows checks and says. Nothing is written unless all can be. `undoes`: the entry of
  // the history that the edit takes back. REQUIRES: once.
  CtlExit apply(std::optional<int> undoes, const Report& report, const CommandContext& context);

 private:
  struct OpenFile {
    os::FilePlace place;
    config::SourceFile source;
    std::string edited;
  };

  struct Loaded {
    std::shared_ptr<Snapshot> rules;
    Diagnostics diagnostics;
  };

  RuleEditor(const RulesOnDisk& rules, EditPurpose purpose) : rules_(&rules), purpose_(purpose) {}
  Result<void> add(const std::string& path);
  Result<void> lock();
  [[nodiscard]] Loaded load(Door door) const;
  [[nodiscard]] std::vector<config::SourceFile> changed_files() const;
  [[nodiscard]] std::vector<ChangedText> changed_texts() const;
  [[nodiscard]] Result<void> write();

  const RulesOnDisk* rules_;
  EditPurpose purpose_;
  std::map<std::string, OpenFile> files_;  // by path
  mutable std::map<Door, Loaded> loaded_;  // of the edited texts
  std::vector<os::FolderLock> locks_;      // one a folder
};

}  // namespace postern::ctl
