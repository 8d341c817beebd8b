// What a load has brought though no file of a generation has changed: it comes into service, and
// has the number of the rules that are there.
#pragma once

#include <string>
#include <vector>

#include "common/os/file_identity.h"
#include "rules/snapshot.h"

namespace postern::config {

struct BesideChange {
  bool networks = false;   // of lists out of SPF
  bool databases = false;  // of clients
  bool secrets = false;    // keys of DNS lists

  [[nodiscard]] bool any() const { return networks || databases || secrets; }
  // Each with a word for the log.
  [[nodiscard]] std::vector<std::string> words() const;
};

// `secrets` are those that `after` was made of, `known` what was looked at before.
BesideChange change_beside(const Snapshot& before, const Snapshot& after,
                           const os::FileIdentities& secrets, const os::FileIdentities& known);

}  // namespace postern::config
