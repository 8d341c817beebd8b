// What posternctl has changed in the rule file and the lists, one entry a command: by whom, how,
// and which lines. It stands beside the rule file, as `.rules.yaml.history`, where only those may
// write who may change the rules, and only its owner may read: it has lines of all lists. A line of
// JSON for each entry. Blocks on files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "ctl/cli/command.h"
#include "ctl/rollback/file_change.h"

namespace postern::ctl {

std::string history_path(const std::string& rules_file);

// As a person says it. Error: it is none.
Result<int> number_of_entry(const std::string& text);

struct HistoryEntry {
  int number = 0;  // from 1 on
  UtcTime at{};
  Caller caller;
  std::optional<int> undoes;        // the number of the entry that it takes back
  std::vector<FileChange> changes;  // what is too large only a rollback takes back
};

// The value of an entry on a line of a list, as two commands about the same entry have it; all of a
// comment.
std::string_view value_on(std::string_view line);

class EditHistory {
 public:
  // The latest 1,000 entries. Errors: the file cannot be read; it belongs to anybody but root, the
  // owner of the rule file and the account that runs this, or others may write to it.
  static Result<EditHistory> beside(const std::string& rules_file);

  [[nodiscard]] const std::vector<HistoryEntry>& entries() const { return entries_; }
  // Null when there is none of that number.
  [[nodiscard]] const HistoryEntry* find(int number) const;
  // Whether a later entry takes it back, and is not taken back itself.
  [[nodiscard]] bool is_undone(int number) const;
  // The latest entry of `user` that is neither undone nor takes another one back; null: none.
  [[nodiscard]] const HistoryEntry* last_of(const std::string& user) const;
  // The entries after `entry` that have touched one of the same lines.
  [[nodiscard]] std::vector<int> touched_since(const HistoryEntry& entry) const;

  // Adds an entry, with the next number, to what is in the file by then. Errors: as beside(); the
  // system's.
  static Result<void> add(const std::string& rules_file, HistoryEntry entry);

 private:
  std::vector<HistoryEntry> entries_;
};

// Adds what has changed to the history, as the work of whoever runs this command. What stands in
// the way is told as a note: the change itself is done.
void keep_in_history(const std::string& rules_file, const std::vector<ChangedText>& texts,
                     std::optional<int> undoes, const CommandContext& context);

}  // namespace postern::ctl
