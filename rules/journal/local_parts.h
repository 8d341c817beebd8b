// What the journal keeps of local parts. A value.
#pragma once

#include <cstdint>

#include "common/base/words.h"

namespace postern::journal {

// Of sender, recipient, user, and the address of a list's entry.
enum class LocalParts : std::uint8_t {
  keep,
  hash,  // 16 hexadecimal digits in the place of each, the same for the same one in lower case
  drop,  // nothing; `-` in the place of a user's, and of a part of a record's key
};
inline constexpr Word<LocalParts> kLocalParts[] = {
    {"keep", LocalParts::keep}, {"hash", LocalParts::hash}, {"drop", LocalParts::drop}};

}  // namespace postern::journal
