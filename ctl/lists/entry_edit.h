// What becomes of a list file's text when one entry is put into it or taken out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/lists/list_edit.h"
#include "rules/lists/list.h"

namespace postern::ctl {

struct EntryEdit {
  enum class Kind { none, added, altered, removed } kind = Kind::none;
  std::string text;                // of the whole file, afterwards
  std::vector<int> lines;          // of the entry: afterwards, or when removed, before
  std::vector<std::string> shown;  // what stands on them
  std::vector<std::string> notes;  // on an expiry that went, came or is sooner now
};

std::string_view to_string(EntryEdit::Kind kind);

// The entry a person asks for.
struct WantedEntry {
  std::string value;             // as it is to be written
  std::string canonical;         // canonical_entry()
  std::vector<EntryWord> words;  // in the order in which they are to be written
};

// Adds the entry; or, where it is already, sets the words that have a value. Its expiry is the one
// that is wanted: without one the entry is to stay until it is taken out. `then` without a value
// takes the entry's own action away.
EntryEdit put_entry(std::string_view text, lists::ListKind kind, const WantedEntry& wanted);

EntryEdit take_entry_out(std::string_view text, lists::ListKind kind, const std::string& canonical);

}  // namespace postern::ctl
