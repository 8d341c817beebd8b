// One compiled, immutable generation of all rules and lists. Built beside the running one, swapped
// in whole; a message keeps the generation it began with. Shared by all threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/log_share.h"
#include "common/base/mail_address.h"
#include "common/base/words.h"
#include "rules/condition.h"
#include "rules/lists/client_database.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/list.h"
#include "rules/model/action.h"
#include "rules/model/check.h"
#include "rules/model/door.h"
#include "rules/model/stage.h"
#include "rules/needs.h"
#include "rules/rule_index.h"

namespace postern::load {
class SnapshotBuilder;
}

namespace postern {

enum class Mode : std::uint8_t {
  off,  // not looked at
  log,  // looked at and logged, but nothing is done
  enforce,
};

inline constexpr Word<Mode> kModes[] = {
    {"off", Mode::off}, {"log", Mode::log}, {"enforce", Mode::enforce}};
inline std::string_view to_string(Mode mode) {
  return word_of(kModes, mode);
}

// What to do when the conditions of a rule hold,
using RuleActions = std::vector<Action>;
// or what to look at then, and what to do for each finding (by its index in info->findings; no
// actions for a finding that the rule does not mention).
struct RuleCheck {
  const CheckInfo* info = nullptr;  // never null
  std::unique_ptr<Check> check;
  std::vector<RuleActions> on;
  // For which findings a text of `on` quotes what somebody else says (CheckInfo::quote).
  std::vector<bool> quotes = {};
  [[nodiscard]] bool quotes_at(std::size_t finding) const {
    return finding < quotes.size() && quotes[finding];
  }
  [[nodiscard]] std::string_view finding_name(std::size_t finding) const {
    return info->findings[finding].name;
  }
};

struct Rule {
  std::string name;
  Position where;
  Mode mode = Mode::enforce;
  StageSet stages = StageSet::all();
  // Of the lines about what it lets pass; none: as the settings say.
  std::optional<LogShare> log_pass;
  Condition when;

  std::variant<RuleActions, RuleCheck> what;
  // Null when it is the other.
  [[nodiscard]] const RuleCheck* check() const { return std::get_if<RuleCheck>(&what); }
  [[nodiscard]] const RuleActions* then() const { return std::get_if<RuleActions>(&what); }
  // By a `skip`: its own name, or that of its check.
  [[nodiscard]] bool is_called(std::string_view word) const {
    return word == name || (check() != nullptr && word == check()->info->name);
  }
  // Whether it needs a store: without one its check finds `unknown` for all mail.
  [[nodiscard]] bool remembers() const {
    return mode != Mode::off && check() != nullptr &&
           check()->info->remembers == CheckInfo::Remembers::records;
  }

  // The first stage at which all that it looks at can be known.
  Stage known_from = Stage::connect;
  // The doors that can know what its conditions are about.
  DoorSet doors = DoorSet::all();
  // The stages from which on that can be known what its conditions ask of rules above (`found:`).
  StageSet found_from;
  // Whether a rule below asks what its check has found: then it is looked at after its stages, too.
  bool is_asked_about = false;
  // Whether its conditions are about the recipient, who is another one with each RCPT.
  bool about_recipients = false;
  // Whether it is for recipients that the MTA has refused: for these alone, and it alone for them.
  bool about_refused_recipients = false;
  // Whether it looks after RCPT at what no list that it names has an entry for: it holds for
  // nothing as long as that is so, and no door is asked for what it looks at.
  bool is_idle = false;
  // Whether it may end the evaluation or change what comes below, so that nothing below it is
  // decided before it can be judged.
  bool may_decide = false;
  // Whether it may spare a message what stands below (pass, skip, soften, hold). That lasts: when
  // the message comes to stages at which the rule is not looked at any more, it is still spared.
  bool may_spare = false;
  // Whether it may do anything to a message but let it in, be it to somebody else (redirect).
  bool may_refuse = false;
};

class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Before it is shared: its number is known only when it has been stored.
  void set_generation(std::uint64_t generation) { generation_ = generation; }
  // Through which it will be asked.
  [[nodiscard]] Door door() const { return door_; }
  // In the order of the file, without those in mode off.
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  [[nodiscard]] const std::vector<Predicate>& predicates() const { return predicates_; }
  [[nodiscard]] const RuleIndex& index() const { return index_; }
  // What a door has to find out, and to be able to do.
  [[nodiscard]] const Needs& needs() const { return needs_; }
  // The named lists, in the order of the file. Generations share those that did not change.
  [[nodiscard]] const std::vector<std::shared_ptr<const lists::List>>& lists() const {
    return lists_;
  }
  // Null when there is none of that name.
  [[nodiscard]] std::shared_ptr<const lists::List> find_list(std::string_view name) const;
  // How many rules the file has, those in mode off among them.
  [[nodiscard]] std::size_t written_rules() const { return written_rules_; }
  // Whether a condition of any rule, also of one in mode off, names this list.
  [[nodiscard]] bool is_used(const lists::List& list) const;
  // Whether a rule redirects or copies messages to this address. Such a message is neither
  // redirected nor copied again.
  [[nodiscard]] bool is_capture(const MailAddress& address) const;
  // What this site is called in Authentication-Results (RFC 8601 2.5).
  [[nodiscard]] const std::string& authserv_id() const { return authserv_id_; }
  // By lists::ClientFact; null: there is none, or it could not be read.
  [[nodiscard]] const auto& databases() const { return databases_; }
  [[nodiscard]] const std::shared_ptr<const lists::ClientDatabase>& database(
      lists::ClientFact fact) const {
    return databases_[static_cast<std::size_t>(fact)];
  }
  // The lists of `well_known:`: popular domains that nobody means to block.
  [[nodiscard]] const std::vector<const lists::DomainList*>& well_known() const {
    return well_known_;
  }

 private:
  friend class load::SnapshotBuilder;
  std::uint64_t generation_ = 0;
  Door door_ = Door::milter;
  std::string authserv_id_;
  std::vector<Rule> rules_;
  std::vector<Predicate> predicates_;
  RuleIndex index_;
  Needs needs_;
  std::vector<std::shared_ptr<const lists::List>> lists_;
  std::array<std::shared_ptr<const lists::ClientDatabase>, lists::kClientFacts> databases_;
  std::size_t written_rules_ = 0;
  std::set<const lists::List*> used_lists_;
  std::vector<const lists::DomainList*> well_known_;
  std::vector<std::string> captures_;                       // addresses in lower case, sorted
  std::vector<std::unique_ptr<lists::List>> inline_lists_;  // of values written inside conditions
};

}  // namespace postern
