// Reads a rule file (postern-rules(5)) and the lists beside it into a snapshot. Everything wrong
// with it is reported in one go, with file:line:column. No I/O of its own: list files come through
// a function of the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/diagnostic.h"
#include "common/result.h"
#include "rules/door.h"
#include "rules/snapshot.h"

namespace postern {

// The whole content of the list file that a rule file names; a relative path is relative to the
// rule file's folder. The view lasts as long as the load. The error says why it could not be read.
using ReadListFile = std::function<Result<std::string_view>(const std::string& path)>;

// `file` is the name for messages. Null when there are errors; warnings alone do not matter. Lists
// of `previous` (may be null) that a load would give again are shared with it.
std::shared_ptr<Snapshot> load_rules(std::string_view text, const std::string& file,
                                     const ReadListFile& read_list, std::uint64_t generation,
                                     const Audience& audience, Diagnostics& diagnostics,
                                     const Snapshot* previous = nullptr);

}  // namespace postern
