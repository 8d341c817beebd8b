// Entries of lists as people and programs see them: where they stand, what they say, and how often
// the daemons have found them. Blocks on the daemons' sockets.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/cli/hit_counts.h"
#include "ctl/lists/list_editor.h"

namespace postern::ctl {

struct ListedEntry {
  const lists::List* list;  // never null
  lists::EntryId id;
};

class EntryWords {
 public:
  // Asks the daemons about the lists of `entries`, which are of `rules`. Both references outlive
  // the object.
  EntryWords(const RulesOnDisk& rules, const std::vector<ListedEntry>& entries,
             const CommandContext& context);

  // `lists/campaign.txt:8: .phish.example, "ticket 4711", by ann, until 2026-12-01T...; 3 hits,
  // last ...`. What this account may not read is not shown.
  [[nodiscard]] std::string line(const ListedEntry& entry) const;
  [[nodiscard]] boost::json::object json(const ListedEntry& entry) const;
  // list, entry, reason, owner, expires, hits, last hit, file, line
  [[nodiscard]] std::vector<std::string> columns(const ListedEntry& entry) const;
  // Since the daemons started; none answered, or the values stand in the rule file: 0.
  [[nodiscard]] std::uint64_t hits(const ListedEntry& entry) const;

 private:
  [[nodiscard]] const EntryCount* count_of(const ListedEntry& entry) const;
  [[nodiscard]] std::string text_of(const ListedEntry& entry) const;
  [[nodiscard]] lists::EntryData data_of(const ListedEntry& entry) const;

  const RulesOnDisk& rules_;
  const CommandContext& context_;
  UtcTime now_;
  std::map<const lists::List*, std::map<std::string, EntryCount>> counts_;
};

}  // namespace postern::ctl
