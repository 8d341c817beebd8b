#include "ctl/lists/removed_entries.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ctl/cli/installation.h"
#include "ctl/lists/find_entries.h"
#include "ctl/lists/list_file.h"

namespace postern::ctl {
namespace {

// Of equal file and entry there is one.
using EntryKey = std::pair<std::string, std::string>;

EntryKey key_of(const lists::List& list, lists::EntryId id) {
  return {list.file_of(id), list.entry_text(id)};
}

// The last change that took a line with this entry away, and did not write it anew.
std::optional<HistoryEntry> removal_of(const EditHistory& history, const std::string& path,
                                       const lists::List& list, const std::string& entry) {
  const auto has_entry = [&](const std::string& line) {
    return !lines_of_entry(line, list.kind(), entry).empty();
  };
  const auto removes = [&](const LineHunk& hunk) {
    return std::any_of(hunk.removed.begin(), hunk.removed.end(), has_entry) &&
           std::none_of(hunk.added.begin(), hunk.added.end(), has_entry);
  };
  for (auto change = history.entries().rbegin(); change != history.entries().rend(); ++change) {
    for (const FileChange& file : change->changes) {
      if (file.path != path) continue;
      if (std::any_of(file.hunks.begin(), file.hunks.end(), removes)) return *change;
    }
  }
  return std::nullopt;
}

const std::string* text_at(const std::vector<config::SourceFile>& files, const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const config::SourceFile& file) {
    return file.path == path;
  });
  return found == files.end() ? nullptr : &found->text;
}

class RemovedSearch {
 public:
  RemovedSearch(const RulesOnDisk& rules, std::string value, const EditHistory& history)
      : value_(std::move(value)), history_(history) {
    for (const lists::List* list : all_lists(*rules.read.snapshot)) {
      for (const lists::EntryId id : entries_about(*list, value_)) known_.insert(key_of(*list, id));
    }
  }

  // Generations come latest first.
  void look_into(const config::RulesRead& read, std::uint64_t generation,
                 std::optional<UtcTime> until) {
    for (const lists::List* list : all_lists(*read.snapshot)) {
      // One that the later generation shares has been looked at.
      if (std::find(seen_.begin(), seen_.end(), list) != seen_.end()) continue;
      for (const lists::EntryId id : entries_about(*list, value_)) {
        if (known_.insert(key_of(*list, id)).second) add(read, *list, id, generation, until);
      }
    }
    seen_ = all_lists(*read.snapshot);
  }

  [[nodiscard]] std::vector<RemovedEntry> take() { return std::move(found_); }

 private:
  void add(const config::RulesRead& read, const lists::List& list, lists::EntryId id,
           std::uint64_t generation, std::optional<UtcTime> until) {
    const std::string path = config::resolve_beside(read.files.front().path, list.file_of(id));
    const int line = list.entries().line(id);
    const std::string* text = text_at(read.files, path);
    found_.push_back({path, line,
                      text == nullptr ? list.entry_text(id) : std::string(line_at(*text, line)),
                      generation, until, removal_of(history_, path, list, list.entry_text(id))});
  }

  std::string value_;
  const EditHistory& history_;
  std::set<EntryKey> known_;
  std::vector<const lists::List*> seen_;
  std::vector<RemovedEntry> found_;
};

}  // namespace

std::vector<RemovedEntry> removed_entries(const RulesOnDisk& rules, const std::string& value,
                                          const config::GenerationStore& store,
                                          const EditHistory& history) {
  RemovedSearch search(rules, value, history);
  const auto kept = store.list();
  const LoadTarget target = widest_target(rules.settings);
  std::shared_ptr<const Snapshot> later = rules.read.snapshot;
  for (std::size_t i = kept.size(); i-- > 0;) {
    const auto read =
        config::RuleSource::stored(store, kept[i]).load(target, kept[i].number, later.get());
    if (!read.snapshot) continue;
    const bool is_newest = i + 1 == kept.size();
    search.look_into(read, kept[i].number,
                     is_newest ? std::nullopt : std::optional<UtcTime>(kept[i + 1].since));
    later = read.snapshot;
  }
  return search.take();
}

}  // namespace postern::ctl
