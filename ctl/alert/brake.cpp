#include "ctl/alert/brake.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/domain_name.h"
#include "common/base/ip_network.h"
#include "ctl/lists/list_file.h"
#include "ctl/lists/list_use.h"
#include "ctl/lists/value_place.h"
#include "ctl/radar/radar_feed.h"
#include "rules/radar/pool_keys.h"

namespace postern::ctl {
namespace {

constexpr std::string_view kBrakeWord = " brake";

// What somebody has blocked since refuses, whatever its reason.
bool is_of_brake(const lists::EntryData* data) {
  return data != nullptr && data->then && kind_of(*data->then) == ActionKind::defer &&
         data->reason.starts_with(kRadarReason) && data->reason.ends_with(kBrakeWord);
}

// Entries that block what the value stands for.
std::vector<StandingEntry> standing_entries(const Snapshot& snapshot, const std::string& value,
                                            UtcTime now) {
  const ValuePlace place = place_of(value);
  const auto kind = list_kind_of(place.attribute);
  const auto canonical =
      kind ? canonical_entry(*kind, place.entry) : Result<std::string>(std::string());
  if (!kind || !canonical) return {};
  return entries_that_block(snapshot, *kind, *canonical, now);
}

const lists::EntryData* data_of(const StandingEntry& standing) {
  return standing.use.list->entries().data(standing.entry);
}

using Standing = std::pair<const lists::List*, lists::EntryId>;

std::vector<Standing> braked_entries(const Snapshot& snapshot, UtcTime now) {
  std::set<const lists::List*> lists;
  for (const ListUse& use : uses_of_lists(snapshot)) lists.insert(use.list);
  std::vector<Standing> braked;
  for (const lists::List* list : lists) {
    const lists::EntryTable& entries = list->entries();
    for (lists::EntryId id = 0; id < entries.size(); ++id) {
      if (is_of_brake(entries.data(id)) && entries.alive(id, now)) braked.emplace_back(list, id);
    }
  }
  return braked;
}

}  // namespace

std::string brake_reason(const std::string& campaign) {
  return std::string(kRadarReason) + campaign + std::string(kBrakeWord);
}

bool is_radar_entry(const std::string& value) {
  std::string_view word = value;
  constexpr std::string_view kHelo = "helo:";
  if (word.starts_with(kHelo)) return radar::is_plain_word(word.substr(kHelo.size()));
  if (IpNetwork::parse(word)) return true;
  if (word.ends_with(".*")) return radar::is_plain_word(word.substr(0, word.size() - 2));
  if (word.ends_with('@')) return radar::is_plain_word(word.substr(0, word.size() - 1));
  return radar::is_plain_word(word) && word.find('.') != std::string_view::npos;
}

std::vector<Braking> to_brake(const std::vector<StrongCampaign>& strong, const Snapshot& snapshot,
                              std::chrono::seconds brake, UtcTime now) {
  const auto soon = std::min<std::chrono::seconds>(brake, kBrakeSoon);
  const std::size_t room = kMaxBraked - std::min(kMaxBraked, braked_entries(snapshot, now).size());
  std::vector<Braking> all;
  for (const StrongCampaign& campaign : strong) {
    for (const StrongProposal& one : campaign.proposals) {
      if (one.time + soon <= now) continue;
      for (const std::string& entry : one.entries) {
        if (all.size() == room) return all;
        if (is_radar_entry(entry) && standing_entries(snapshot, entry, now).empty()) {
          all.push_back({campaign.name, entry});
        }
      }
    }
  }
  return all;
}

std::vector<Braked> to_release(const std::vector<StrongCampaign>& strong, const Snapshot& snapshot,
                               UtcTime now) {
  std::set<Standing> wanted;
  for (const StrongCampaign& campaign : strong) {
    for (const StrongProposal& one : campaign.proposals) {
      for (const std::string& entry : one.entries) {
        if (!is_radar_entry(entry)) continue;
        for (const StandingEntry& standing : standing_entries(snapshot, entry, now)) {
          wanted.emplace(standing.use.list, standing.entry);
        }
      }
    }
  }
  std::vector<Braked> released;
  for (const auto& [list, entry] : braked_entries(snapshot, now)) {
    if (wanted.contains({list, entry})) continue;
    released.push_back({list->name(), list->entry_text(entry)});
  }
  return released;
}

std::optional<UtcTime> braked_until(const Snapshot& snapshot, const std::string& value,
                                    UtcTime now) {
  for (const StandingEntry& standing : standing_entries(snapshot, value, now)) {
    const lists::EntryData* data = data_of(standing);
    if (is_of_brake(data)) return data->expires;
  }
  return std::nullopt;
}

}  // namespace postern::ctl
