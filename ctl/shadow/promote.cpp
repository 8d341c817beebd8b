#include "ctl/shadow/promote.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "rules/explain/condition_words.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;
using config::SourceFile;

constexpr std::size_t kMostCountedLines = 1000;  // that are counted, of one file

// Where the text of a candidate's file is to stand.
std::string target_of(const SourceFile& file, const std::string& candidate,
                      const std::string& rules_file) {
  if (file.path == candidate) return rules_file;
  const fs::path relative =
      fs::path(file.path).lexically_relative(fs::path(candidate).parent_path());
  const bool is_below = !relative.empty() && *relative.begin() != "..";
  return is_below ? config::resolve_beside(rules_file, relative.string()) : file.path;
}

// As a file of the rules, so that it may be edited and is read with them.
void name_among(std::vector<SourceFile>& files, SourceFile file) {
  const bool known =
      std::ranges::any_of(files, [&](const SourceFile& one) { return one.path == file.path; });
  if (!known) files.push_back(std::move(file));
}

// The texts that have to be written, by path. All files of the candidate are among those of `rules`
// then.
std::map<std::string, std::string> texts_to_write(const std::vector<SourceFile>& candidate,
                                                  RulesOnDisk& rules) {
  std::map<std::string, std::string> texts;
  const std::string& main = candidate.front().path;
  for (const SourceFile& file : candidate) {
    const std::string target = target_of(file, main, rules.settings.rules_file);
    if (target == file.path) {
      name_among(rules.read.files, file);
    } else {
      name_among(rules.read.files, {target, {}, {}});
      texts.emplace(target, file.text);
    }
  }
  return texts;
}

std::vector<FileChange> changes_of(const RuleEditor& editor,
                                   const std::map<std::string, std::string>& texts) {
  std::vector<FileChange> changes;
  for (const auto& [path, text] : texts) {
    if (editor.text(path) == text) continue;
    changes.push_back(change_between({path, editor.text(path), text}, kMostCountedLines));
  }
  return changes;
}

}  // namespace

CtlExit promote(const std::string& file, const CandidateFiles& candidate, EditPurpose purpose,
                const CommandContext& context) {
  const Console& console = context.console;
  if (!candidate.hidden.empty()) {
    console.error(candidate.hidden.first(), "; so it is not copied, and nothing is written");
    return CtlExit::no;
  }
  auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const auto texts = texts_to_write(candidate.read.files, *rules);
  std::vector<std::string> paths;
  paths.reserve(texts.size());
  for (const auto& [path, text] : texts) paths.push_back(path);
  auto editor = RuleEditor::open(*rules, paths, purpose);
  if (!editor) {
    console.error(editor.error().text);
    return CtlExit::no;
  }
  for (const auto& [path, text] : texts) editor->edit(path, text);
  const auto changes = changes_of(*editor, texts);
  const bool shows = purpose == EditPurpose::show;
  return editor->apply(
      std::nullopt,
      {[&] {
         console.line(shows ? "would promote " : "promoted ",
                      explain::short_path(file, context.settings_file), ": ",
                      changes.empty() ? "the rules are these already" : in_short(changes, context));
       },
       [&] {
         boost::json::array files;
         for (const FileChange& change : changes) files.push_back(control::json_text(change.path));
         return boost::json::object{{"promoted", control::json_text(file)},
                                    {"files", std::move(files)},
                                    {"dry_run", shows}};
       }},
      context);
}

}  // namespace postern::ctl
