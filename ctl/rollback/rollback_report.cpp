#include "ctl/rollback/rollback_report.h"

#include <algorithm>

#include "common/base/escape.h"
#include "rules/explain/condition_words.h"
#include "rules/load/plain_list.h"

namespace postern::ctl {
namespace {

// Of a text that is vouched for; of each file, and of each line.
constexpr std::size_t kShownLines = 20;
constexpr std::size_t kShownBytes = 160;
// Of any other: what a person reads before he says yes. No line of a list is longer.
constexpr std::size_t kMostRead = 1000;
constexpr std::size_t kMostReadBytes = load::kMaxListLine;

std::vector<ChangedLine> changes_of(const RestoredFile& file) {
  if (!file.diff) return {};
  return changed_lines(file.now ? std::string_view(*file.now) : std::string_view(), file.text);
}

std::string shown_text(std::string_view text, std::size_t most) {
  if (text.size() <= most) return printable(text);
  return printable(text.substr(0, most)) + "... and " + std::to_string(text.size() - most) +
         " more bytes";
}

bool has_end(const std::string& text) {
  return text.empty() || text.ends_with('\n');
}

std::string size_change(const RestoredFile& file) {
  if (file.diff) return file.diff->to_string();
  return std::to_string(file.now.value_or("").size()) + " bytes become " +
         std::to_string(file.text.size()) + ", too many to be compared";
}

// Few enough lines, none that is cut, and none left out that only moved.
bool can_be_read(const RestoredFile& file, const std::vector<ChangedLine>& changes) {
  return file.diff &&
         std::all_of(
             changes.begin(), changes.end(),
             [](const ChangedLine& change) { return change.text.size() <= kMostReadBytes; }) &&
         shows_all(changes, file.now ? std::string_view(*file.now) : std::string_view(), file.text);
}

enum class Extent { first_lines, all_lines };

void print_lines(const RestoredFile& file, Extent extent, const CommandContext& context) {
  const auto changes = changes_of(file);
  const bool all = extent == Extent::all_lines;
  const std::size_t most = all ? changes.size() : std::min(changes.size(), kShownLines);
  for (std::size_t i = 0; i < most; ++i) {
    const char* sign = changes[i].kind == ChangedLine::Kind::removed ? " - " : " + ";
    context.console.line("    ", changes[i].number, sign,
                         shown_text(changes[i].text, all ? kMostReadBytes : kShownBytes));
  }
  if (changes.size() > most) {
    context.console.line("    and ", changes.size() - most, " more lines");
  }
  if (has_end(file.now.value_or("")) != has_end(file.text)) {
    context.console.line("    the last line ", (has_end(file.text) ? "gets" : "loses"), " its end");
  }
}

boost::json::array json_lines(const RestoredFile& file) {
  boost::json::array lines;
  for (const ChangedLine& change : changes_of(file)) {
    if (lines.size() == kMostRead) break;
    lines.push_back({{"kind", change.kind == ChangedLine::Kind::added ? "added" : "removed"},
                     {"line", change.number},
                     {"text", shown_text(change.text, kMostReadBytes)}});
  }
  return lines;
}

boost::json::object json_file(const RestoredFile& file) {
  boost::json::object out{{"file", printable(file.path)}, {"vouched", file.vouched}};
  if (file.diff) {
    out["added"] = file.diff->added;
    out["removed"] = file.diff->removed;
    out["lines"] = json_lines(file);
  } else {
    out["added"] = out["removed"] = nullptr;
    out["lines"] = boost::json::array{};
  }
  return out;
}

boost::json::array printable_array(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const std::string& text : texts) array.push_back(boost::json::value(printable(text)));
  return array;
}

}  // namespace

bool can_be_shown(const RollbackPlan& plan) {
  std::size_t lines = 0;
  for (const RestoredFile* file : unvouched(plan)) {
    const auto changes = changes_of(*file);
    lines += changes.size();
    if (lines > kMostRead || !can_be_read(*file, changes)) return false;
  }
  return true;
}

void print_plan(const config::StoredGeneration& generation, const RollbackPlan& plan, Tense tense,
                const CommandContext& context) {
  const auto shown = [&](const std::string& path) {
    return printable(explain::short_path(path, context.settings_file));
  };
  context.console.line((tense == Tense::would ? "would go back" : "going back"), " to generation ",
                       generation.number, ", of ", format_utc(generation.since));
  const Extent of_unvouched = can_be_shown(plan) ? Extent::all_lines : Extent::first_lines;
  for (const RestoredFile& file : plan.files) {
    context.console.line("  ", shown(file.path), "  ", size_change(file),
                         (file.now ? "" : " (was not there)"));
    if (!file.vouched) {
      context.console.line(
          "    NOBODY VOUCHES FOR THIS: only the account of the daemons has kept it");
    }
    print_lines(file, file.vouched ? Extent::first_lines : of_unvouched, context);
  }
  for (const std::string& path : plan.unused) {
    context.console.line("  ", shown(path), " stays, but is not used");
  }
  if (plan.files.empty()) context.console.line("  the files are like that already");
  context.console.flush();
}

void print_written(const WrittenFiles& written, const CommandContext& context) {
  for (const std::string& name : written.saved) {
    context.console.line("  what was there, and in no generation, is in ",
                         explain::short_path(name, context.settings_file));
  }
  if (!written.unmarked) return;
  context.console.note("the next rollback will not know this one as a rollback: ",
                       written.unmarked->text);
}

boost::json::object json_of_plan(const config::StoredGeneration& generation,
                                 const RollbackPlan& plan, const std::vector<std::string>& saved) {
  boost::json::array files;
  for (const RestoredFile& file : plan.files) files.push_back(json_file(file));
  return {{"generation", generation.number},
          {"files", files},
          {"saved", printable_array(saved)},
          {"unused", printable_array(plan.unused)}};
}

}  // namespace postern::ctl
