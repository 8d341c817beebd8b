#include "ctl/why/way_in.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/escape.h"
#include "ctl/explain/explanation_page.h"
#include "ctl/lists/list_use.h"

namespace postern::ctl {
namespace {

// The rule compares this one thing and no other: an entry is all that it takes.
bool is_simple(const Rule& rule) {
  return rule.when.all.size() == 1 && rule.when.none.empty() && rule.mode == Mode::enforce;
}

std::size_t place_of(const Snapshot& snapshot, std::string_view rule) {
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

class Exception {
 public:
  explicit Exception(const explain::Explanation& explanation)
      : explanation_(explanation), uses_(uses_of_lists(*explanation.snapshot)) {}

  // `posternctl allow VALUE --list NAME`; empty: there is no list for it.
  [[nodiscard]] std::string command() const {
    const std::string check(explanation_.verdict.check);
    if (!check.empty()) {
      for (const Attribute attribute : kByCheck) {
        if (auto command = by(attribute, check); !command.empty()) return command;
      }
    }
    for (const Attribute attribute : kAll) {
      if (auto command = by(attribute, ""); !command.empty()) return command;
    }
    return {};
  }

 private:
  static constexpr std::array kByCheck{Attribute::client, Attribute::sender,
                                       Attribute::sender_domain};
  static constexpr std::array kAll{Attribute::sender, Attribute::client, Attribute::sender_domain};

  [[nodiscard]] std::string by(Attribute attribute, const std::string& check) const {
    const std::string value = value_for(attribute, explanation_.transaction);
    const bool is_word = !value.empty() && value.front() != '-' && printable(value) == value;
    if (!is_word) return {};
    const std::size_t decider = place_of(*explanation_.snapshot, explanation_.verdict.rule);
    for (const ListUse& use : uses_) {
      const bool does_it = check.empty()
                               ? kind_of(*use.action) == ActionKind::pass
                               : kind_of(*use.action) == ActionKind::skip && allows(use, check);
      if (use.attribute != attribute || !does_it || use.list->name() == "inline" ||
          !is_simple(*use.rule)) {
        continue;
      }
      if (place_of(*explanation_.snapshot, use.rule->name) >= decider) continue;
      return "posternctl allow " + for_shell(value) +
             (check.empty() ? "" : " --check " + for_shell(check)) + " --list " +
             for_shell(use.list->name());
    }
    return {};
  }

  const explain::Explanation& explanation_;
  std::vector<ListUse> uses_;
};

}  // namespace

std::optional<WayIn> way_in(const explain::Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  if (verdict.action == Disposition::pass) return std::nullopt;
  WayIn way;
  way.for_good = Exception(explanation).command();
  if (!way.for_good.empty()) way.for_a_week = way.for_good + " --for 7d";
  if (verdict.check.empty()) way.take_back = way_out(explanation).value_or("");
  return way;
}

}  // namespace postern::ctl
