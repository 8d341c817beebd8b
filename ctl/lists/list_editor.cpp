#include "ctl/lists/list_editor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "common/os/way_trust.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/reload.h"
#include "ctl/rollback/vouched_texts.h"
#include "rules/load/list_place.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

const config::SourceFile* find_file(const std::vector<config::SourceFile>& files,
                                    const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const config::SourceFile& file) {
    return file.path == path;
  });
  return found == files.end() ? nullptr : &*found;
}

std::string not_a_file(const config::SourceFile& rule_file, const lists::List& list) {
  const std::string& name = list.name();
  return "the entries of list '" + name + "' stand in the rule file itself; write there, at " +
         load::place_of_list(rule_file.text, rule_file.path, name).to_string() + ", 'file: lists/" +
         name + ".txt' in place of 'entries:', and move them into that file, one a line";
}

bool can_write_beside(const os::FilePlace& place) {
  return ::faccessat(place.folder(), ".", W_OK | X_OK, AT_EACCESS) == 0;
}

std::string shown_line(const EditTask& task, std::size_t i) {
  return task.rules.hidden.shown(task.list.file(), task.edit.shown[i]);
}

void print_edit(const EditTask& task, const CommandContext& context) {
  const std::string file = explain::short_path(task.editor.path(), context.settings_file);
  const bool would = task.dry_run && task.edit.kind != EntryEdit::Kind::none;
  for (std::size_t i = 0; i < task.edit.lines.size(); ++i) {
    context.console.line(file, ":", task.edit.lines[i], would ? ": would be " : ": ",
                         to_string(task.edit.kind), ": ", shown_line(task, i));
  }
  for (const std::string& note : task.notes) context.console.line(note);
  context.console.flush();
}

boost::json::object json_of(const EditTask& task) {
  boost::json::array lines;
  for (std::size_t i = 0; i < task.edit.lines.size(); ++i) {
    lines.push_back(
        {{"line", task.edit.lines[i]}, {"text", control::json_text(shown_line(task, i))}});
  }
  boost::json::array notes;
  for (const std::string& note : task.notes) notes.push_back(note.c_str());
  return {{"list", task.list.name()},
          {"file", control::json_text(task.editor.path())},
          {"done", to_string(task.edit.kind)},
          {"dry_run", task.dry_run},
          {"lines", lines},
          {"notes", notes}};
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

Result<ListEditor> ListEditor::open(const RulesOnDisk& rules, const lists::List& list,
                                    EditPurpose purpose) {
  const config::SourceFile& rule_file = rules.read.files.front();
  const std::string path = config::resolve_beside(rule_file.path, list.file());
  const config::SourceFile* source = find_file(rules.read.files, path);
  if (source == nullptr || source == &rule_file) return failure(not_a_file(rule_file, list));
  const auto place = os::FilePlace::find(path);
  if (!place) return tl::unexpected(place.error());
  ListEditor editor(rules, *source, *place);
  if (auto ours = os::refuse_strangers_as_root(*place, "replace"); !ours) {
    return tl::unexpected(ours.error());
  }
  // Where this account cannot write it has nothing to lock, and write() says so.
  if (purpose == EditPurpose::write && can_write_beside(*place)) {
    auto lock = os::FolderLock::take(*place);
    if (!lock) return tl::unexpected(lock.error());
    editor.lock_.emplace(std::move(*lock));
  }
  // Whoever had the lock before may have written.
  if (place->identify() != source->identity) {
    auto again = os::read_identified_file(*place, config::kMaxListFile);
    if (!again) return tl::unexpected(again.error());
    editor.source_.text = std::move(again->text);
    editor.source_.identity = again->identity;
  }
  return editor;
}

std::shared_ptr<Snapshot> ListEditor::rules_with(const std::string& text,
                                                 Diagnostics& diagnostics) const {
  const config::SourceFile edit{source_.path, text, {}};
  const auto source = config::RuleSource::edited(rules_->read.files, &edit);
  std::shared_ptr<Snapshot> widest;
  for (const Door door : {Door::policy, Door::milter}) {
    if (!config::doors_of(rules_->settings).contains(door)) continue;
    auto read =
        source.load(config::load_target(rules_->settings, door), 0, rules_->read.snapshot.get());
    diagnostics.add(read.diagnostics);
    if (!read.snapshot) return nullptr;
    widest = std::move(read.snapshot);  // the milter door's, where there is one
  }
  return widest;
}

Result<void> ListEditor::write(const std::string& text) {
  auto replacement = os::FileReplacement::prepare(place_, text, source_.identity);
  if (!replacement) return tl::unexpected(replacement.error());
  if (auto committed = replacement->commit(); !committed) return committed;
  lock_.reset();
  return replacement->settle();
}

CtlExit carry_out(const EditTask& task, const CommandContext& context) {
  const auto& [rules, list, editor, edit, notes, dry_run] = task;
  const Console& console = context.console;
  Diagnostics diagnostics;
  if (!editor.rules_with(edit.text, diagnostics)) {
    console.problems(rules.hidden.shown(diagnostics).to_string());
    console.error_line("nothing is written: the rules would not load");
    return CtlExit::no;
  }
  const bool changes = edit.kind != EntryEdit::Kind::none;
  const std::string& rules_file = rules.settings.rules_file;
  // What was there and what comes is vouched for, so that a rollback knows both.
  if (!dry_run) vouch_for(rules_file, rules.read.files, context);
  if (!dry_run && changes) {
    if (const auto written = editor.write(edit.text); !written) {
      console.error(written.error().text);
      return CtlExit::failed;
    }
    const std::string& path = editor.path();
    vouch_for(rules_file, {{path, edit.text, os::identify_file(path)}}, context);
  }
  editor.give_up_lock();
  // Before the daemons are waited for: the file is as it is, whatever they say.
  if (!console.is_json()) print_edit(task, context);
  const std::string done = changes ? "written" : "nothing written";
  std::vector<DaemonAnswer> answers;
  if (!dry_run) {
    answers = ask_reload(rules.settings, {.faulty = rules.faulty}, print_waiting(console, done));
  }
  if (console.is_json()) {
    boost::json::object out = json_of(task);
    out["daemons"] = json_reload(answers);
    console.json(out);
  } else if (!dry_run) {
    print_in_force(answers, done, console);
  }
  return dry_run ? CtlExit::ok : exit_of_reload(answers);
}

}  // namespace postern::ctl
