#include "ctl/rollback/rule_editor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "common/os/way_trust.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/reload.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

const config::SourceFile* find_file(const std::vector<config::SourceFile>& files,
                                    const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const config::SourceFile& file) {
    return file.path == path;
  });
  return found == files.end() ? nullptr : &*found;
}

bool can_write_beside(const os::FilePlace& place) {
  return ::faccessat(place.folder(), ".", W_OK | X_OK, AT_EACCESS) == 0;
}

}  // namespace

std::optional<RulesOnDisk> read_rules_on_disk(const CommandContext& context) {
  SettingsInUse in_use = settings_in_use(context);
  RulesOnDisk rules{std::move(in_use.settings), faulty_settings_of(in_use), {}, {}};
  rules.read = load_rules_on_disk(rules.settings);
  rules.hidden = config::HiddenFiles::of(rules.settings, rules.read.files);
  if (!rules.hidden.empty()) context.console.warning(rules.hidden.first());
  if (rules.read.snapshot) return rules;
  context.console.problems(rules.hidden.shown(rules.read.diagnostics).to_string());
  context.console.error_line("the rules on disk do not load, so no change could come into force");
  return std::nullopt;
}

Result<RuleEditor> RuleEditor::open(const RulesOnDisk& rules, const std::vector<std::string>& paths,
                                    EditPurpose purpose) {
  RuleEditor editor(rules, purpose);
  for (const std::string& path : paths) {
    if (auto added = editor.add(path); !added) return tl::unexpected(added.error());
  }
  if (purpose == EditPurpose::write) {
    if (auto locked = editor.lock(); !locked) return tl::unexpected(locked.error());
  }
  for (auto& [path, file] : editor.files_) {
    // Whoever had the lock before may have written.
    if (file.place.identify() != file.source.identity) {
      auto again = os::read_identified_file(file.place, config::kMaxListFile);
      if (!again) return tl::unexpected(again.error());
      file.source.text = std::move(again->text);
      file.source.identity = again->identity;
    }
    file.edited = file.source.text;
  }
  return editor;
}

Result<void> RuleEditor::add(const std::string& path) {
  if (files_.contains(path)) return {};
  const config::SourceFile* source = find_file(rules_->read.files, path);
  if (source == nullptr) return failure(path + " is no file of these rules");
  const auto place = os::FilePlace::find(path);
  if (!place) return tl::unexpected(place.error());
  if (auto ours = os::refuse_strangers_as_root(*place, "replace"); !ours) return ours;
  files_.emplace(path, OpenFile{*place, *source, {}});
  return {};
}

Result<void> RuleEditor::lock() {
  // Always in the same order, so that no two commands wait for each other.
  std::map<std::string, const os::FilePlace*> folders;
  for (const auto& [path, file] : files_) folders.emplace(file.place.folder_path(), &file.place);
  for (const auto& [folder, place] : folders) {
    // Where this account cannot write it has nothing to lock, and write() says so.
    if (!can_write_beside(*place)) continue;
    auto lock = os::FolderLock::take(*place);
    if (!lock) return tl::unexpected(lock.error());
    locks_.push_back(std::move(*lock));
  }
  return {};
}

const std::string& RuleEditor::text(const std::string& path) const {
  return files_.at(path).source.text;
}

const std::string& RuleEditor::edited(const std::string& path) const {
  return files_.at(path).edited;
}

void RuleEditor::edit(const std::string& path, std::string text) {
  files_.at(path).edited = std::move(text);
  loaded_.clear();
}

std::vector<config::SourceFile> RuleEditor::changed_files() const {
  std::vector<config::SourceFile> changed;
  for (const auto& [path, file] : files_) {
    if (file.edited != file.source.text) {
      changed.push_back({path, file.edited, os::identify_file(path)});
    }
  }
  return changed;
}

std::vector<ChangedText> RuleEditor::changed_texts() const {
  std::vector<ChangedText> changed;
  for (const auto& [path, file] : files_) {
    if (file.edited != file.source.text) changed.push_back({path, file.source.text, file.edited});
  }
  return changed;
}

RuleEditor::Loaded RuleEditor::load(Door door) const {
  // The rule file is the first of the files.
  std::vector<config::SourceFile> files = rules_->read.files;
  for (config::SourceFile& file : files) {
    const auto edited = files_.find(file.path);
    if (edited != files_.end()) file.text = edited->second.edited;
  }
  auto read =
      config::RuleSource::edited(files, rules_->settings.state_folder)
          .load(config::load_target(rules_->settings, door), 0, rules_->read.snapshot.get());
  return {std::move(read.snapshot), std::move(read.diagnostics)};
}

std::shared_ptr<Snapshot> RuleEditor::edited_rules(Door door, Diagnostics& diagnostics) const {
  auto loaded = loaded_.find(door);
  if (loaded == loaded_.end()) loaded = loaded_.emplace(door, load(door)).first;
  diagnostics.add(loaded->second.diagnostics);
  return loaded->second.rules;
}

std::shared_ptr<Snapshot> RuleEditor::edited_rules(Diagnostics& diagnostics) const {
  std::shared_ptr<Snapshot> widest;
  for (const Door door : {Door::policy, Door::milter}) {
    if (!config::doors_of(rules_->settings).contains(door)) continue;
    auto rules = edited_rules(door, diagnostics);
    if (!rules) return nullptr;
    widest = std::move(rules);  // the milter door's, where there is one
  }
  return widest;
}

Result<void> RuleEditor::write() {
  std::vector<os::FileReplacement> replacements;
  for (const auto& [path, file] : files_) {
    if (file.edited == file.source.text) continue;
    auto prepared = os::FileReplacement::prepare(file.place, file.edited, file.source.identity);
    if (!prepared) return tl::unexpected(prepared.error());
    replacements.push_back(std::move(*prepared));
  }
  std::string written;
  for (os::FileReplacement& replacement : replacements) {
    if (auto committed = replacement.commit(); !committed) {
      return failure(committed.error().text +
                     (written.empty() ? "" : "; written before that:" + written));
    }
    written += " " + replacement.target();
  }
  locks_.clear();
  for (const os::FileReplacement& replacement : replacements) {
    if (auto settled = replacement.settle(); !settled) return settled;
  }
  return {};
}

CtlExit RuleEditor::apply(std::optional<int> undoes, const Report& report,
                          const CommandContext& context) {
  const Console& console = context.console;
  Diagnostics diagnostics;
  if (!edited_rules(diagnostics)) {
    console.problems(rules_->hidden.shown(diagnostics).to_string());
    console.error_line("nothing is written: the rules would not load");
    return CtlExit::no;
  }
  const bool writes = purpose_ == EditPurpose::write;
  const auto changed = changed_texts();
  const std::string& rules_file = rules_->settings.rules_file;
  // What was there and what comes is vouched for, so that a rollback knows both.
  if (writes) vouch_for(rules_file, rules_->read.files, context);
  if (writes && !changed.empty()) {
    if (const auto written = write(); !written) {
      console.error(written.error().text);
      return CtlExit::failed;
    }
    vouch_for(rules_file, changed_files(), context);
    keep_in_history(rules_file, changed, undoes, context);
  }
  locks_.clear();
  // Before the daemons are waited for: the files are as they are, whatever they say.
  if (!console.is_json()) report.print();
  console.flush();
  const std::string done = changed.empty() ? "nothing written" : "written";
  std::vector<DaemonAnswer> answers;
  if (writes) {
    answers =
        ask_reload(rules_->settings, {.faulty = rules_->faulty}, print_waiting(console, done));
  }
  if (console.is_json()) {
    boost::json::object out = report.json();
    out["daemons"] = json_reload(answers);
    console.json(out);
  } else if (writes) {
    print_in_force(answers, done, console);
  }
  return writes ? exit_of_reload(answers) : CtlExit::ok;
}

}  // namespace postern::ctl
