#include "server/service/hits.h"

#include <algorithm>
#include <utility>

namespace postern::service {
namespace {

void add_one(HitCount& to, UtcTime now) {
  ++to.hits;
  to.last = std::max(to.last, now);  // threads come in another order than their times
}

// A rule with several actions is named for each of them. There are few.
template <class Element, class Name, class Action>
void for_each_once(const std::vector<Element>& elements, Name name, Action action) {
  for (auto one = elements.begin(); one != elements.end(); ++one) {
    const auto same = [&](const Element& earlier) { return name(earlier) == name(*one); };
    if (std::none_of(elements.begin(), one, same)) action(name(*one));
  }
}

}  // namespace

void Hits::record(const Verdict& verdict, UtcTime now) {
  decisions_.fetch_add(1, std::memory_order_relaxed);
  if (!verdict.cut_short.empty()) cut_short_.fetch_add(1, std::memory_order_relaxed);
  // Most mail is let pass, and no rule has had anything to do with it.
  if (verdict.rule.empty() && verdict.also.empty() && verdict.would.empty()) return;
  const std::lock_guard lock(mutex_);
  record_rules(verdict, now);
  if (!verdict.entry.list.empty()) record_entry(verdict.entry, now);
}

void Hits::record_rules(const Verdict& verdict, UtcTime now) {
  const auto acted = [&](std::string_view rule) {
    if (RuleHits* const hits = hits_of(rule)) add_one(hits->acted, now);
  };
  const auto would = [&](std::string_view rule) {
    if (RuleHits* const hits = hits_of(rule)) add_one(hits->would, now);
  };
  if (!verdict.rule.empty()) acted(verdict.rule);
  for_each_once(
      verdict.also, [](std::string_view rule) { return rule; },
      [&](std::string_view rule) {
        if (rule != verdict.rule) acted(rule);
      });
  for_each_once(
      verdict.would, [](const WouldHave& one) { return one.rule; }, would);
}

Hits::RuleHits* Hits::hits_of(std::string_view rule) {
  if (const auto found = rules_.find(rule); found != rules_.end()) return &found->second;
  if (rules_.size() >= kMaxRules) return nullptr;
  return &rules_[std::string(rule)];
}

void Hits::record_entry(const MatchedEntry& entry, UtcTime now) {
  const auto found = by_text_.find({entry.list, entry.entry});
  if (found != by_text_.end()) return add_one(*found->second, now);
  if (entries_.size() >= kMaxEntries) return;
  EntryHits& added = entries_.emplace_back(EntryHits{std::string(entry.list), entry.entry, {}});
  add_one(added.count, now);
  by_text_.emplace(EntryKey{added.list, added.entry}, &added.count);
}

std::map<std::string, Hits::RuleHits> Hits::rules() const {
  const std::lock_guard lock(mutex_);
  return {rules_.begin(), rules_.end()};
}

// Copying a hundred thousand texts takes milliseconds, for which no decision is to wait.
std::vector<Hits::EntryHits> Hits::entries() const {
  std::vector<std::pair<const EntryHits*, HitCount>> seen;
  {
    const std::lock_guard lock(mutex_);
    seen.reserve(entries_.size());
    for (const EntryHits& one : entries_) seen.emplace_back(&one, one.count);
  }
  std::vector<EntryHits> entries;
  entries.reserve(seen.size());
  for (const auto& [one, count] : seen) entries.push_back({one->list, one->entry, count});
  return entries;
}

}  // namespace postern::service
