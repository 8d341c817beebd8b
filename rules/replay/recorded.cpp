#include "rules/replay/recorded.h"

#include <algorithm>
#include <utility>

#include "common/base/whole_number.h"
#include "rules/attribute.h"
#include "rules/message_verdict.h"
#include "rules/recipient_group.h"

namespace postern::replay {
namespace {

using journal::JournalRecord;
using journal::LocalParts;

constexpr std::size_t kCodeDigits = 3;
// In the place of a rule: the recipients of a message are judged together, or the door decides.
constexpr std::string_view kNoRule = "-";
constexpr std::string_view kOtherRecipients = "the other recipients of the message";
constexpr std::string_view kOfTheDoor = "what the door defers by itself";

bool refuses(Disposition action) {
  return action == Disposition::reject || action == Disposition::defer;
}

// Behind which no rule stands: a message has more recipients than can be redirected.
bool is_of_the_door(const journal::RecordedVerdict& verdict) {
  return verdict.action == Disposition::defer && verdict.rule.empty() &&
         verdict.cut_short.empty() && !verdict.mixed_recipients;
}

void leave_untold(Transaction& transaction, std::initializer_list<Attribute> attributes) {
  for (const Attribute attribute : attributes) {
    transaction.untold.set(static_cast<std::size_t>(attribute));
  }
}

// Whether the record is about a message whose recipients the rules may judge otherwise, one from
// the other. The policy door is not told who they are.
bool is_about_several(const JournalRecord& record, const Needs& needs) {
  if (record.door == Door::policy) return false;
  if (record.verdict.mixed_recipients) return true;
  return record.transaction.stage > Stage::rcpt && record.transaction.recipient_count > 1 &&
         needs.may_mix_recipients();
}

// Other rules than those of the record may tell more recipients from each other.
bool has_all_recipients(const JournalRecord& record) {
  const std::size_t known = record.recipients.each.size();
  return record.transaction.stage == Stage::rcpt ? known > 0
                                                 : known == record.transaction.recipient_count;
}

Judgement judge_each(Judge& judge, const journal::JournalRecord& record, Transaction told,
                     std::chrono::system_clock::time_point now) {
  MessageVerdict message(record.recipients.put_aside, record.recipients.mixed);
  Judgement all;
  for (const MailAddress& recipient : record.recipients.each) {
    told.recipient = recipient;
    Judgement judgement = judge.judge_stage(told, now);
    if (judgement.undecided) return judgement;
    message.add(std::move(judgement.verdict));
    std::swap(judgement.not_looked_at, all.not_looked_at);
    for (const Undecided& one : judgement.not_looked_at) {
      const bool known = std::ranges::count(all.not_looked_at, one.rule, &Undecided::rule) > 0;
      if (!known) all.not_looked_at.push_back(one);
    }
    all.asked = all.asked || judgement.asked;
  }
  all.stage = told.stage;
  all.verdict = message.settle();
  return all;
}

// At RCPT: whether it is deferred because of the one that has set the group of the message.
bool is_split_off(Judge& judge, const journal::JournalRecord& record, const Transaction& told,
                  const Verdict& verdict, std::chrono::system_clock::time_point now) {
  const auto group = [&](const Transaction& transaction, const Verdict& of_it) {
    const auto put_aside = of_it.action == Disposition::hold ? PutAside::yes : PutAside::no;
    return recipient_group(*judge.snapshot(), transaction, put_aside, now);
  };
  if (!lets_in(verdict)) return false;
  Transaction first = told;
  first.recipient = record.recipients.each.front();
  return group(first, judge.judge_stage(first, now).verdict) != group(told, verdict);
}

// With all recipients upon whom the verdict rests.
Judgement judge_recorded(Judge& judge, const journal::JournalRecord& record,
                         const Transaction& told, std::chrono::system_clock::time_point now) {
  const bool others = !record.recipients.each.empty();
  if (others && told.stage > Stage::rcpt) return judge_each(judge, record, told, now);
  Judgement judgement = judge.judge_stage(told, now);
  if (others && !judgement.undecided && is_split_off(judge, record, told, judgement.verdict, now)) {
    defer_as_mixed(judgement.verdict);
  }
  return judgement;
}

// Whether the door comes to a later stage of the same mail.
bool goes_on(const JournalRecord& record, const Needs* asked_then) {
  if (record.verdict.action > Disposition::redirect) return false;
  if (asked_then == nullptr) return true;
  for (const Stage stage : kStages) {
    if (stage > record.transaction.stage && asked_then->stages.contains(stage)) return true;
  }
  return false;
}

std::string decided(Disposition action, std::string_view reply, std::string_view rule) {
  std::string text(postern::to_string(action));
  if (refuses(action)) text += " " + std::string(reply);
  return text + " by " + (rule.empty() ? "no rule" : "rule " + std::string(rule));
}

}  // namespace

Outcome outcome_of(const journal::RecordedVerdict& verdict) {
  if (!refuses(verdict.action)) return {verdict.action, 0};
  return {verdict.action, parse_whole<int>(verdict.reply.substr(0, kCodeDigits)).value_or(0)};
}

std::string message_of(const JournalRecord& record) {
  const Transaction& t = record.transaction;
  if (!t.instance.empty()) return t.instance;
  if (!t.queue_id.empty()) return t.queue_id;
  const auto second = std::chrono::floor<std::chrono::seconds>(record.time);
  return (t.client ? t.client->to_string() : "") + " " + (t.sender ? t.sender->text() : "-") + " " +
         std::to_string(second.time_since_epoch().count());
}

std::size_t teller_of(const JournalRecord& record) {
  const Transaction& t = record.transaction;
  const bool has_name = !t.instance.empty() || !t.queue_id.empty();
  return (record.door == Door::milter ? 2 : 0) + (has_name ? 0 : 1);
}

std::optional<dns::DnsFact> RecordedFacts::find(const dns::DnsQuestion& question) {
  if (record_ == nullptr) return std::nullopt;
  const dns::DnsQuestion told{question.name.visible(), question.type};
  const auto found = std::ranges::find_if(record_->dns, [&](const DnsEvidence& one) {
    return one.question == told || one.question == question;
  });
  if (found == record_->dns.end() || !found->fact.answer) return std::nullopt;
  return found->fact;
}

std::optional<StateFact> RecordedFacts::find_state(const StateKey& key) {
  if (record_ == nullptr) return std::nullopt;
  const auto found = std::ranges::find(record_->state, key, &StateEvidence::key);
  return found == record_->state.end() ? std::nullopt : std::optional(found->fact);
}

bool is_own_decision(const JournalRecord& record) {
  return record.judged != Judged::again;
}

Past past_of(const JournalRecord& record) {
  Past past;
  past.time = std::chrono::floor<std::chrono::seconds>(record.time);
  past.transaction = record.transaction;
  past.outcome = outcome_of(record.verdict);
  past.message = message_of(record);
  past.teller = teller_of(record);
  if (refuses(record.verdict.action)) past.reply = record.verdict.reply;
  return past;
}

Transaction told_by(const JournalRecord& record, const Needs& needs) {
  Transaction told = record.transaction;
  const auto& names = record.header_names;
  const bool has_all = std::ranges::all_of(needs.header_fields, [&](const std::string& field) {
    return std::ranges::find(names, field) != names.end();
  });
  if (!has_all) {
    leave_untold(told, {Attribute::header, Attribute::header_from_address,
                        Attribute::header_from_domain, Attribute::header_from_differs});
  }
  if (record.local_parts != LocalParts::keep) {
    leave_untold(told, {Attribute::sender, Attribute::recipient, Attribute::header_from_address,
                        Attribute::header_from_differs});
    // Whether somebody has authenticated is known all the same, but not who.
    if (!told.sasl_username.empty()) leave_untold(told, {Attribute::sasl_username});
  }
  return told;
}

Judgement judge_record(Judge& judge, const JournalRecord& record,
                       std::chrono::system_clock::time_point now, const Needs* asked_then) {
  if (is_of_the_door(record.verdict)) {
    return {.stage = record.transaction.stage, .undecided = Undecided{kNoRule, kOfTheDoor}};
  }
  const Needs& needs = judge.snapshot()->needs();
  const Transaction told = told_by(record, needs);
  Judgement judgement = judge_recorded(judge, record, told, now);
  if (judgement.undecided) return judgement;
  if (is_about_several(record, needs) && !has_all_recipients(record)) {
    judgement.undecided = Undecided{kNoRule, kOtherRecipients};
    return judgement;
  }
  const std::string_view waits = judgement.verdict.pending_rule;
  if (waits.empty()) return judgement;
  if (judge.is_pending_for_good(told, waits) || !goes_on(record, asked_then)) {
    judgement.undecided = judge.why_pending(told, waits);
  }
  return judgement;
}

Fidelity compare_with_record(Judge& own, const JournalRecord& record) {
  using Kind = Fidelity::Kind;
  const Needs& needs = own.snapshot()->needs();
  if (!record.verdict.cut_short.empty()) return {Kind::incomplete, "the time it could take"};
  if (is_of_the_door(record.verdict)) return {Kind::incomplete, std::string(kOfTheDoor)};
  if (is_about_several(record, needs) && record.recipients.each.empty()) {
    return {Kind::incomplete, std::string(kOtherRecipients)};
  }
  const Transaction told = told_by(record, needs);
  Judgement judgement = judge_recorded(own, record, told, record.time);
  if (judgement.undecided) {
    return {Kind::incomplete, std::string(judgement.undecided->needs) + " for rule " +
                                  std::string(judgement.undecided->rule)};
  }
  Verdict& now = judgement.verdict;
  if (record.judged == Judged::noting) keep_notes(now);
  const journal::RecordedVerdict& then = record.verdict;
  if (now.rule == then.rule && now.action == then.action && now.pending_rule == then.pending_rule) {
    const bool same_text = record.local_parts != LocalParts::keep || !refuses(then.action) ||
                           is_same_reply(now.reply.to_string(), then.reply);
    if (same_text) return {};
  }
  // What the record does not have, the door had.
  if (!now.pending_rule.empty() && own.is_pending_for_good(told, now.pending_rule)) {
    const Undecided why = own.why_pending(told, now.pending_rule);
    return {Kind::incomplete, std::string(why.needs) + " for rule " + std::string(why.rule)};
  }
  return {Kind::other, decided(now.action, now.reply.to_string(), now.rule) + ", and recorded is " +
                           decided(then.action, then.reply, then.rule)};
}

}  // namespace postern::replay
