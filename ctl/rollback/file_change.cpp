#include "ctl/rollback/file_change.h"

#include "common/base/fingerprint.h"
#include "common/os/file_identity.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/line_diff.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

LineDiff lines_in(const FileChange& change) {
  LineDiff diff;
  for (const LineHunk& hunk : change.hunks) {
    diff.added += hunk.added.size();
    diff.removed += hunk.removed.size();
  }
  return diff;
}

}  // namespace

FileChange change_between(const ChangedText& text, std::size_t most) {
  FileChange change{text.path,
                    {},
                    false,
                    fingerprint_of(text.before).to_string(),
                    fingerprint_of(text.after).to_string()};
  if (are_comparable(text.before, text.after)) {
    change.hunks = hunks_between(text.before, text.after);
  }
  const LineDiff lines = lines_in(change);
  change.is_too_large = change.hunks.empty() || lines.added + lines.removed > most;
  if (change.is_too_large) change.hunks.clear();
  return change;
}

std::string in_short(const std::vector<FileChange>& changes, const CommandContext& context) {
  std::string text;
  for (const FileChange& change : changes) {
    text += (text.empty() ? "" : ", ") + explain::short_path(change.path, context.settings_file) +
            " " + (change.is_too_large ? "+/- many lines" : lines_in(change).to_string());
  }
  return text;
}

config::HiddenFiles hidden_in(const std::vector<FileChange>& changes,
                              const config::Settings& settings) {
  const std::string& rules_file = settings.rules_file;
  std::vector<config::SourceFile> files{{rules_file, {}, os::identify_file(rules_file)}};
  for (const FileChange& change : changes) {
    if (change.path == rules_file) continue;
    files.push_back({change.path, {}, os::identify_file(change.path)});
  }
  return config::HiddenFiles::of(settings, files);
}

void print_lines(const std::vector<FileChange>& changes, const config::HiddenFiles& hidden,
                 const CommandContext& context) {
  const Console& console = context.console;
  for (const FileChange& change : changes) {
    console.line(explain::short_path(change.path, context.settings_file), ":");
    if (change.is_too_large) console.line("  too many lines");
    for (const LineHunk& hunk : change.hunks) {
      for (const std::string& line : hunk.removed) {
        console.line("  -", hunk.at, ": ", hidden.shown(change.path, line));
      }
      std::size_t at = hunk.at;
      for (const std::string& line : hunk.added) {
        console.line("  +", at++, ": ", hidden.shown(change.path, line));
      }
    }
  }
}

boost::json::array json_of(const std::vector<FileChange>& changes,
                           const config::HiddenFiles& hidden) {
  boost::json::array files;
  for (const FileChange& change : changes) {
    const auto shown = [&](const std::string& line) {
      return control::json_text(hidden.shown(change.path, line));
    };
    boost::json::array removed;
    boost::json::array added;
    for (const LineHunk& hunk : change.hunks) {
      for (const auto& line : hunk.removed) removed.push_back(shown(line));
      for (const auto& line : hunk.added) added.push_back(shown(line));
    }
    files.push_back({{"file", control::json_text(change.path)},
                     {"removed", removed},
                     {"added", added},
                     {"too_large", change.is_too_large}});
  }
  return files;
}

}  // namespace postern::ctl
