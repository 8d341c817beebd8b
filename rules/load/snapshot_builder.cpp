#include "rules/load/snapshot_builder.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "rules/rule_actions.h"

namespace postern::load {

SnapshotBuilder::SnapshotBuilder(std::uint64_t generation, const LoadTarget& target)
    : snapshot_(std::make_unique<Snapshot>()) {
  snapshot_->generation_ = generation;
  snapshot_->door_ = target.door;
  snapshot_->authserv_id_ = target.authserv_id;
}

void SnapshotBuilder::add_list(std::shared_ptr<const lists::List> list) {
  by_name_.emplace(list->name(), list.get());
  snapshot_->lists_.push_back(std::move(list));
}

const lists::List* SnapshotBuilder::find_list(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const lists::List* SnapshotBuilder::use_list(std::string_view name) {
  const lists::List* list = find_list(name);
  if (list != nullptr) snapshot_->used_lists_.insert(list);
  return list;
}

bool SnapshotBuilder::is_used(const lists::List& list) const {
  const auto& well_known = snapshot_->well_known_;
  return snapshot_->is_used(list) ||
         std::find(well_known.begin(), well_known.end(), &list) != well_known.end();
}

const std::vector<std::shared_ptr<const lists::List>>& SnapshotBuilder::lists() const {
  return snapshot_->lists_;
}

void SnapshotBuilder::set_database(lists::ClientFact fact,
                                   std::shared_ptr<const lists::ClientDatabase> database) {
  names_database_[static_cast<std::size_t>(fact)] = true;
  snapshot_->databases_[static_cast<std::size_t>(fact)] = std::move(database);
}

bool SnapshotBuilder::names_database(lists::ClientFact fact) const {
  return names_database_[static_cast<std::size_t>(fact)];
}

const lists::ClientDatabase* SnapshotBuilder::database(lists::ClientFact fact) const {
  return snapshot_->database(fact).get();
}

void SnapshotBuilder::add_well_known(const lists::DomainList& list) {
  snapshot_->well_known_.push_back(&list);
}

const std::vector<const lists::DomainList*>& SnapshotBuilder::well_known() const {
  return snapshot_->well_known_;
}

void SnapshotBuilder::set_capture_domains(std::vector<DomainName> domains) {
  capture_domains_ = std::move(domains);
}

const std::vector<std::unique_ptr<lists::List>>& SnapshotBuilder::inline_lists() const {
  return snapshot_->inline_lists_;
}

const lists::List& SnapshotBuilder::keep_inline(std::unique_ptr<lists::List> list) {
  snapshot_->inline_lists_.push_back(std::move(list));
  return *snapshot_->inline_lists_.back();
}

void SnapshotBuilder::note_regexes(lists::List& list) {
  if (!list.regexes().empty()) with_regexes_.push_back(&list);
}

std::size_t SnapshotBuilder::share_regex_memory(std::size_t bytes) {
  std::size_t wanted = 0;
  for (const lists::List* list : with_regexes_) wanted += list->regexes().wanted_memory();
  if (wanted <= bytes) return wanted;
  const double part = static_cast<double>(bytes) / static_cast<double>(wanted);
  for (lists::List* list : with_regexes_) {
    const auto own = static_cast<double>(list->regexes().wanted_memory());
    list->limit_regex_memory(static_cast<std::size_t>(own * part));
  }
  return wanted;
}

PredicateId SnapshotBuilder::intern(Predicate predicate) {
  auto& all = snapshot_->predicates_;
  const auto [known, is_new] = ids_.try_emplace(predicate, static_cast<PredicateId>(all.size()));
  const bool keep = !is_new || is_dear(predicate);
  if (is_new) all.push_back(std::move(predicate));
  if (auto& kept = all[known->second].kept; keep && !kept) kept = kept_++;
  return known->second;
}

const std::vector<Predicate>& SnapshotBuilder::predicates() const {
  return snapshot_->predicates_;
}

void SnapshotBuilder::count_rule() {
  ++snapshot_->written_rules_;
}

void SnapshotBuilder::add_rule(Rule rule) {
  snapshot_->rules_.push_back(std::move(rule));
}

const std::vector<Rule>& SnapshotBuilder::rules() const {
  return snapshot_->rules_;
}

void SnapshotBuilder::ask_about(std::uint32_t rule) {
  snapshot_->rules_[rule].is_asked_about = true;
}

void SnapshotBuilder::note_captures() {
  auto& captures = snapshot_->captures_;
  for (const Rule& rule : snapshot_->rules_) {
    for_each_action(rule, snapshot_->predicates_, [&](const Action& action, const std::string&) {
      if (const MailAddress* to = capture_of(action)) captures.push_back(ascii_lower(to->text()));
    });
  }
  std::sort(captures.begin(), captures.end());
}

std::shared_ptr<Snapshot> SnapshotBuilder::finish() {
  note_captures();
  snapshot_->index_ = RuleIndex(snapshot_->rules_, snapshot_->predicates_);
  snapshot_->needs_ = needs_of(snapshot_->door_, snapshot_->rules_, snapshot_->predicates_);
  return std::move(snapshot_);
}

}  // namespace postern::load
