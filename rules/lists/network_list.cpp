#include "rules/lists/network_list.h"

#include <algorithm>
#include <numeric>

namespace postern {
namespace {

// The address after `address`; nothing after the last one.
std::optional<IpAddress> successor(const IpAddress& address) {
  IpAddress::Bytes bytes = address.bytes();
  for (std::size_t i = bytes.size(); i-- > 0;) {
    if (++bytes[i] != 0) return IpAddress(bytes);
  }
  return std::nullopt;
}

}  // namespace

Result<void> NetworkList::add(std::string_view value, int line, EntryData data) {
  auto network = IpNetwork::parse(value);
  if (!network) return tl::unexpected(network.error());
  table_.add("", line, std::move(data));
  networks_.push_back(*network);
  return {};
}

Result<void> NetworkList::build() {
  std::vector<EntryId> order(networks_.size());
  std::iota(order.begin(), order.end(), EntryId{0});
  // Outer networks first; of two equal ones the later is the outer, so that the earlier counts.
  std::sort(order.begin(), order.end(), [&](EntryId a, EntryId b) {
    const IpNetwork& x = networks_[a];
    const IpNetwork& y = networks_[b];
    if (x.first() != y.first()) return x.first() < y.first();
    if (x.mapped_prefix_length() != y.mapped_prefix_length()) {
      return x.mapped_prefix_length() < y.mapped_prefix_length();
    }
    return a > b;
  });

  parents_.assign(networks_.size(), kNoEntry);
  std::vector<EntryId> open;
  const auto begin_range = [&](const IpAddress& start, EntryId owner) {
    if (!starts_.empty() && starts_.back() == start) {
      owners_.back() = owner;
    } else {
      starts_.push_back(start);
      owners_.push_back(owner);
    }
  };
  const auto close_until = [&](const IpAddress* next) {
    while (!open.empty() && (next == nullptr || !networks_[open.back()].contains(*next))) {
      const auto after = successor(networks_[open.back()].last());
      open.pop_back();
      if (after) begin_range(*after, open.empty() ? kNoEntry : open.back());
    }
  };
  for (EntryId id : order) {
    close_until(&networks_[id].first());
    parents_[id] = open.empty() ? kNoEntry : open.back();
    begin_range(networks_[id].first(), id);
    open.push_back(id);
  }
  close_until(nullptr);
  return {};
}

std::string NetworkList::entry_text(EntryId id) const {
  return networks_[id].to_string();
}

EntryId NetworkList::find(const IpAddress& address, UtcTime now) const {
  auto after = std::upper_bound(starts_.begin(), starts_.end(), address);
  if (after == starts_.begin()) return kNoEntry;
  EntryId id = owners_[static_cast<std::size_t>(after - starts_.begin()) - 1];
  while (id != kNoEntry && !table_.alive(id, now)) id = parents_[id];
  return id;
}

}  // namespace postern
