// What a stored generation says of itself: the file `manifest.json` beside its copies. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "rules/io/generation_store.h"

namespace postern {

inline constexpr const char* kManifestName = "manifest.json";

// `stored` of the files relative to the folder of the generation.
std::string format_manifest(const StoredGeneration& generation);

// `stored` as in the text: relative, and nowhere but below that folder. Error: cut off, or not of
// this format.
Result<StoredGeneration> parse_manifest(std::string_view text);

// Where the copy of each file is kept in the folder of its generation: as it stands to the folder
// of the rule file, which is the first of them; what stands elsewhere gets a folder of its own. No
// two are the same. Paths are absolute.
std::vector<std::string> stored_names(const std::vector<std::string>& paths);

}  // namespace postern
