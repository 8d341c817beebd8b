// What the radar remembers from one run to the next: its tables, its campaigns, and how far it has
// read the journal. A file that only its owner may read: it has the secret of the hashes, and
// addresses of strangers. Lost, it is made again from the journal. Blocks on files.
#pragma once

#include <optional>
#include <string>

#include "common/base/keyed_hash.h"
#include "common/base/result.h"

namespace postern::ctl {

// `radar-memory` in the folder of `state:`.
std::string memory_path(const std::string& state_folder);

struct RadarMemory {
  KeyedHash::Secret secret;
  std::string tables;     // Radar::save()
  std::string campaigns;  // Campaigns::save()
  std::string place;      // JournalTail::place(); empty: none
};

// None: there is no such file, or one that is damaged or of another version, which is as good as
// lost. Error: it is there and cannot be read.
Result<std::optional<RadarMemory>> read_memory(const std::string& path);
Result<void> write_memory(const std::string& path, const RadarMemory& memory);

}  // namespace postern::ctl
