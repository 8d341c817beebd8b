// Settings of the journal (docs/journal.md). Plain values, no I/O.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/base/setting.h"
#include "rules/journal/local_parts.h"

namespace postern::config {

struct JournalSettings {
  bool off = false;    // `journal: off`
  std::string folder;  // absolute; empty: below `state:`, and without that there is no journal
  int days = 7;
  std::size_t max_bytes = 2 * kGiB;
  std::vector<std::string> headers;  // names of fields, in lower case
  journal::LocalParts local_parts = journal::LocalParts::keep;
  friend bool operator==(const JournalSettings&, const JournalSettings&) = default;

  static void describe(const auto& row) {
    using S = JournalSettings;
    row({"folder",
         "Default: 'journal' in the folder of 'state:'; without both there is no journal"},
        &S::folder, AbsolutePath{});
    row({"days", "What is older goes"}, &S::days, Number{1, 3650});
    row({"size", "Of all of it, on the disk; the oldest goes first"}, &S::max_bytes,
        Size{256 * kMiB, 1024 * kGiB});
    row({"headers", "Fields of the message header that are kept, of those that rules look at"},
        &S::headers, FieldNames{});
    row({"local_parts", "Of addresses and users: as they are, as a keyed hash, or not at all"},
        &S::local_parts, OneOf{journal::kLocalParts});
  }
};

}  // namespace postern::config
