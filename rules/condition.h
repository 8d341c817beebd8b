// The conditions of rules, compiled: what must be true of a transaction. Conditions that several
// rules share are one Predicate, looked at once per decision. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/attribute.h"
#include "rules/lists/client_database.h"
#include "rules/lists/list.h"
#include "rules/model/check.h"
#include "rules/model/transaction.h"
#include "rules/model/work.h"

namespace postern {

// `unknown`: the attribute is not known at this stage, so the condition may still become true; or
// it is one that nobody has told (Transaction::untold).
// `undecidable`: only a part of it was kept, in which nothing was found; or it is in nothing that
// is known of a list (lists::List::unknown()); or the database does not know the client. A rule
// that hangs on it does not match, and holds up none.
enum class Truth : std::uint8_t { no, yes, unknown, undecidable };

// Of two that are joined by AND: `no` settles it, and what is still to come may do so.
Truth joined(Truth one, Truth other);

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
  std::vector<const lists::List*> lists{};
  // Of an attribute that a database tells. Null: it could not be read.
  const lists::ClientDatabase* database = nullptr;
  // Its number among those whose answer is kept: several conditions ask about it, or it is dear.
  std::optional<std::uint32_t> kept{};
  friend auto operator<=>(const Predicate&, const Predicate&) = default;
};

// Whether a stranger can make it cost more than a look-up: there is a regex in it, or it is about
// the header, in which there may be many fields.
bool is_dear(const Predicate& predicate);

// Whether it compares with lists that are empty.
bool has_no_entry(const Predicate& predicate);

// Whether it compares with a list of which something is not known (lists::List::unknown()), or by a
// database that could not be read.
bool has_unknown_entries(const Predicate& predicate);

// What its database says of the client; empty: nothing, or there is no database.
std::string told_by_database(const Predicate& predicate, const Transaction& transaction);

// As it stands in a rule file: `sender_domain`, `header.subject`.
std::string word_for(const Predicate& predicate);

// The header field that it looks at, in lower case. REQUIRES: is_about_header(its attribute).
std::string_view header_field_of(const Predicate& predicate);

// Index into the predicates of a snapshot.
using PredicateId = std::uint32_t;

// A finding of the check of a rule further up.
struct FoundBy {
  std::uint32_t rule = 0;   // index into the rules of the snapshot
  std::size_t finding = 0;  // index into the findings of its check
  FindingClass finding_class = FindingClass::good;
};

// As it is written: `dnsbl.listed`. Any of them.
struct FoundWord {
  std::string text;
  std::vector<FoundBy> by;         // empty: by no rule that is looked at
  DoorSet doors = DoorSet::all();  // that can know what any of these rules is about
};

// All of them.
using FoundTogether = std::vector<FoundWord>;

// True when every predicate of `all` is, one of `found` if there is any, and no condition of
// `none`. Empty: always true.
struct Condition {
  std::vector<PredicateId> all;
  std::vector<FoundTogether> found{};
  std::vector<Condition> none{};
};

class Findings;  // rules/findings.h

struct Match {
  Truth truth = Truth::no;
  // The entry that made it true, if one did.
  const lists::List* list = nullptr;
  lists::EntryId entry = lists::kNoEntry;
};

// What the predicates of one snapshot were found to be, kept as long as what they are about stays
// the same: for a decision, and from one recipient of a message to the next. Whoever owns it says
// what has changed.
class ConditionMemory {
 public:
  // Another message, or other rules.
  void forget();
  // Another recipient of the same message.
  void forget_recipient();

 private:
  friend class Conditions;
  std::vector<std::optional<Match>> judged_;  // by Predicate::kept
  std::vector<std::uint32_t> of_recipient_;   // those of them that are about the recipient
};

// What a decision may take, and what it need not take again.
struct Effort {
  ConditionMemory* memory = nullptr;  // null: nothing is known
  Work* work = nullptr;               // null: as much as it takes
};

// Judges the conditions of one snapshot for one transaction at one point in time.
class Conditions {
 public:
  // All references outlive the object. When `effort.work` is spent, what is judged then means
  // nothing, and is not kept.
  Conditions(const std::vector<Predicate>& predicates, const Transaction& transaction, UtcTime now,
             Effort effort = {});
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  // With the entry that was matched: of several the first, in the order of the condition, that has
  // an action of its own, else the first.
  // `findings` is what checks of rules further up have found; null: not known yet.
  Match judge(const Condition& condition, const Findings* findings = nullptr);
  Match judge(PredicateId id);

 private:
  [[nodiscard]] Match judge(const Predicate& predicate) const;
  [[nodiscard]] Match compare(const Predicate& predicate) const;
  [[nodiscard]] Match compare_told(const Predicate& predicate) const;
  [[nodiscard]] lists::EntryId find(const lists::List& list, const Predicate& predicate) const;

  const std::vector<Predicate>& predicates_;
  const Transaction& transaction_;
  UtcTime now_;
  Work* work_;
  ConditionMemory own_;  // if the caller brings none
  ConditionMemory& memory_;
};

}  // namespace postern
