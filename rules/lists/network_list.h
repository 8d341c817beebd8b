// A list of networks and addresses; the longest matching prefix counts, whatever the order. Kept as
// sorted ranges that do not overlap: a look-up is one binary search.
#pragma once

#include <vector>

#include "common/ip_network.h"
#include "rules/lists/list.h"

namespace postern {

class NetworkList : public List {
 public:
  using List::List;
  [[nodiscard]] ListKind kind() const override { return ListKind::network; }
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  [[nodiscard]] EntryId find(const IpAddress& address, UtcTime now) const;

 private:
  std::vector<IpNetwork> networks_;  // by entry id
  std::vector<EntryId> parents_;     // by entry id: the next larger network around it
  std::vector<IpAddress> starts_;    // of ranges; each ends where the next one starts
  std::vector<EntryId> owners_;      // by range: the innermost network, or kNoEntry
};

}  // namespace postern
