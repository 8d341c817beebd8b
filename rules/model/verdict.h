// What the core decided about one transaction and why. A value; its views point into the snapshot
// that the decision was made with, which the holder of the verdict keeps alive.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/log_share.h"
#include "rules/model/action.h"
#include "rules/model/dns_list_report.h"
#include "rules/model/mixed_recipients.h"
#include "rules/model/state.h"

namespace postern {

// An entry of a list that made a condition true.
struct MatchedEntry {
  std::string_view list;  // `inline` for a value written inside a condition
  std::string entry;
  std::string_view reason;
  std::string_view file;  // where the entry stands
  int line = 0;
};

// A rule in mode `log` that would have acted.
struct WouldHave {
  std::string_view rule;
  ActionKind action = ActionKind::pass;
  friend bool operator==(const WouldHave&, const WouldHave&) = default;
};

// What the check of a rule found, whatever the rule then did.
struct CheckFinding {
  std::string_view rule;
  std::string_view check;
  std::string_view finding;
  // The rule acted on it without deciding, or would have in mode `log`: for the log.
  bool noted = false;
  std::string detail = {};  // of a noted one: what the check said beyond its finding
  friend bool operator==(const CheckFinding&, const CheckFinding&) = default;
};

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Verdict {
  Disposition action = Disposition::pass;    // also when no rule decided
  SmtpReply reply;                           // of reject and defer
  std::string text;                          // of discard and hold
  std::string redirect;                      // of redirect: to whom
  std::optional<Disposition> softened_from;  // of defer: what it was before a `soften` above
  std::string token;                   // that stands in the reply or the text; empty: none does
  std::chrono::milliseconds delay{0};  // only at connect
  std::vector<Header> prepend;
  std::vector<std::string> copies;  // who gets the message, too

  // Why. Empty where nothing applies.
  std::string_view rule;  // the rule that decided
  std::string_view check;
  std::string_view finding;
  std::string detail;  // what the check said beyond its finding
  MatchedEntry entry;
  std::vector<std::string_view>
      also;  // rules that acted without deciding: delay, prepend, log, skip, soften
  std::vector<WouldHave> would;
  // A rule further up can only be judged at a later stage: nothing below it was decided now.
  std::string_view pending_rule;
  // The decision took all that it may (Work), so that this rule and those below it were not looked
  // at any more. Empty: all were.
  std::string_view cut_short;
  std::uint64_t generation = 0;
  std::vector<CheckFinding> found =
      {};  // by the checks that were looked at, the deciding one included
  std::vector<DnsListReport> lists = {};  // of these checks: what the DNS lists said

  // What databases say of the client, by lists::ClientFact; empty: nothing. For the log.
  std::vector<std::string> client_facts = {};

  // What the rules say about the line of a pass: the one that decided (none: nothing), and the
  // loudest of those that acted beside.
  std::optional<LogShare> log_pass;
  LogShare log_beside = kNoLine;
  // Where the recipients of a message do not all get the same: what became of that.
  std::optional<MixedRecipients> mixed_recipients = {};
  // Of the checks that were looked at, also of those whose rule is in mode `log`: what a door does
  // to records, once (MessageEffects).
  std::vector<Effect> effects = {};
};

// Whether the message goes on; with hold it is put aside at its end, with redirect it goes to
// somebody else.
inline bool lets_in(const Verdict& verdict) {
  return verdict.action <= Disposition::redirect;
}

// Defers a recipient, or a message, because its recipients need transactions of their own: 452
// 4.5.3 (RFC 5321 4.5.3.1.10, RFC 3463). What was noted stays.
void defer_as_mixed(Verdict& verdict);

// Defers a recipient because the message has as many as can be kept: 452 4.5.3, as above.
void defer_as_too_many(Verdict& verdict);

// Leaves of a verdict what was noted, and of what rules decided nothing: for a stage at which only
// rules are judged that cannot decide. That its recipient is put off for those before it stays, and
// effects.
void keep_notes(Verdict& verdict);

// Leaves of its effects those that are carried out though the message is not let in.
void drop_effects_on_pass(Verdict& verdict);

// Adds to a verdict about a message, each once, what another one for another of its recipients
// noted beside: that rules acted or would have, to whom it is copied or, for that recipient,
// redirected, what checks found, and its effects. A pass is not an everyday
// one when the other is none.
void add_notes(Verdict& verdict, const Verdict& other);

// Of the verdicts about one message for each of its recipients the mildest is the one for the
// message: it is refused or discarded only when it would be for every recipient alone.
inline bool is_milder(const Verdict& one, const Verdict& other) {
  return one.action < other.action;
}

}  // namespace postern
