#include "rules/lists/network_list.h"

#include <algorithm>
#include <utility>

namespace postern::lists {
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

void NetworkList::reserve(std::size_t entries, std::size_t /*bytes*/) {
  List::reserve(entries, 0);
  networks_.reserve(entries);
}

Result<void> NetworkList::add(std::string_view value, int line, EntryData data) {
  auto network = IpNetwork::parse(value);
  if (!network) return tl::unexpected(network.error());
  table_.add("", line, std::move(data));
  networks_.push_back(*network);
  return {};
}

// Of two equal ones the later is the outer, so that the earlier counts.
std::vector<EntryId> NetworkList::outer_first() const {
  using Numbered = std::pair<IpNetwork, EntryId>;
  std::vector<Numbered> sorted;
  sorted.reserve(networks_.size());
  for (EntryId id = 0; id < networks_.size(); ++id) sorted.emplace_back(networks_[id], id);
  std::sort(sorted.begin(), sorted.end(), [](const Numbered& a, const Numbered& b) {
    const auto order = a.first <=> b.first;
    return order != 0 ? order < 0 : a.second > b.second;
  });
  std::vector<EntryId> ids;
  ids.reserve(sorted.size());
  for (const Numbered& one : sorted) ids.push_back(one.second);
  return ids;
}

void NetworkList::open_range(EntryId id) {
  const IpAddress& first = networks_[id].first();
  if (first.is_v4()) {
    v4_.begin_range(first.v4(), id);
  } else {
    v6_.begin_range(first, id);
  }
}

// No network is of both families (IpNetwork::parse()); so the last of IPv4 ends its ranges, and one
// of IPv6 may end where the mapped addresses begin.
void NetworkList::close_range(EntryId inner, EntryId outer) {
  const auto after = successor(networks_[inner].last());
  if (!after) return;
  if (!networks_[inner].first().is_v4()) {
    v6_.begin_range(*after, outer);
  } else if (after->is_v4()) {
    v4_.begin_range(after->v4(), outer);
  }
}

Result<void> NetworkList::build() {
  parents_.assign(networks_.size(), kNoEntry);
  std::vector<EntryId> open;  // from the outermost to the innermost
  const auto close_until = [&](const IpAddress* next) {
    while (!open.empty() && (next == nullptr || !networks_[open.back()].contains(*next))) {
      const EntryId inner = open.back();
      open.pop_back();
      close_range(inner, open.empty() ? kNoEntry : open.back());
    }
  };
  for (EntryId id : outer_first()) {
    close_until(&networks_[id].first());
    parents_[id] = open.empty() ? kNoEntry : open.back();
    open_range(id);
    open.push_back(id);
  }
  close_until(nullptr);
  v4_.finish();
  v6_.finish();
  table_.finish();
  return {};
}

std::string NetworkList::entry_text(EntryId id) const {
  return networks_[id].to_string();
}

EntryId NetworkList::innermost(const IpAddress& address) const {
  return address.is_v4() ? v4_.find(address.v4()) : v6_.find(address);
}

EntryId NetworkList::find_network(const IpNetwork& network, UtcTime now) const {
  EntryId id = innermost(network.first());
  while (id != kNoEntry && (networks_[id] != network || !table_.alive(id, now))) id = parents_[id];
  return id;
}

EntryId NetworkList::find(const IpAddress& address, UtcTime now) const {
  EntryId id = innermost(address);
  while (id != kNoEntry && !table_.alive(id, now)) id = parents_[id];
  return id;
}

std::vector<EntryId> NetworkList::find_all(const IpAddress& address, UtcTime now) const {
  std::vector<EntryId> found;
  for (EntryId id = innermost(address); id != kNoEntry; id = parents_[id]) {
    if (table_.alive(id, now)) found.push_back(id);
  }
  return found;
}

}  // namespace postern::lists
