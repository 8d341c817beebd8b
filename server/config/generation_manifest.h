// The manifest of a stored generation, the file `manifest.json` beside its copies: written as text,
// and read back without trust. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/config/generation_store.h"

namespace postern::config {

inline constexpr const char* kManifestName = "manifest.json";

// The account of the daemons can write any manifest, and root reads it. These limits bound what a
// manifest can ask for, beside kMaxRuleFile and kMaxListFile for each file.
inline constexpr std::size_t kMaxManifest = std::size_t{4} << 20;
inline constexpr std::size_t kMaxFiles = 10000;
inline constexpr std::size_t kMaxGeneration = std::size_t{1} << 30;  // bytes of all its files

// `stored` of the files relative to the folder of the generation.
std::string format_manifest(const StoredGeneration& generation);

// `stored` as in the text: relative, and nowhere but below that folder. No file and no copy is
// there twice. Error: cut off, or not of this format, or larger than a generation can be.
Result<StoredGeneration> parse_manifest(std::string_view text);

// Where the copy of each file is kept in the folder of its generation: as it stands to the folder
// of the rule file, which is the first of them; what stands elsewhere gets a folder of its own. No
// two are the same. Paths are absolute.
std::vector<std::string> stored_names(const std::vector<std::string>& paths);

}  // namespace postern::config
