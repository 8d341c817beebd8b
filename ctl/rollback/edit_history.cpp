#include "ctl/rollback/edit_history.h"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <set>

#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "common/os/atomic_file.h"
#include "common/os/file_identity.h"
#include "common/os/folder_lock.h"
#include "common/os/text_file.h"
#include "ctl/cli/json_read.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxHistory = std::size_t{64} << 20;
constexpr std::size_t kMaxEntries = 1000;
constexpr std::size_t kMaxLines = 1000;  // of one change

boost::json::array array_of_lines(const std::vector<std::string>& lines) {
  boost::json::array out;
  for (const std::string& line : lines) out.emplace_back(line);
  return out;
}

boost::json::object kept_form(const FileChange& change) {
  boost::json::array hunks;
  for (const LineHunk& hunk : change.hunks) {
    hunks.push_back({{"at", hunk.at},
                     {"above", hunk.above},
                     {"removed", array_of_lines(hunk.removed)},
                     {"added", array_of_lines(hunk.added)}});
  }
  return {{"path", change.path},
          {"before", change.before},
          {"after", change.after},
          {"too_large", change.is_too_large},
          {"hunks", hunks}};
}

std::string json_line(const HistoryEntry& entry) {
  boost::json::array files;
  for (const FileChange& change : entry.changes) files.push_back(kept_form(change));
  return boost::json::serialize(boost::json::object{
             {"n", entry.number},
             {"at", format_utc(entry.at)},
             {"user", entry.caller.user},
             {"uid", entry.caller.uid},
             {"terminal", entry.caller.terminal},
             {"command", entry.caller.command},
             {"undoes", entry.undoes ? boost::json::value(*entry.undoes) : nullptr},
             {"files", files}}) +
         "\n";
}

std::string raw_text(const boost::json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

std::vector<std::string> raw_lines(const boost::json::object& object, std::string_view key) {
  std::vector<std::string> lines;
  for (const auto& item : array_of(object, key)) {
    if (item.is_string()) lines.emplace_back(item.get_string());
  }
  return lines;
}

FileChange change_of(const boost::json::object& file) {
  FileChange change{raw_text(file, "path"),
                    {},
                    is_true(file, "too_large"),
                    raw_text(file, "before"),
                    raw_text(file, "after")};
  for (const auto& item : array_of(file, "hunks")) {
    const auto& hunk = as_object(item);
    change.hunks.push_back({std::max<std::size_t>(1, count_of(hunk, "at")), raw_text(hunk, "above"),
                            raw_lines(hunk, "removed"), raw_lines(hunk, "added")});
    const LineHunk& last = change.hunks.back();
    if (last.removed.empty() && last.added.empty()) change.hunks.pop_back();
  }
  return change;
}

std::optional<HistoryEntry> entry_of(std::string_view line) {
  const auto parsed = json::parse_json(line, json::StringBytes::any);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto& object = parsed->get_object();
  HistoryEntry entry;
  entry.number = static_cast<int>(std::min<std::uint64_t>(count_of(object, "n"), 1U << 30U));
  const auto at = parse_expiry(raw_text(object, "at"));
  if (entry.number == 0 || !at) return std::nullopt;
  entry.at = *at;
  entry.caller = {raw_text(object, "user"), static_cast<unsigned>(count_of(object, "uid")),
                  raw_text(object, "terminal"), raw_text(object, "command")};
  const auto undoes = count_of(object, "undoes");
  if (undoes > 0 && undoes < static_cast<std::uint64_t>(entry.number)) {
    entry.undoes = static_cast<int>(undoes);
  }
  for (const auto& item : array_of(object, "files")) {
    entry.changes.push_back(change_of(as_object(item)));
  }
  return entry;
}

// `path` and the value of each line that a change has touched.
std::set<std::string> touched_lines(const HistoryEntry& entry) {
  std::set<std::string> touched;
  for (const FileChange& change : entry.changes) {
    for (const LineHunk& hunk : change.hunks) {
      for (const auto* lines : {&hunk.removed, &hunk.added}) {
        for (const std::string& line : *lines) {
          touched.insert(change.path + "\n" + std::string(value_on(line)));
        }
      }
    }
  }
  return touched;
}

}  // namespace

std::string history_path(const std::string& rules_file) {
  const std::filesystem::path path(rules_file);
  return (path.parent_path() / ("." + path.filename().string() + ".history")).string();
}

std::string_view value_on(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  return line.starts_with('#') ? line : line.substr(0, line.find_first_of(" \t"));
}

Result<int> number_of_entry(const std::string& text) {
  const auto number = parse_whole<int>(text);
  if (!number || *number < 1) return failure("found '" + text + "', want the number of an entry");
  return *number;
}

Result<EditHistory> EditHistory::beside(const std::string& rules_file) {
  EditHistory history;
  const std::string path = history_path(rules_file);
  if (!os::identify_file(path).there) return history;
  if (!may_be_believed(path, rules_file)) {
    return failure(path + " is not believed: want that it belongs to root or to the owner of " +
                   rules_file + ", and that nobody else may write to it");
  }
  const auto text = os::read_text_file(path, kMaxHistory);
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto entry = entry_of(line);
    // is_undone() goes from an entry to those after it: they take back earlier ones alone, each
    // one.
    const int last = history.entries_.empty() ? 0 : history.entries_.back().number;
    if (entry && entry->number > last) history.entries_.push_back(std::move(*entry));
  }
  return history;
}

const HistoryEntry* EditHistory::find(int number) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const HistoryEntry& entry) {
    return entry.number == number;
  });
  return found == entries_.end() ? nullptr : &*found;
}

bool EditHistory::is_undone(int number) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const HistoryEntry& entry) {
    return entry.undoes == number && !is_undone(entry.number);
  });
}

const HistoryEntry* EditHistory::last_of(const std::string& user) const {
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const HistoryEntry& entry) {
        return entry.caller.user == user && !entry.undoes && !is_undone(entry.number);
      });
  return found == entries_.rend() ? nullptr : &*found;
}

std::vector<int> EditHistory::touched_since(const HistoryEntry& entry) const {
  const auto touched = touched_lines(entry);
  std::vector<int> numbers;
  for (const HistoryEntry& later : entries_) {
    // One that is taken back, and what took it back, have left the lines as they were.
    if (later.number <= entry.number || is_undone(later.number)) continue;
    if (later.undoes && (find(*later.undoes) == nullptr || *later.undoes > entry.number)) continue;
    const auto also = touched_lines(later);
    const bool meets = std::any_of(also.begin(), also.end(),
                                   [&](const std::string& line) { return touched.contains(line); });
    if (meets) numbers.push_back(later.number);
  }
  return numbers;
}

Result<void> EditHistory::add(const std::string& rules_file, HistoryEntry entry) {
  const std::string path = history_path(rules_file);
  const auto lock = os::FolderLock::take(std::filesystem::path(path).parent_path().string());
  if (!lock) return tl::unexpected(lock.error());
  auto history = beside(rules_file);
  if (!history) return tl::unexpected(history.error());
  auto& entries = history->entries_;
  entry.number = entries.empty() ? 1 : entries.back().number + 1;
  entries.push_back(std::move(entry));
  std::string text;
  for (std::size_t i = entries.size() > kMaxEntries ? entries.size() - kMaxEntries : 0;
       i < entries.size(); ++i) {
    text += json_line(entries[i]);
  }
  return os::replace_file(path, text, os::NewReaders::owner);
}

void keep_in_history(const std::string& rules_file, const std::vector<ChangedText>& texts,
                     std::optional<int> undoes, const CommandContext& context) {
  if (!may_vouch(rules_file)) return;
  HistoryEntry entry{
      0, std::chrono::floor<std::chrono::seconds>(context.now), context.caller, undoes, {}};
  for (const ChangedText& text : texts) {
    if (text.before != text.after) entry.changes.push_back(change_between(text, kMaxLines));
  }
  if (entry.changes.empty()) return;
  if (const auto added = EditHistory::add(rules_file, std::move(entry)); !added) {
    context.console.note("posternctl history will not have this change: ", added.error().text);
  }
}

}  // namespace postern::ctl
