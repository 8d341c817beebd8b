#include "ctl/lists/list_editor.h"

#include "ctl/cli/installation.h"
#include "rules/load/list_place.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

std::string not_a_file(const config::SourceFile& rule_file, const lists::List& list) {
  const std::string& name = list.name();
  return "the entries of list '" + name + "' stand in the rule file itself; write there, at " +
         load::place_of_list(rule_file.text, rule_file.path, name).to_string() + ", 'file: lists/" +
         name + ".txt' in place of 'entries:', and move them into that file, one a line";
}

std::string shown_line(const EditTask& task, const EntryChange& change, std::size_t i) {
  return task.rules.hidden.shown(change.list->file(), change.edit.shown[i]);
}

void print_change(const EditTask& task, const EntryChange& change, const CommandContext& context) {
  const std::string file = explain::short_path(change.path, context.settings_file);
  const bool would =
      task.editor.purpose() == EditPurpose::show && change.edit.kind != EntryEdit::Kind::none;
  for (std::size_t i = 0; i < change.edit.lines.size(); ++i) {
    context.console.line(file, ":", change.edit.lines[i], would ? ": would be " : ": ",
                         to_string(change.edit.kind), ": ", shown_line(task, change, i));
  }
}

void print_edits(const EditTask& task, const CommandContext& context) {
  for (const EntryChange& change : task.changes) print_change(task, change, context);
  for (const std::string& note : task.notes) context.console.line(note);
}

boost::json::object json_of(const EditTask& task, const EntryChange& change) {
  boost::json::array lines;
  for (std::size_t i = 0; i < change.edit.lines.size(); ++i) {
    lines.push_back({{"line", change.edit.lines[i]},
                     {"text", control::json_text(shown_line(task, change, i))}});
  }
  return {{"list", change.list->name()},
          {"file", control::json_text(change.path)},
          {"done", to_string(change.edit.kind)},
          {"lines", lines}};
}

boost::json::object json_of(const EditTask& task) {
  boost::json::array entries;
  for (const EntryChange& change : task.changes) entries.push_back(json_of(task, change));
  boost::json::array notes;
  for (const std::string& note : task.notes) notes.push_back(note.c_str());
  return {{"entries", entries},
          {"dry_run", task.editor.purpose() == EditPurpose::show},
          {"notes", notes}};
}

}  // namespace

Result<std::string> file_of_list(const RulesOnDisk& rules, const lists::List& list) {
  const config::SourceFile& rule_file = rules.read.files.front();
  if (!list.origin().spf.empty()) {
    return failure("the networks of list '" + list.name() +
                   "' are those that its domains publish; its own stand in 'entries:' beside "
                   "'spf:', at " +
                   load::place_of_list(rule_file.text, rule_file.path, list.name()).to_string());
  }
  std::string path = config::resolve_beside(rule_file.path, list.file());
  if (path == rule_file.path || list.file().empty()) return failure(not_a_file(rule_file, list));
  return path;
}

Result<RuleEditor> open_lists(const RulesOnDisk& rules,
                              const std::vector<const lists::List*>& lists, EditPurpose purpose) {
  std::vector<std::string> paths;
  for (const lists::List* list : lists) {
    auto path = file_of_list(rules, *list);
    if (!path) return tl::unexpected(path.error());
    paths.push_back(std::move(*path));
  }
  return RuleEditor::open(rules, paths, purpose);
}

boost::json::object json_of_nothing(EditPurpose purpose, const std::string& why) {
  return {{"entries", boost::json::array{}},
          {"dry_run", purpose == EditPurpose::show},
          {"notes", {why}},
          {"daemons", boost::json::array{}}};
}

CtlExit carry_out(const EditTask& task, const CommandContext& context) {
  return task.editor.apply(
      std::nullopt, {[&] { print_edits(task, context); }, [&] { return json_of(task); }}, context);
}

}  // namespace postern::ctl
