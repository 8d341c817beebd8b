// Local parts as the journal may keep them: as a hash with a key that stays on this machine, so
// that records of one address can be told to be that without it being known; or not at all.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/os/secret_file.h"
#include "rules/journal/record.h"

namespace postern::journal {

// HMAC-SHA-256, of which 64 bits are kept. A value; pure.
class LocalPartHash {
 public:
  using Key = os::FileSecret;

  explicit LocalPartHash(const Key& key) : key_(key) {}
  // `3f9a0c51d2e47b86`, the same for texts that differ in the case of ASCII letters.
  [[nodiscard]] std::string operator()(std::string_view local_part) const;

 private:
  Key key_;
};

// The key in the file `key` of the folder, which is made where it is not there, for its owner
// alone. Both daemons have the same. Blocks. Error: it can be neither read nor made.
Result<LocalPartHash::Key> local_part_key(const std::string& folder);

// Of sender, recipient, user, the entry of a list and the keys of records, none of which is kept
// then as it was given; a user and a part of a key without an `@` are local parts. A bounce tag is
// no part of what is hashed. `hash` may be null unless `how` is hash. Pure.
void hide_local_parts(JournalRecord& record, LocalParts how, const LocalPartHash* hash);

}  // namespace postern::journal
