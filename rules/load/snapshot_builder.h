// A snapshot while it is being built: finds lists by name, keeps what is shared once. Owned by one
// load.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/domain_name.h"
#include "rules/snapshot.h"

namespace postern::load {

// A rule with a check, for `found:` of rules below it.
struct CheckedRule {
  std::string name;
  const CheckInfo* info = nullptr;
  std::optional<std::uint32_t> number{};  // none: it is not looked at
  DoorSet doors = DoorSet::all();         // that can judge it
};

class SnapshotBuilder {
 public:
  SnapshotBuilder(std::uint64_t generation, const LoadTarget& target);

  // Takes over a list that is complete. REQUIRES: no list of that name yet.
  void add_list(std::shared_ptr<const lists::List> list);
  // Null when there is none of that name.
  [[nodiscard]] const lists::List* find_list(std::string_view name) const;
  // The same, by a condition of a rule.
  const lists::List* use_list(std::string_view name);
  // By a rule, or as well-known.
  [[nodiscard]] bool is_used(const lists::List& list) const;
  [[nodiscard]] const std::vector<std::shared_ptr<const lists::List>>& lists() const;
  // What conditions compare with; a null one could not be read. REQUIRES: none of that fact yet.
  void set_database(lists::ClientFact fact, std::shared_ptr<const lists::ClientDatabase> database);
  [[nodiscard]] bool names_database(lists::ClientFact fact) const;
  [[nodiscard]] const lists::ClientDatabase* database(lists::ClientFact fact) const;
  void add_well_known(const lists::DomainList& list);
  [[nodiscard]] const std::vector<const lists::DomainList*>& well_known() const;
  // Of `capture_domains:`: where redirect and copy may send messages.
  void set_capture_domains(std::vector<DomainName> domains);
  [[nodiscard]] const std::vector<DomainName>& capture_domains() const { return capture_domains_; }
  // Those of the values written inside conditions.
  [[nodiscard]] const std::vector<std::unique_ptr<lists::List>>& inline_lists() const;
  // Takes over the list of the values written inside a condition.
  const lists::List& keep_inline(std::unique_ptr<lists::List> list);

  // For share_regex_memory(): a list that nobody else has yet, with its regexes compiled.
  void note_regexes(lists::List& list);
  // Sees to it that the states of all regexes together take no more than `bytes`, each list the
  // same part of what it wants. Returns what they want.
  std::size_t share_regex_memory(std::size_t bytes);

  // The id of an equal predicate, or of this new one.
  PredicateId intern(Predicate predicate);
  [[nodiscard]] const std::vector<Predicate>& predicates() const;

  // One that stands in the file, whether it is looked at or not.
  void count_rule();
  void add_rule(Rule rule);
  [[nodiscard]] const std::vector<Rule>& rules() const;

  // In the order of the file.
  void note_checked(CheckedRule rule) { checked_.push_back(std::move(rule)); }
  [[nodiscard]] const std::vector<CheckedRule>& checked() const { return checked_; }
  // A rule below asks what the check of this rule has found.
  void ask_about(std::uint32_t rule);

  // Leaves the builder empty.
  std::shared_ptr<Snapshot> finish();

 private:
  void note_captures();

  std::unique_ptr<Snapshot> snapshot_;
  std::map<Predicate, PredicateId> ids_;
  std::map<std::string_view, const lists::List*> by_name_;
  std::vector<lists::List*> with_regexes_;  // owned by the snapshot
  std::vector<DomainName> capture_domains_;
  std::vector<CheckedRule> checked_;
  std::uint32_t kept_ = 0;  // predicates
  std::array<bool, lists::kClientFacts> names_database_{};
};

}  // namespace postern::load
