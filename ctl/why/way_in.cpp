#include "ctl/why/way_in.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/escape.h"
#include "ctl/explain/explanation_page.h"
#include "ctl/lists/list_use.h"
#include "ctl/lists/value_place.h"

namespace postern::ctl {
namespace {

// The rule compares this one thing and no other: an entry is all that it takes.
bool is_simple(const Rule& rule) {
  return rule.when.all.size() == 1 && rule.when.found.empty() && rule.when.none.empty() &&
         rule.mode == Mode::enforce;
}

std::size_t number_of(const Snapshot& snapshot, std::string_view rule) {
  const auto& rules = snapshot.rules();
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& one) { return one.name == rule; });
  return static_cast<std::size_t>(found - rules.begin());
}

// As a person would write it into a list that is compared with the attribute; empty: it is not
// known.
std::string value_for(Attribute attribute, const Transaction& transaction) {
  if (attribute == Attribute::client) {
    return transaction.client ? transaction.client->to_string() : "";
  }
  if (!transaction.sender || transaction.sender->kind() != MailAddress::Kind::domain) return "";
  if (attribute == Attribute::sender) return transaction.sender->text();
  return transaction.sender->domain().text();
}

// Whether posternctl allow writes this very value: a sender may begin with `helo:` or with a dash.
bool is_taken_as_it_is(const std::string& value) {
  return !value.empty() && value.front() != '-' && printable(value) == value &&
         place_of(value).entry == value;
}

class EntryChoice {
 public:
  explicit EntryChoice(const explain::Explanation& explanation)
      : explanation_(explanation), uses_(uses_of_lists(*explanation.snapshot)) {}

  [[nodiscard]] std::optional<LettingEntry> narrowest() const {
    const std::string check(explanation_.verdict.check);
    if (!check.empty()) {
      for (const Attribute attribute : kByCheck) {
        if (auto entry = by(attribute, check)) return entry;
      }
    }
    for (const Attribute attribute : kAll) {
      if (auto entry = by(attribute, "")) return entry;
    }
    return std::nullopt;
  }

 private:
  static constexpr std::array kByCheck{Attribute::client, Attribute::sender,
                                       Attribute::sender_domain};
  static constexpr std::array kAll{Attribute::sender, Attribute::client, Attribute::sender_domain};

  [[nodiscard]] std::optional<LettingEntry> by(Attribute attribute,
                                               const std::string& check) const {
    const std::string value = value_for(attribute, explanation_.transaction);
    if (!is_taken_as_it_is(value)) return std::nullopt;
    const std::size_t decider = number_of(*explanation_.snapshot, explanation_.verdict.rule);
    for (const ListUse& use : uses_) {
      const bool does_it = check.empty()
                               ? kind_of(*use.action) == ActionKind::pass
                               : kind_of(*use.action) == ActionKind::skip && allows(use, check);
      if (use.attribute != attribute || !does_it || use.list->name() == "inline" ||
          !is_simple(*use.rule)) {
        continue;
      }
      if (number_of(*explanation_.snapshot, use.rule->name) >= decider) continue;
      return LettingEntry{value, check, use.list->name()};
    }
    return std::nullopt;
  }

  const explain::Explanation& explanation_;
  std::vector<ListUse> uses_;
};

}  // namespace

std::string WayIn::for_good() const {
  if (!entry) return {};
  return "posternctl allow " + for_shell(entry->value) +
         (entry->check.empty() ? "" : " --check " + for_shell(entry->check)) + " --list " +
         for_shell(entry->list);
}

std::string WayIn::for_a_week() const {
  return entry ? for_good() + " --for 7d" : "";
}

std::optional<WayIn> way_in(const explain::Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  if (verdict.action == Disposition::pass) return std::nullopt;
  WayIn way;
  way.entry = EntryChoice(explanation).narrowest();
  if (verdict.check.empty()) way.take_back = way_out(explanation).value_or("");
  return way;
}

}  // namespace postern::ctl
