// In the place of a StateKey a store has its hash with a secret of the site: whoever gets hold of
// the file cannot tell whose records are in it, nor find out by trying addresses. SipHash-2-4
// (Aumasson and Bernstein, INDOCRYPT 2012) of 128 bits: two keys do not meet by chance, and nobody
// can look for such that do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/os/secret_file.h"
#include "rules/model/state.h"
#include "server/state/sip_hash.h"
#include "server/state/stored_record.h"

namespace postern::state {

// Any thread. Throws std::bad_alloc.
class KeyHash {
 public:
  explicit KeyHash(const os::FileSecret& secret);

  [[nodiscard]] RecordKey operator()(const StateKey& key) const;
  // Of a member of the set under that key: the same one in two sets has two hashes.
  [[nodiscard]] std::uint64_t of_member(const RecordKey& set, std::string_view member) const;
  // Tells this secret from others, and nothing else of it.
  [[nodiscard]] std::string mark() const;
  [[nodiscard]] Change change_of(const Effect& effect, StoreTime at) const;

 private:
  SipSecret secret_;
};

}  // namespace postern::state
