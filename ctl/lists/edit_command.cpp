#include "ctl/lists/edit_command.h"

#include <boost/json.hpp>
#include <ostream>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/reload.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

std::string words_for(const EntryEdit& edit, bool dry_run) {
  std::string what(to_string(edit.kind));
  if (!dry_run || edit.kind == EntryEdit::Kind::none) return what;
  return "would be " + what;
}

std::string shown_line(const EditTask& task, std::size_t i) {
  return printable(task.rules.hidden.shown(task.list.file(), task.edit.shown[i]));
}

boost::json::object json_of(const EditTask& task) {
  boost::json::array lines;
  for (std::size_t i = 0; i < task.edit.lines.size(); ++i) {
    lines.push_back({{"line", task.edit.lines[i]}, {"text", shown_line(task, i)}});
  }
  boost::json::array notes;
  for (const std::string& note : task.notes) notes.push_back(note.c_str());
  return {{"list", task.list.name()},
          {"file", printable(task.change.path())},
          {"done", to_string(task.edit.kind)},
          {"dry_run", task.dry_run},
          {"lines", lines},
          {"notes", notes}};
}

void tell_edit(const EditTask& task, const CommandContext& context) {
  const std::string file =
      printable(explain::short_path(task.change.path(), context.settings_file));
  for (std::size_t i = 0; i < task.edit.lines.size(); ++i) {
    context.out << file << ":" << task.edit.lines[i] << ": " << words_for(task.edit, task.dry_run)
                << ": " << shown_line(task, i) << "\n";
  }
  for (const std::string& note : task.notes) context.out << printable(note) << "\n";
  context.out.flush();
}

// What would not load is not written.
bool can_be_written(const EditTask& task, const CommandContext& context) {
  Diagnostics diagnostics;
  if (task.change.rules_with(task.edit.text, diagnostics)) return true;
  context.err << task.rules.hidden.shown(diagnostics).to_string()
              << "nothing is written: the rules would not load\n";
  return false;
}

// What was there and what comes is vouched for, so that a rollback knows both.
bool write_edit(const EditTask& task, const CommandContext& context) {
  const std::string& rules_file = task.rules.settings.rules_file;
  vouch_for(rules_file, task.rules.read.files, context);
  if (task.edit.kind == EntryEdit::Kind::none) return true;
  const auto written = task.change.write(task.edit.text);
  if (!written) {
    context.err << "posternctl: " << printable(written.error().text) << "\n";
    return false;
  }
  const std::string& path = task.change.path();
  vouch_for(rules_file, {{path, task.edit.text, os::identify_file(path)}}, context);
  return true;
}

}  // namespace

std::vector<std::string> without_hidden(const RulesOnDisk& rules, std::vector<std::string> notes,
                                        const std::string& what) {
  if (!rules.hidden.empty()) {
    for (std::string& note : notes) note = what + ", which is not shown (see above)";
  }
  return notes;
}

std::string one_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::shared_ptr<const lists::List> list_named(const RulesOnDisk& rules, const std::string& name,
                                              const std::vector<std::string>& fitting,
                                              const CommandContext& context) {
  auto list = rules.read.snapshot->find_list(name);
  if (list) return list;
  context.err << "posternctl: " << printable(rules.read.files.front().path) << " has no list '"
              << printable(name) << "'";
  if (!fitting.empty()) context.err << "; want --list " << printable(one_of(fitting));
  context.err << "\n";
  return nullptr;
}

std::optional<std::string> canonical_for(const lists::List& list, const std::string& value,
                                         const CommandContext& context) {
  auto canonical = canonical_entry(list.kind(), value);
  if (canonical && printable(value) == value) return *canonical;
  context.err << "posternctl: list '" << list.name() << "' is of kind "
              << lists::to_string(list.kind()) << ", and "
              << printable(canonical ? value + " has control characters" : canonical.error().text)
              << "\n";
  return std::nullopt;
}

CtlExit carry_out(const EditTask& task, const CommandContext& context) {
  if (!can_be_written(task, context)) return CtlExit::no;
  if (!task.dry_run && !write_edit(task, context)) return CtlExit::failed;
  task.change.give_up_lock();
  const std::string done = task.edit.kind != EntryEdit::Kind::none ? "written" : "nothing written";
  const bool text = context.output == Output::text;
  // Before the daemons are waited for: the file is as it is, whatever they say.
  if (text) tell_edit(task, context);
  std::vector<DaemonAnswer> answers;
  if (!task.dry_run) {
    answers =
        ask_reload(task.rules.settings, {.faulty = task.rules.faulty}, tell_waiting(context, done));
  }
  if (!text) {
    boost::json::object out = json_of(task);
    out["daemons"] = json_reload(answers);
    context.out << out << "\n";
  } else if (!task.dry_run) {
    tell_in_force(answers, done, context);
  }
  return task.dry_run ? CtlExit::ok : exit_of_reload(answers);
}

}  // namespace postern::ctl
