// What rules decide otherwise than it was: counted by change, and the good mail among it that they
// lose. Pure; one thread; bounded by what it keeps.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/replay/judge.h"
#include "rules/replay/message_count.h"
#include "rules/replay/past.h"
#include "rules/replay/standing.h"

namespace postern::replay {

struct Change {
  Outcome then;
  std::optional<Outcome> now;  // none: undecided
  friend auto operator<=>(const Change&, const Change&) = default;
};

// `pass -> reject 550`
std::string to_string(const Change& change);

// What a person asks for: `pass -> reject` is `pass -> reject 550`, too.
bool is_meant(const std::string& wanted, const Change& change);

// An entry of a list that has decided.
struct EntryPlace {
  std::string file;
  int line = 0;
  std::string list;
  std::string entry;
  friend auto operator<=>(const EntryPlace&, const EntryPlace&) = default;
};

class Tally {
 public:
  void add(const MessageName& message) {
    ++decisions_;
    messages_.add(message);
  }
  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }
  [[nodiscard]] std::uint64_t messages() const { return messages_.messages(); }

 private:
  std::uint64_t decisions_ = 0;
  MessageTally messages_;
};

struct ChangeCounts {
  Tally tally;
  std::map<std::string, std::uint64_t> by_rule;  // `-`: no rule decides now
  std::map<EntryPlace, std::uint64_t> by_entry;
  std::map<std::string, std::uint64_t> by_domain;  // of the sender; empty: it has none
};

// Mail that was accepted, and would be refused or discarded.
struct LostMail {
  UtcTime time;
  std::string sender;
  std::string domain;
  std::string recipient;
  Outcome now;
  std::string rule;
  EntryPlace entry;  // without a file: none
};

struct GoodMail {
  LostMail mail;
  Standing standing;
};

class Differences {
 public:
  static constexpr std::size_t kMaxLost = 100'000;   // that are looked at for good ones
  static constexpr std::size_t kMaxNames = 100'000;  // of domains, of each change

  // What differs, if anything does.
  std::optional<Change> add(const Past& past, const Judgement& judgement);
  // What only tells how sender domains stand.
  void add_standing(const Past& past);
  void add_written_to(const std::string& domain) { standings_.add_written_to(domain); }

  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }
  [[nodiscard]] std::uint64_t unchanged() const { return unchanged_; }
  [[nodiscard]] std::uint64_t asked() const { return asked_; }
  // Refusals with the same code and another text; among those that are unchanged.
  [[nodiscard]] const ChangeCounts& other_text() const { return other_text_; }
  [[nodiscard]] const std::map<Change, ChangeCounts>& changes() const { return changes_; }

  // `rule needs DNS`, by rule and what it needs.
  using Reason = std::pair<std::string, std::string>;
  [[nodiscard]] const std::map<Reason, Tally>& undecided() const { return undecided_; }
  // What rules in mode `log` would have done: by rule and action.
  [[nodiscard]] const std::map<std::pair<std::string, ActionKind>, Tally>& would() const {
    return would_;
  }
  // Rules in mode `log` that could not be judged.
  [[nodiscard]] const std::map<Reason, Tally>& not_looked_at() const { return not_looked_at_; }

  // The good mail among what would be lost, in the order of time.
  [[nodiscard]] std::vector<GoodMail> good_mail_lost(
      const std::vector<const lists::DomainList*>& well_known, UtcTime now) const;
  // Lost mail beyond kMaxLost, of which nobody knows how good it was.
  [[nodiscard]] std::uint64_t lost_unseen() const { return lost_unseen_; }

 private:
  static void count(const Past& past, const MessageName& name, const Judgement& judgement,
                    ChangeCounts& counts);
  void keep_lost(const Past& past, MessageName name, const Judgement& judgement);

  std::uint64_t decisions_ = 0;
  std::uint64_t unchanged_ = 0;
  std::uint64_t asked_ = 0;
  std::map<Change, ChangeCounts> changes_;
  ChangeCounts other_text_;
  std::map<Reason, Tally> undecided_;
  std::map<std::pair<std::string, ActionKind>, Tally> would_;
  std::map<Reason, Tally> not_looked_at_;
  Standings standings_;
  std::vector<LostMail> lost_;
  MessageTally lost_messages_;  // each with its recipient
  std::uint64_t lost_unseen_ = 0;
};

}  // namespace postern::replay
