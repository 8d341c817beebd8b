// The conditions of rules, compiled: what must be true of a transaction. Conditions that several
// rules share are one Predicate, looked at once per decision. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/lists/list.h"
#include "rules/transaction.h"

namespace postern {

// `unknown`: the attribute is not known at this stage, so the condition may still become true.
// `undecidable`: only a part of it was kept, in which nothing was found. A rule that hangs on it
// does not match, and holds up none.
enum class Truth : std::uint8_t { no, yes, unknown, undecidable };

// One attribute compared with lists (any of them), or asked for as it is.
struct Predicate {
  enum class Kind : std::uint8_t {
    in_lists,  // equals an entry of one of `lists`, which are of the kind that fits the attribute
    present,   // `tls: yes`, `authenticated: yes`
    absent,    // `tls: no`, `authenticated: no`
    differs_in_address,  // `header.from_differs: address`
    differs_in_domain,   // `header.from_differs: domain`
  };
  Attribute attribute = Attribute::client;
  Kind kind = Kind::in_lists;
  std::string header{};  // of Attribute::header: the name of the field, in lower case
  std::vector<const List*> lists{};
  // Its number among those that several conditions ask about, whose answer is kept for a decision.
  std::optional<std::uint32_t> shared{};
  friend auto operator<=>(const Predicate&, const Predicate&) = default;
};

// The kind of list that an attribute is compared with; none for those that are asked for as they
// are.
std::optional<ListKind> list_kind_of(Attribute attribute);

// Index into the predicates of a snapshot.
using PredicateId = std::uint32_t;

// True when every predicate of `all` is, and no condition of `none`. Empty: always true.
struct Condition {
  std::vector<PredicateId> all;
  std::vector<Condition> none;
};

struct Match {
  Truth truth = Truth::no;
  // The entry that made it true, if one did.
  const List* list = nullptr;
  EntryId entry = kNoEntry;
};

// Judges the conditions of one snapshot for one transaction at one point in time.
class Conditions {
 public:
  // All references outlive the object.
  Conditions(const std::vector<Predicate>& predicates, const Transaction& transaction, UtcTime now);

  // With the entry that was matched: of several the first, in the order of the condition, that has
  // an action of its own, else the first.
  Match judge(const Condition& condition);
  Match judge(PredicateId id);

 private:
  [[nodiscard]] Match judge(const Predicate& predicate) const;
  [[nodiscard]] Match compare(const Predicate& predicate) const;
  [[nodiscard]] EntryId find(const List& list, const Predicate& predicate) const;

  const std::vector<Predicate>& predicates_;
  const Transaction& transaction_;
  UtcTime now_;
  std::vector<std::optional<Match>> judged_;  // by Predicate::shared
};

}  // namespace postern
