// What rules need of the machine beside the rule file and its lists: got by whoever loads them,
// anew at each load. It is no part of a generation. A value.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/public_suffixes.h"
#include "common/base/result.h"

namespace postern {

struct Outside {
  // The public suffix list. Null: there is none.
  std::shared_ptr<const PublicSuffixes> (*read_suffixes)() = nullptr;
  // What it says, and without it what PublicSuffixes knows by itself.
  [[nodiscard]] std::shared_ptr<const PublicSuffixes> suffixes() const {
    return read_suffixes != nullptr ? read_suffixes() : std::make_shared<const PublicSuffixes>();
  }
  // The one line of a file that holds a secret; `path` is absolute. Null: no such file is read.
  Result<std::string> (*read_secret)(const std::string& path) = nullptr;
  // Where the paths of secrets are noted that rules name, whether they can be read or not. Null:
  // nowhere. Outlives the load.
  std::vector<std::string>* secrets = nullptr;
  friend bool operator==(const Outside&, const Outside&) = default;
};

}  // namespace postern
