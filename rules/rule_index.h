// Which rules of a snapshot can concern a transaction at all, so that ten thousand rules of a
// campaign cost about what ten do. Built with the snapshot, then immutable; any thread may ask.
//
// A rule is found by its gate: a condition with at most kMaxGateEntries values and no regex, that
// must hold for the rule to match. The gates about one attribute are looked up together. A rule
// that has no such condition, that stops rules below it although the condition does not hold, or
// whose finding another rule asks for, is always evaluated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rules/condition.h"
#include "rules/lists/list.h"
#include "rules/model/transaction.h"

namespace postern {

struct Rule;  // rules/snapshot.h

// Index into Snapshot::rules().
using RuleNumber = std::uint32_t;

class RuleIndex {
 public:
  static constexpr std::size_t kMaxGateEntries = 100;

  RuleIndex() = default;
  RuleIndex(const std::vector<Rule>& rules, const std::vector<Predicate>& predicates);

  // The numbers of rules, ascending. Those that it leaves out would neither match nor hold up
  // others.
  class Walk {
   public:
    Walk(Walk&&) = default;
    std::optional<RuleNumber> next();
    // From now on leaves out rules whose gate is about what is not known yet: once a rule waits
    // for a later stage, others that would wait change nothing.
    void leave_out_unknown() { unknown_count_ = 0; }

   private:
    friend class RuleIndex;
    Walk() = default;
    using Numbers = std::span<const RuleNumber>;
    Numbers always_;
    std::vector<RuleNumber> matches_;
    Numbers matched_;  // of matches_
    std::array<Numbers, kAttributes> unknown_{};
    std::size_t unknown_count_ = 0;
  };
  [[nodiscard]] Walk walk(const Transaction& transaction) const;

 private:
  // The gates about one attribute.
  struct Gates {
    Attribute attribute = Attribute::client;
    std::unique_ptr<lists::List> values;
    std::vector<std::vector<RuleNumber>> rules;  // by entry of `values`
    // Those that hold up others as long as the attribute is not known, ascending.
    std::vector<RuleNumber> may_wait;
  };
  std::vector<RuleNumber> always_;  // ascending
  std::vector<Gates> gates_;
};

}  // namespace postern
