// A decision as the journal keeps it: all that it was made of, so that it can be made again, and
// what it came to. A value that points nowhere; one is used again and again so that its texts keep
// their memory. As a line: rules/journal/journal_line.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/journal/local_parts.h"
#include "rules/model/action.h"
#include "rules/model/door.h"
#include "rules/model/facts.h"
#include "rules/model/judged.h"
#include "rules/model/judged_recipients.h"
#include "rules/model/mixed_recipients.h"
#include "rules/model/transaction.h"

namespace postern::journal {

using JournalTime = std::chrono::sys_time<std::chrono::microseconds>;

// As MatchedEntry (rules/model/verdict.h).
struct RecordedEntry {
  std::string list;
  std::string entry;
  std::string reason;
  std::string file;
  int line = 0;
  friend bool operator==(const RecordedEntry&, const RecordedEntry&) = default;
};

// As WouldHave.
struct RecordedWould {
  std::string rule;
  ActionKind action = ActionKind::pass;
  friend bool operator==(const RecordedWould&, const RecordedWould&) = default;
};

// As CheckFinding.
struct RecordedFinding {
  std::string rule;
  std::string check;
  std::string finding;
  std::string detail;
  bool noted = false;
  friend bool operator==(const RecordedFinding&, const RecordedFinding&) = default;
};

struct RecordedHeader {
  std::string name;
  std::string value;
  friend bool operator==(const RecordedHeader&, const RecordedHeader&) = default;
};

// As Verdict, without what is for the log alone.
struct RecordedVerdict {
  Disposition action = Disposition::pass;
  std::string reply;  // what went over the wire; of reject and defer the SMTP reply
  std::string text;   // of discard and hold
  std::string redirect;
  std::optional<Disposition> softened_from;
  std::string token;
  std::chrono::milliseconds delay{0};
  std::vector<RecordedHeader> prepend;
  std::vector<std::string> copies;
  std::string rule;  // empty: none decided
  std::string check;
  std::string finding;
  std::string detail;
  RecordedEntry entry;
  std::vector<std::string> also;
  std::vector<RecordedWould> would;
  std::string pending_rule;
  std::string cut_short;
  std::uint64_t generation = 0;
  std::vector<RecordedFinding> found;
  std::optional<MixedRecipients> mixed_recipients;
  friend bool operator==(const RecordedVerdict&, const RecordedVerdict&) = default;
};

struct JournalRecord {
  JournalTime time;  // when the decision began: by this time entries had ended or not
  Door door = Door::policy;
  Judged judged = Judged::deciding;
  // Of `header`, which is there when there was one, it has the fields that `header_names` names
  // (the mailboxes of From: if that is one of them), and all that was cut. What a rule finds in
  // another field is not known.
  Transaction transaction;
  JudgedRecipients recipients;
  std::vector<std::string> header_names;
  LocalParts local_parts = LocalParts::keep;
  RecordedVerdict verdict;
  // Every fact that was used, also absent and temporary ones, in the order of the questions.
  std::vector<DnsEvidence> dns;
  // Every record of state that was looked at, also absent ones, and what was done to records.
  std::vector<StateEvidence> state;
  std::vector<Effect> effects;
  std::chrono::microseconds took{0};
};

}  // namespace postern::journal
