#include "ctl/import_report.h"

#include <algorithm>
#include <array>

#include "common/base/escape.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

struct Row {
  import::LineStatus status;
  std::string_view title;
  std::string_view meaning;
};

constexpr std::array<Row, import::kLineStatuses> kRows = {{
    {import::LineStatus::comment, "comments", "and blank lines"},
    {import::LineStatus::imported, "imported", ""},
    {import::LineStatus::repeated, "repeated", "a line before says it already; dropped"},
    {import::LineStatus::idle, "idle", "never decides in the original either; dropped, see above"},
    {import::LineStatus::refused, "refused", "cannot be expressed, see above"},
}};

std::string row(std::string_view title, std::size_t count, std::string_view meaning) {
  const std::string number = std::to_string(count);
  std::string text = "  " + std::string(title);
  text.append(12 - std::min<std::size_t>(title.size(), 12), ' ');
  text.append(8 - std::min<std::size_t>(number.size(), 8), ' ');
  text += number;
  if (!meaning.empty()) text += "  " + std::string(meaning);
  return text + "\n";
}

// Lines stay lines.
std::string file_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    result += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string how_to_take_over(const ImportResult& result) {
  const std::string where = result.into.empty() ? "what is printed above" : result.into;
  return "To take it over: look at " + where +
         "; put the files of lists/ into lists/ beside your\n"
         "rules.yaml, and what stands below 'lists:' and 'rules:' below yours. Rules are looked at "
         "from top\n"
         "to bottom, so their place counts. With 'mode: log' in them they only say what they would "
         "do.\n"
         "Then: posternctl check\n";
}

}  // namespace

bool are_messages_cut(const ImportResult& result) {
  return result.imported.diagnostics.all().size() > Diagnostics::kShown;
}

std::string all_messages(const Diagnostics& diagnostics) {
  std::vector<Diagnostic> sorted = diagnostics.all();
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.where < b.where; });
  std::string text;
  for (const Diagnostic& diagnostic : sorted) text += diagnostic.to_string() + "\n";
  return text;
}

std::string where_all_messages_are(const ImportResult& result) {
  if (!are_messages_cut(result)) return {};
  const std::string all =
      "all " + std::to_string(result.imported.diagnostics.all().size()) + " messages: ";
  const std::string file(kMessagesFile);
  return result.into.empty() ? all + "with --into FOLDER, in FOLDER/" + file + "\n"
                             : all + "see " + result.into + "/" + file + "\n";
}

std::string import_summary(const ImportResult& result) {
  std::string text = printable(result.file) + ": " + std::string(result.format->name);
  if (!result.guessed_because.empty()) text += ", guessed " + result.guessed_because;
  text += "\n\n" + row("lines", result.imported.lines.size(), "");
  for (const Row& line : kRows) {
    const std::size_t count = result.imported.count(line.status);
    text += row(line.title, count, count > 0 ? line.meaning : "");
  }
  text += row("entries", result.imported.entries(),
              "in " + std::to_string(result.imported.lists.size()) + " lists");
  text += row("rules", result.imported.rules.size(), "");
  return text + "\n" + how_to_take_over(result);
}

boost::json::object import_json(const ImportResult& result) {
  boost::json::object counts{{"all", result.imported.lines.size()}};
  for (const Row& line : kRows) {
    counts[control::json_text(import::to_string(line.status))] = result.imported.count(line.status);
  }
  boost::json::array left;
  for (std::size_t i = 0; i < result.imported.lines.size(); ++i) {
    const import::LineRecord& line = result.imported.lines[i];
    if (line.status == import::LineStatus::comment || line.status == import::LineStatus::imported)
      continue;
    left.push_back({{"line", i + 1},
                    {"status", control::json_text(import::to_string(line.status))},
                    {"why", control::json_text(line.why)}});
  }
  boost::json::object files;
  if (result.into.empty()) {
    files["rules.yaml"] = file_text(result.files.rules);
    for (const auto& [path, text] : result.files.lists)
      files[control::json_text(path)] = file_text(text);
  }
  return {{"file", control::json_text(result.file)},
          {"format", control::json_text(result.format->name)},
          {"guessed", !result.guessed_because.empty()},
          {"lines", std::move(counts)},
          {"left_out", std::move(left)},
          {"lists", result.imported.lists.size()},
          {"entries", result.imported.entries()},
          {"rules", result.imported.rules.size()},
          {"messages", result.imported.diagnostics.all().size()},
          {"diagnostics", control::json_diagnostics(result.imported.diagnostics)},
          {"into", control::json_text(result.into)},
          {"files", std::move(files)}};
}

}  // namespace postern::ctl
