#include "ctl/cli/hit_counts.h"

#include <algorithm>
#include <map>
#include <set>

#include "ctl/cli/json_read.h"

namespace postern::ctl {
namespace {

EntryCount entry_of(const boost::json::value& value) {
  const auto& object = as_object(value);
  return {text_of(object, "entry"), count_of(object, "line"),   count_of(object, "hits"),
          text_of(object, "last"),  text_of(object, "expires"), text_of(object, "reason")};
}

// RFC 3339 in UTC sorts as it stands.
void take_later(std::string& time, const std::string& other) {
  time = std::max(time, other);
}

void add_rule(const boost::json::object& rule, std::vector<RuleCount>& rules) {
  const std::string name = text_of(rule, "name");
  auto found = std::find_if(rules.begin(), rules.end(),
                            [&](const RuleCount& other) { return other.name == name; });
  if (found == rules.end()) {
    rules.push_back({name, text_of(rule, "mode"), text_of(rule, "at"), 0, {}, 0, {}});
    found = rules.end() - 1;
  }
  found->hits += count_of(rule, "hits");
  found->would += count_of(rule, "would");
  take_later(found->last, text_of(rule, "last"));
  take_later(found->would_last, text_of(rule, "would_last"));
}

}  // namespace

std::vector<RuleCount> sum_rules(const std::vector<DaemonAnswer>& answers) {
  // The door that has more rules gives the order: the other one leaves out what it cannot judge.
  std::vector<const boost::json::array*> all;
  all.reserve(answers.size());
  for (const DaemonAnswer& answer : answers) all.push_back(&array_of(answer.body, "rules"));
  std::stable_sort(all.begin(), all.end(),
                   [](const auto* one, const auto* other) { return one->size() > other->size(); });
  std::vector<RuleCount> rules;
  for (const auto* some : all) {
    for (const auto& rule : *some) add_rule(as_object(rule), rules);
  }
  return rules;
}

std::vector<EntryCount> sum_entries(const std::vector<DaemonAnswer>& answers) {
  std::map<std::string, EntryCount> by_text;
  for (const DaemonAnswer& answer : answers) {
    for (const auto& item : array_of(answer.body, "shown")) {
      const EntryCount entry = entry_of(item);
      const auto [found, added] = by_text.emplace(entry.entry, entry);
      if (added) continue;
      found->second.hits += entry.hits;
      take_later(found->second.last, entry.last);
    }
  }
  std::vector<EntryCount> entries;
  entries.reserve(by_text.size());
  for (auto& [text, entry] : by_text) entries.push_back(std::move(entry));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& one, const auto& other) { return one.hits > other.hits; });
  return entries;
}

std::vector<EntryCount> never_hit(const DaemonAnswer& never, const std::vector<EntryCount>& hit) {
  std::set<std::string> seen;
  for (const EntryCount& entry : hit) seen.insert(entry.entry);
  std::vector<EntryCount> entries;
  for (const auto& item : array_of(never.body, "shown")) {
    EntryCount entry = entry_of(item);
    if (!seen.contains(entry.entry)) entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace postern::ctl
