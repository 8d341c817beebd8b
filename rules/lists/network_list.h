// A list of networks and addresses; the longest matching prefix counts, whatever the order. Kept as
// sorted ranges that do not overlap, IPv4 and IPv6 apart: a look-up is one binary search.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ip_network.h"
#include "rules/lists/address_ranges.h"
#include "rules/lists/list.h"

namespace postern::lists {

class NetworkList : public List {
 public:
  // There are no regexes of addresses.
  explicit NetworkList(std::string name) : List(std::move(name), 1) {}
  [[nodiscard]] ListKind kind() const override { return ListKind::network; }
  void reserve(std::size_t entries, std::size_t bytes) override;
  Result<void> add(std::string_view value, int line, EntryData data) override;
  Result<void> build() override;
  [[nodiscard]] std::string entry_text(EntryId id) const override;

  [[nodiscard]] EntryId find(const IpAddress& address, UtcTime now) const;

  // Every living entry that it is in, in no order.
  [[nodiscard]] std::vector<EntryId> find_all(const IpAddress& address, UtcTime now) const;

  // The first living entry for exactly this network.
  [[nodiscard]] EntryId find_network(const IpNetwork& network, UtcTime now) const;
  [[nodiscard]] const IpNetwork& network(EntryId id) const { return networks_[id]; }
  // The next larger network around it, or an equal one that stands further down; kNoEntry if there
  // is none.
  [[nodiscard]] EntryId parent(EntryId id) const { return parents_[id]; }

 private:
  [[nodiscard]] std::vector<EntryId> outer_first() const;
  [[nodiscard]] EntryId innermost(const IpAddress& address) const;
  void open_range(EntryId id);
  void close_range(EntryId inner, EntryId outer);

  std::vector<IpNetwork> networks_;  // by entry id
  std::vector<EntryId> parents_;     // by entry id
  AddressRanges<std::uint32_t> v4_;
  AddressRanges<IpAddress> v6_;
};

}  // namespace postern::lists
