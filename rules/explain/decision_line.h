// The one log line of a decision: enough for a person to see why, in a form that a program can read
// (logfmt: key=value, values quoted when they need it; or JSON). The same for both doors.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/facts.h"
#include "rules/model/judged.h"
#include "rules/model/judged_recipients.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"

namespace postern::explain {

struct DecisionRecord {
  std::string_view door;  // `policy`, `milter`
  const Transaction& transaction;
  const Verdict& verdict;
  const std::vector<DnsEvidence>& evidence;
  std::string_view reply;  // what went over the wire
  std::chrono::microseconds took{0};
  // When the decision began: the time by which entries of lists had ended or not.
  std::chrono::system_clock::time_point began{};
  Judged judged = Judged::deciding;
  // Not in the line. Null: as empty ones.
  const JudgedRecipients* recipients = nullptr;
  std::span<const StateEvidence> state{};
  // An everyday pass that stands for so many, as it was chosen out of them; else 1.
  std::uint32_t sampled = 1;
};

// `decision door=policy stage=rcpt rule=adp-2026-11 ... us=53`. Keys without a value are left out,
// but door, stage, rule (`-` for none), action, reply, client, generation and us are always there.
// Text from outside is escaped and bounded (escape.h). Fields: docs/log.md.
std::string decision_line(const DecisionRecord& record);

// The same fields as members of a JSON object, for DaemonLog::write_members():
// `"message":"decision","door":"policy",...`. `generation`, `us`, `recipient_count` and `sampled`
// are numbers, the others are texts with the values of the line.
std::string decision_members(const DecisionRecord& record);

}  // namespace postern::explain
