#include "ctl/explain/explanation_page.h"

#include <algorithm>

#include "ctl/lists/value_place.h"

namespace postern::ctl {
namespace {

// The message or the session is over.
bool ends_it(const Verdict& verdict) {
  return verdict.action == Disposition::reject || verdict.action == Disposition::defer ||
         verdict.action == Disposition::discard;
}

ExplainedTransaction explain_one(const DoorRules& rules, const Transaction& transaction,
                                 Evaluator& evaluator) {
  std::vector<explain::Explanation> earlier;
  for (Stage stage : kStages) {
    if (stage >= transaction.stage) break;
    earlier.push_back(evaluator.evaluate(rules.snapshot, explain::at_stage(transaction, stage)));
  }
  return {evaluator.evaluate(rules.snapshot, transaction), std::move(earlier)};
}

// A milter is asked at every stage: what is over earlier does not come to the one that is
// explained.
void stop_where_it_ends(ExplainedTransaction& explained, std::vector<std::string>& notes) {
  const auto& deciding = explained.explanation.snapshot->needs().deciding;
  const auto end = std::find_if(
      explained.earlier.begin(), explained.earlier.end(), [&](const explain::Explanation& one) {
        return deciding.contains(one.transaction.stage) && ends_it(one.verdict);
      });
  if (end == explained.earlier.end()) return;
  const Verdict& last = explained.explanation.verdict;
  if (end->verdict.rule == last.rule && end->verdict.action == last.action) return;
  notes.push_back("decided at " + std::string(to_string(end->transaction.stage)) +
                  ": what the client says later is not judged any more");
  explained.explanation = *end;
  explained.earlier.erase(end, explained.earlier.end());
}

void note_untold(const ExplainTask& task, std::vector<std::string>& notes) {
  std::string names;
  for (Attribute attribute : task.input.untold) {
    if (!task.doors.front().snapshot->needs().has(attribute)) continue;
    names += (names.empty() ? "" : ", ") + std::string(to_string(attribute));
  }
  if (names.empty()) return;
  notes.push_back("nothing was said about " + names + ", which rules look at");
}

void note_log_line(const ExplainTask& task, const explain::Explanation& explained,
                   std::vector<std::string>& notes) {
  for (const std::string& key : task.input.cut) {
    notes.push_back("the log holds only the beginning of " + key);
  }
  if (!task.input.logged) return;
  const TransactionInput::Logged& logged = *task.input.logged;
  const std::uint64_t generation = explained.snapshot->generation();
  if (generation != 0 && logged.generation != generation) {
    const std::string number = std::to_string(logged.generation);
    notes.push_back("the line was decided by generation " + number +
                    "; for its rules, if they are kept: --generation " + number);
  }
  const std::string rule(explained.verdict.rule.empty() ? "-" : explained.verdict.rule);
  const std::string action(to_string(explained.verdict.action));
  if (logged.rule == rule && logged.action == action) return;
  if (logged.mixed_recipients == to_string(MixedRecipients::split)) {
    notes.emplace_back(
        "the line says mixed_recipients=split: other rules counted for the recipients before, so "
        "it "
        "was to come separately; this is what it gets alone");
    return;
  }
  notes.push_back("the line says action=" + logged.action + " rule=" + logged.rule +
                  ", and now it " + "is action=" + action + " rule=" + rule);
}

// Postfix asks the policy door last at RCPT, unless somebody asks about another stage.
Stage policy_stage(const ExplainTask& task, Stage explained) {
  const bool asked = task.input.stage_from == TransactionInput::StageFrom::asked &&
                     task.input.door != Door::milter;
  return asked ? explained : std::min(explained, Stage::rcpt);
}

DoorReplies replies_of(const ExplainTask& task, const DoorRules& rules, Evaluator& evaluator) {
  const TransactionInput& input = task.input;
  if (rules.door == Door::milter) {
    return milter_replies(rules.snapshot, task.milter, input.transaction, input.recipients,
                          evaluator);
  }
  const Stage stage = policy_stage(task, input.transaction.stage);
  return policy_replies(rules.snapshot, explain::at_stage(input.transaction, stage),
                        input.recipients, evaluator);
}

void note_difference(const Snapshot& shown, const Verdict& verdict, DoorReplies& other) {
  if (verdict.rule == other.verdict.rule && verdict.action == other.verdict.action) return;
  const auto rule = std::find_if(shown.rules().begin(), shown.rules().end(),
                                 [&](const Rule& one) { return one.name == verdict.rule; });
  if (rule != shown.rules().end() && !rule->doors.contains(other.door)) {
    other.notes.push_back("does without rule " + rule->name +
                          ", which looks at what only a milter is told");
  }
  if (!other.verdict.rule.empty()) {
    other.notes.push_back("here rule " + std::string(other.verdict.rule) + " decides");
  }
}

const Rule* decider(const explain::Explanation& explanation) {
  const auto& rules = explanation.snapshot->rules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& one) {
    return one.name == explanation.verdict.rule;
  });
  return rule == rules.end() ? nullptr : &*rule;
}

}  // namespace

ExplanationPage explain_transaction(const ExplainTask& task, Evaluator& evaluator) {
  const DoorRules& rules = task.doors.front();
  const TransactionInput& input = task.input;
  ExplanationPage page;
  page.door = rules.door;
  page.rules = task.rules;
  page.notes = task.notes;
  page.settings_file = task.settings_file;
  const std::size_t count = std::max<std::size_t>(
      1, input.transaction.stage >= Stage::rcpt ? input.recipients.size() : 0);
  for (std::size_t i = 0; i < count; ++i) {
    Transaction transaction = input.transaction;
    if (i < input.recipients.size() && transaction.stage >= Stage::rcpt) {
      transaction.recipient = input.recipients[i];
    }
    if (transaction.stage > Stage::rcpt && count > 1) transaction.recipient_count = count;
    page.transactions.push_back(explain_one(rules, transaction, evaluator));
    const bool may_end =
        rules.door == Door::milter && input.stage_from == TransactionInput::StageFrom::told;
    if (may_end) stop_where_it_ends(page.transactions.back(), page.notes);
  }
  const explain::Explanation& first = page.transactions.front().explanation;
  if (input.any_recipient) {
    page.notes.push_back("no recipient was told: " + input.recipients.front().text() +
                         " stands for any that no rule names");
  }
  note_untold(task, page.notes);
  note_log_line(task, first, page.notes);
  for (const DoorRules& one : task.doors) {
    page.doors.push_back(replies_of(task, one, evaluator));
    if (one.door != rules.door) {
      // Of several recipients the last: its verdict is the door's last one.
      note_difference(*rules.snapshot, page.transactions.back().explanation.verdict,
                      page.doors.back());
    }
  }
  return page;
}

std::string reply_of(const Verdict& verdict) {
  const bool refuses =
      verdict.action == Disposition::reject || verdict.action == Disposition::defer;
  return refuses ? verdict.reply.to_string() : verdict.text;
}

std::string for_shell(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-@:/+").find(c) != std::string_view::npos;
  });
  if (plain && !text.empty()) return std::string(text);
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::optional<std::string> way_out(const explain::Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  const Rule* rule = decider(explanation);
  if (rule == nullptr || verdict.action == Disposition::pass) return std::nullopt;
  if (!verdict.check.empty()) {
    if (!explanation.transaction.client) return std::nullopt;
    return "posternctl allow " + explanation.transaction.client->to_string() + " --check " +
           std::string(verdict.check);
  }
  // A value in the rule file itself is for a person to change.
  const auto& lists = explanation.snapshot->lists();
  const bool named = std::any_of(lists.begin(), lists.end(), [&](const auto& list) {
    return list->name() == verdict.entry.list && list->file() != rule->where.file &&
           list->origin().spf.empty();
  });
  if (!named) return std::nullopt;
  std::string command = "posternctl unblock " + for_shell(verdict.entry.entry);
  if (verdict.entry.list != list_for_blocking(std::string(verdict.entry.entry)))
    command += " --list " + std::string(verdict.entry.list);
  return command;
}

}  // namespace postern::ctl
