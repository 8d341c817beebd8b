#include "rules/shadow/candidate.h"

#include <algorithm>
#include <utility>

namespace postern::shadow {
namespace {

using journal::JournalRecord;
using replay::Outcome;

constexpr std::string_view kTimeThen = "the time that the rules in force could take";
constexpr std::string_view kMoreTime = "more time than a decision may take";

bool are_headers(const std::vector<journal::RecordedHeader>& recorded,
                 const std::vector<Header>& headers) {
  return std::ranges::equal(recorded, headers,
                            [](const journal::RecordedHeader& one, const Header& other) {
                              return one.name == other.name && one.value == other.value;
                            });
}

Kind kind_of(const Outcome& live, const Outcome& candidate) {
  if (live.is_accepted() == candidate.is_accepted()) return Kind::other_action;
  return live.is_accepted() ? Kind::refused : Kind::let_in;
}

}  // namespace

Candidate::Candidate(std::shared_ptr<const Snapshot> rules, replay::Judge::Settle settle)
    : judge_(std::move(rules), &facts_, std::move(settle)) {}

Comparison Candidate::compare(JournalRecord& record, const Needs& live, Work* work) {
  Comparison found{.live = replay::outcome_of(record.verdict)};
  const auto undecided = [&](std::string_view rule, std::string_view needs) {
    found.kind = Kind::undecided;
    found.rule = rule;
    found.needs = needs;
    return found;
  };
  if (!record.verdict.cut_short.empty()) return undecided({}, kTimeThen);
  std::erase_if(record.header_names, [&](const std::string& name) {
    return std::ranges::find(live.header_fields, name) == live.header_fields.end();
  });
  facts_.use(&record);
  judge_.take_at_most(work);
  replay::Judgement judgement = replay::judge_record(judge_, record, record.time, &live);
  if (judgement.undecided) return undecided(judgement.undecided->rule, judgement.undecided->needs);
  Verdict& verdict = judgement.verdict;
  if (!verdict.cut_short.empty()) return undecided(verdict.cut_short, kMoreTime);
  const bool decides = record.judged == Judged::deciding ||
                       rules()->needs().deciding.contains(record.transaction.stage);
  if (!decides) keep_notes(verdict);
  found.candidate = replay::outcome_of(verdict);
  found.rule = verdict.rule;
  if (!found.candidate.is_as(found.live)) {
    found.kind = kind_of(found.live, found.candidate);
  } else if (have_other_details(record, verdict)) {
    found.kind = Kind::other_details;
  }
  found.entry = std::move(verdict.entry);
  return found;
}

bool Candidate::have_other_details(const JournalRecord& record, const Verdict& verdict) const {
  const journal::RecordedVerdict& live = record.verdict;
  if (verdict.action == Disposition::reject || verdict.action == Disposition::defer) {
    return !replay::is_same_reply(live.reply, verdict.reply.to_string());
  }
  // What was noted for several recipients stands in one record.
  const Transaction& told = record.transaction;
  if (told.stage > Stage::rcpt && told.recipient_count > 1 && rules()->needs().about_recipients()) {
    return false;
  }
  return live.text != verdict.text || live.redirect != verdict.redirect ||
         live.copies != verdict.copies || live.delay != verdict.delay ||
         !are_headers(live.prepend, verdict.prepend);
}

}  // namespace postern::shadow
