#include "common/json/parse_json.h"

#include "common/base/duration.h"
#include "common/base/words.h"
#include "ctl/explain/explanation_page.h"
#include "rules/explain/state_words.h"
#include "rules/explain/told_fields.h"
#include "rules/findings.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

json::object json_place(std::string_view file, int line) {
  return {{"file", control::json_text(file)}, {"line", line}};
}

json::value json_explained_entry(const std::optional<explain::ExplainedEntry>& entry) {
  if (!entry) return nullptr;
  json::object object = json_place(entry->file, entry->line);
  object["entry"] = control::json_text(entry->text);
  object["list"] = control::json_text(entry->list);
  object["reason"] = control::json_text_or_null(entry->reason);
  object["owner"] = control::json_text_or_null(entry->owner);
  object["expires"] = control::json_time(entry->expires);
  return object;
}

std::string_view wanted_of(Predicate::Kind kind) {
  using enum Predicate::Kind;
  static constexpr Word<Predicate::Kind> kWords[] = {{"in_lists", in_lists},
                                                     {"yes", present},
                                                     {"no", absent},
                                                     {"another_address", differs_in_address},
                                                     {"another_domain", differs_in_domain}};
  return word_of(kWords, kind);
}

json::object json_predicate(const explain::Explanation& explanation, PredicateId id) {
  const explain::ExplainedPredicate explained = explain::explained_predicate(explanation, id);
  json::object object{{"attribute", control::json_text(explained.attribute)},
                      {"wanted", control::json_text(wanted_of(explained.predicate->kind))},
                      {"value", nullptr},
                      {"truth", control::json_text(explain::word_of(explained.truth))}};
  if (explained.value) object["value"] = control::json_text(*explained.value);
  json::array lists;
  for (const lists::List* list : explained.predicate->lists) {
    lists.push_back(json::object{{"list", control::json_text(list->name())},
                                 {"file", control::json_text(list->file())},
                                 {"entries", list->entries().size()}});
  }
  object["lists"] = std::move(lists);
  object["matched"] = json_explained_entry(explained.matched);
  object["expired"] = json_explained_entry(explained.expired);
  return object;
}

json::object json_condition(const explain::Explanation& explanation, const Condition& condition) {
  json::array all;
  for (PredicateId id : condition.all) all.push_back(json_predicate(explanation, id));
  json::array found;
  for (const FoundTogether& together : condition.found) {
    found.push_back(control::json_text(found_text({together})));
  }
  json::array none;
  for (const Condition& excluded : condition.none) {
    none.push_back(json_condition(explanation, excluded));
  }
  return {
      {"truth", control::json_text(explain::word_of(explain::truth_of(explanation, condition)))},
      {"all", std::move(all)},
      {"found", std::move(found)},
      {"none", std::move(none)}};
}

json::object json_rule(const explain::Explanation& explanation, const Rule& rule,
                       const TracedRule& traced) {
  json::object object{{"rule", control::json_text(rule.name)},
                      {"at", json_place(rule.where.file, rule.where.line)},
                      {"mode", control::json_text(to_string(rule.mode))},
                      {"outcome", control::json_text(explain::word_of(traced.outcome))},
                      {"by", control::json_text_or_null(traced.by)},
                      {"check", nullptr},
                      {"finding", nullptr},
                      {"detail", nullptr}};
  const RuleCheck* check = rule.check();
  if (check != nullptr) object["check"] = control::json_text(check->info->name);
  if (check != nullptr && traced.outcome == TracedRule::Outcome::matches) {
    object["finding"] = control::json_text(check->finding_name(traced.report.finding));
    object["detail"] = control::json_text_or_null(traced.report.detail);
  }
  object["when"] = json_condition(explanation, rule.when);
  json::array actions;
  for (const TracedAction& action : traced.actions) {
    actions.push_back(
        json::object{{"action", control::json_text(action_text(*action.action))},
                     {"outcome", control::json_text(explain::word_of(action.outcome))}});
  }
  object["actions"] = std::move(actions);
  return object;
}

json::object json_verdict(const Verdict& verdict) {
  json::object object{{"action", control::json_text(to_string(verdict.action))},
                      {"reply", control::json_text_or_null(reply_of(verdict))},
                      {"rule", control::json_text_or_null(verdict.rule)},
                      {"softened_from", nullptr},
                      {"check", control::json_text_or_null(verdict.check)},
                      {"finding", control::json_text_or_null(verdict.finding)},
                      {"detail", control::json_text_or_null(verdict.detail)},
                      {"pending_rule", control::json_text_or_null(verdict.pending_rule)},
                      {"delay_milliseconds", verdict.delay.count()}};
  if (verdict.softened_from)
    object["softened_from"] = control::json_text(to_string(*verdict.softened_from));
  object["entry"] = nullptr;
  if (!verdict.entry.list.empty()) {
    json::object entry = json_place(verdict.entry.file, verdict.entry.line);
    entry["entry"] = control::json_text(verdict.entry.entry);
    entry["list"] = control::json_text(verdict.entry.list);
    entry["reason"] = control::json_text_or_null(verdict.entry.reason);
    object["entry"] = std::move(entry);
  }
  json::array headers;
  for (const Header& header : verdict.prepend) {
    headers.push_back(json::object{{"name", control::json_text(header.name)},
                                   {"value", control::json_text(header.value)}});
  }
  object["headers"] = std::move(headers);
  json::array would;
  for (const WouldHave& one : verdict.would) {
    would.push_back(json::object{{"rule", control::json_text(one.rule)},
                                 {"action", control::json_text(to_string(one.action))}});
  }
  object["would"] = std::move(would);
  return object;
}

json::object json_door(const DoorReplies& replies) {
  json::array sent;
  for (const SentBytes& one : replies.sent) {
    sent.push_back(json::object{{"when", control::json_text(one.when)},
                                {"what", control::json_text_or_null(one.what)},
                                {"bytes", control::json_text_or_null(one.bytes)}});
  }
  return {{"door", control::json_text(to_string(replies.door))},
          {"stage", control::json_text(to_string(replies.stage))},
          {"action", control::json_text(to_string(replies.verdict.action))},
          {"rule", control::json_text_or_null(replies.verdict.rule)},
          {"sent", std::move(sent)},
          {"notes", control::json_texts(replies.notes)}};
}

}  // namespace

json::object transaction_json(const Transaction& t) {
  json::object object{{"stage", control::json_text(to_string(t.stage))}};
  for (const AttributeInfo& info : attributes()) {
    const bool is_field = info.told_with == info.attribute && info.attribute != Attribute::header;
    if (is_field) object[info.word] = nullptr;
  }
  // The name that PTR records say stands there, too, when it is the verified one.
  object["reverse_client_name"] = control::json_text_or_null(t.reverse_client_name);
  for (const AttributeInfo& info : attributes()) {
    explain::for_each_told_field(info, t, [&](std::string_view key, std::string_view value) {
      object[key] = control::json_text_or_null(value);
    });
  }
  // The null sender is an empty text.
  if (t.sender) object["sender"] = control::json_text(t.sender->text());
  if (t.recipient) object["recipient"] = control::json_text(t.recipient->text());
  object["recipient_refused"] = t.recipient_state == RecipientState::refused;
  json::array fields;
  if (t.header) {
    for (const HeaderField& field : t.header->fields) {
      fields.push_back(json::object{{"name", control::json_text(field.name)},
                                    {"text", control::json_text(field.text)}});
    }
  }
  object["header"] = std::move(fields);
  return object;
}

json::object explanation_json(const explain::Explanation& explanation) {
  json::array rules;
  for (std::size_t i = 0; i < explanation.trace.rules.size(); ++i) {
    rules.push_back(
        json_rule(explanation, explanation.snapshot->rules()[i], explanation.trace.rules[i]));
  }
  json::array dns;
  for (const DnsEvidence& evidence : explanation.evidence) {
    json::object fact = control::json_dns_fact(evidence.question.type, evidence.fact);
    fact["name"] = control::json_text(evidence.question.name.visible().text());
    dns.push_back(std::move(fact));
  }
  json::array state;
  for (const StateEvidence& evidence : explanation.state) {
    state.push_back(
        json::object{{"record", control::json_text(explain::words_of(evidence.key))},
                     {"status", control::json_text(word_of(kStateStatuses, evidence.fact.status))},
                     {"about", control::json_text(explain::words_of(evidence.fact))}});
  }
  json::array effects;
  for (const Effect& effect : explanation.verdict.effects) {
    effects.push_back(control::json_text(explain::words_of(effect)));
  }
  json::object transaction = transaction_json(explanation.transaction);
  explain::for_each_client_fact(explanation.verdict,
                                [&](std::string_view key, std::string_view value) {
                                  transaction[key] = control::json_text(value);
                                });
  json::object object{{"transaction", std::move(transaction)},
                      {"generation", explanation.snapshot->generation()},
                      {"at", control::json_time(explanation.now)},
                      {"verdict", json_verdict(explanation.verdict)},
                      {"rules", std::move(rules)},
                      {"dns", std::move(dns)},
                      {"state", std::move(state)},
                      {"effects", std::move(effects)}};
  const auto command = way_out(explanation);
  object["to_let_in"] = control::json_text_or_null(command.value_or(""));
  return object;
}

json::object explanation_json(const ExplanationPage& page) {
  json::array explanations;
  for (const ExplainedTransaction& transaction : page.transactions) {
    json::object object = explanation_json(transaction.explanation);
    json::array earlier;
    for (const explain::Explanation& before : transaction.earlier) {
      json::object verdict = json_verdict(before.verdict);
      verdict["stage"] = control::json_text(to_string(before.transaction.stage));
      earlier.push_back(std::move(verdict));
    }
    object["earlier"] = std::move(earlier);
    explanations.push_back(std::move(object));
  }
  json::array doors;
  for (const DoorReplies& replies : page.doors) doors.push_back(json_door(replies));
  return {{"door", control::json_text(to_string(page.door))},
          {"judged_by", control::json_text(page.rules)},
          {"explanations", std::move(explanations)},
          {"doors", std::move(doors)},
          {"notes", control::json_texts(page.notes)}};
}

}  // namespace postern::ctl
