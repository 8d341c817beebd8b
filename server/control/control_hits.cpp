// /v1/rules and /v1/entries.
#include <algorithm>
#include <unordered_map>

#include "common/base/whole_number.h"
#include "common/json/parse_json.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"

namespace postern::control {
namespace {

constexpr std::size_t kMaxShown = 10000;
constexpr std::size_t kShown = 100;

using ByEntry = std::unordered_map<std::string, service::HitCount>;

std::unordered_map<std::string, ByEntry> hits_by_list(const service::Hits& hits) {
  std::unordered_map<std::string, ByEntry> lists;
  for (auto& one : hits.entries()) lists[one.list].emplace(std::move(one.entry), one.count);
  return lists;
}

// One entry with what is known of it; `count` is null for one that never was hit.
struct Seen {
  lists::EntryId id;
  std::string text;
  const service::HitCount* count;
};

// Calls `each` for all entries in their order, until it returns false.
template <class Each>
void for_each_entry(const lists::List& list, const ByEntry& hits, Each each) {
  for (lists::EntryId id = 0; id < list.entries().size(); ++id) {
    std::string text = list.entry_text(id);
    const auto found = hits.find(text);
    if (!each(Seen{id, std::move(text), found == hits.end() ? nullptr : &found->second})) return;
  }
}

// Of the entries that are there now: what was hit and is gone does not count.
std::size_t count_hit(const lists::List& list, const ByEntry& hits) {
  std::size_t count = 0;
  if (hits.empty()) return count;
  for_each_entry(list, hits, [&](const Seen& seen) {
    if (seen.count != nullptr) ++count;
    return true;
  });
  return count;
}

json::value json_last(const service::HitCount& count) {
  return json_time(count.hits == 0 ? std::nullopt : std::optional(count.last));
}

json::object json_rule(const Rule& rule, const service::Hits::RuleHits& hits) {
  const std::string at = rule.where.file + ":" + std::to_string(rule.where.line);
  return {{"name", json_text(rule.name)},
          {"mode", to_string(rule.mode)},
          {"at", json_text(at)},
          {"hits", hits.acted.hits},
          {"last", json_last(hits.acted)},
          {"would", hits.would.hits},
          {"would_last", json_last(hits.would)}};
}

json::array json_rules(const Snapshot& snapshot, const service::Hits& hits) {
  json::array rules;
  const auto by_name = hits.rules();
  for (const Rule& rule : snapshot.rules()) {
    const auto found = by_name.find(rule.name);
    rules.push_back(
        json_rule(rule, found == by_name.end() ? service::Hits::RuleHits{} : found->second));
  }
  return rules;
}

json::array json_hit_lists(const Snapshot& snapshot, const service::Hits& hits) {
  json::array lists;
  auto by_list = hits_by_list(hits);
  for (const auto& list : snapshot.lists()) {
    lists.push_back(json::object{{"name", json_text(list->name())},
                                 {"kind", lists::to_string(list->kind())},
                                 {"file", json_text(list->file())},
                                 {"entries", list->entries().size()},
                                 {"hit", count_hit(*list, by_list[list->name()])}});
  }
  return lists;
}

json::object json_entry(const lists::List& list, const Seen& seen) {
  const lists::EntryData* data = list.entries().data(seen.id);
  const service::HitCount count = seen.count == nullptr ? service::HitCount{} : *seen.count;
  return {{"entry", json_text(seen.text)},
          {"line", list.entries().line(seen.id)},
          {"hits", count.hits},
          {"last", json_last(count)},
          {"expires", json_time(data == nullptr ? std::nullopt : data->expires)},
          {"reason", json_text(data == nullptr ? "" : data->reason)}};
}

std::vector<Seen> most_hit(const lists::List& list, const ByEntry& hits) {
  std::vector<Seen> seen;
  for_each_entry(list, hits, [&](Seen one) {
    if (one.count != nullptr) seen.push_back(std::move(one));
    return true;
  });
  std::stable_sort(seen.begin(), seen.end(), [](const Seen& one, const Seen& other) {
    return one.count->hits > other.count->hits;
  });
  return seen;
}

std::vector<Seen> never_hit(const lists::List& list, const ByEntry& hits, std::size_t limit) {
  std::vector<Seen> seen;
  for_each_entry(list, hits, [&](Seen one) {
    if (seen.size() == limit) return false;
    if (one.count == nullptr) seen.push_back(std::move(one));
    return true;
  });
  return seen;
}

// What the query asks for.
struct Wanted {
  enum class Which { hit, never_hit } which = Which::hit;
  std::size_t limit = kShown;
};

Result<std::size_t> parse_limit(const std::string& text) {
  const auto limit = parse_whole<std::size_t>(text);
  if (limit && *limit <= kMaxShown) return *limit;
  return failure("found limit=" + text + ", want a number from 0 to " + std::to_string(kMaxShown));
}

Result<Wanted> wanted_of(const ControlCall& call) {
  Wanted wanted;
  const std::string* hit = call.parameter("hit");
  if (hit == nullptr || (*hit != "yes" && *hit != "no")) {
    return failure("found " + (hit == nullptr ? "no hit" : "hit=" + *hit) +
                   ", want hit=yes or hit=no");
  }
  if (*hit == "no") wanted.which = Wanted::Which::never_hit;
  if (const std::string* text = call.parameter("limit")) {
    const auto limit = parse_limit(*text);
    if (!limit) return failure(limit.error().text);
    wanted.limit = *limit;
  }
  return wanted;
}

tl::expected<std::shared_ptr<const lists::List>, ControlFault> list_of(const ControlCall& call,
                                                                       const Snapshot& snapshot) {
  const std::string* name = call.parameter("list");
  if (name == nullptr) return control_fault("found no list, want list=NAME");
  auto list = snapshot.find_list(*name);
  if (list == nullptr) {
    return control_fault("found the list \"" + *name + "\", want one that the rules have", 404);
  }
  return list;
}

}  // namespace

ControlAnswer control_rules(const ControlCall& call) {
  const auto snapshot = call.parts.state.snapshots.current();
  const service::Hits& hits = call.parts.state.hits;
  return json::object{{"generation", snapshot->generation()},
                      {"started", json_time(call.parts.state.started)},
                      {"decisions", hits.decisions()},
                      {"rules", json_rules(*snapshot, hits)},
                      {"lists", json_hit_lists(*snapshot, hits)}};
}

ControlAnswer control_entries(const ControlCall& call) {
  const auto snapshot = call.parts.state.snapshots.current();
  const auto list = list_of(call, *snapshot);
  if (!list) return tl::make_unexpected(list.error());
  const auto wanted = wanted_of(call);
  if (!wanted) return control_fault(wanted.error().text);
  auto by_list = hits_by_list(call.parts.state.hits);
  const ByEntry hits = std::move(by_list[(*list)->name()]);
  const auto seen = wanted->which == Wanted::Which::hit ? most_hit(**list, hits)
                                                        : never_hit(**list, hits, wanted->limit);
  json::array shown;
  for (std::size_t i = 0; i < seen.size() && i < wanted->limit; ++i) {
    shown.push_back(json_entry(**list, seen[i]));
  }
  return json::object{
      {"list", json_text((*list)->name())},
      {"entries", (*list)->entries().size()},
      {"hit", wanted->which == Wanted::Which::hit ? seen.size() : count_hit(**list, hits)},
      {"shown", std::move(shown)}};
}

}  // namespace postern::control
