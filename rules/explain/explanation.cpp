#include "rules/explain/explanation.h"

#include <algorithm>
#include <string_view>

#include "common/base/overloaded.h"
#include "rules/findings.h"

namespace postern::explain {
namespace {

// Nothing has ended yet.
constexpr UtcTime kBeforeEverything = UtcTime::min();

std::string or_word(const std::string& text, std::string_view word) {
  return text.empty() ? std::string(word) : text;
}

std::string address_text(const MailAddress& address) {
  if (address.is_null()) return "<>";
  if (!address.has_tag()) return address.text();
  return address.text() + " (or " + std::string(address.untagged()) + ", without its tag)";
}

std::string domain_text(const MailAddress& address) {
  return or_word(address.domain().text(), "none");
}

template <class Values, class Print>
std::string comma_list(const Values& values, Print print) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + print(value);
  return or_word(text, "none");
}

std::string field_text(const MessageHeader& header, const std::string& name) {
  std::string text;
  for (const HeaderField& field : header.fields) {
    if (field.name == name) text += (text.empty() ? "" : " | ") + field.text;
  }
  return or_word(text, "none");
}

std::string answer_text(std::optional<bool> answer) {
  return answer ? (*answer ? "yes" : "no") : "not told";
}

std::string value_of(const Predicate& predicate, const Transaction& t) {
  const AttributeInfo& info = info_of(predicate.attribute);
  return std::visit(
      Overloaded{
          [&](const ClientAddress&) { return t.client ? t.client->to_string() : "none"; },
          [&](const NameIn& in) { return or_word(t.*in.field, in.none); },
          [&](const AddressIn& in) { return address_text(*(t.*in.field)); },
          [&](const DomainIn& in) { return domain_text(*(t.*in.field)); },
          [&](const TextIn& in) { return or_word(t.*in.field, "none"); },
          [&](const FromDatabase&) { return or_word(told_by_database(predicate, t), "unknown"); },
          [&](const HeaderText&) { return field_text(*t.header, predicate.header); },
          [&](const FromAddresses&) { return comma_list(t.header->from, address_text); },
          [&](const FromDomains&) { return comma_list(t.header->from, domain_text); },
          [&](const FromDiffers&) {
            return "From: " + comma_list(t.header->from, address_text) + ", sender " +
                   address_text(*t.sender);
          },
          [&](const NoValue&) { return answer_text(info.question.answer(t)); }},
      info.value);
}

bool has_expiring_entry(const Predicate& predicate) {
  return std::any_of(predicate.lists.begin(), predicate.lists.end(),
                     [](const lists::List* list) { return list->entries().with_expiry() > 0; });
}

bool is_skipped_by_fault(const Explanation& explanation, const TracedRule& skipped) {
  const auto& rules = explanation.snapshot->rules();
  const auto by = std::ranges::find(rules, skipped.by, &Rule::name);
  if (by == rules.end()) return false;
  const TracedRule& traced = explanation.trace.rules[static_cast<std::size_t>(by - rules.begin())];
  return rests_on_fault(*by, by->check() != nullptr ? &traced.report : nullptr);
}

Findings findings_of(const Explanation& explanation) {
  Findings findings;
  const auto& rules = explanation.snapshot->rules();
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].is_asked_about) continue;
    const TracedRule& traced = explanation.trace.rules[i];
    if (traced.outcome != TracedRule::Outcome::matches) {
      const bool by_fault = traced.outcome == TracedRule::Outcome::skipped &&
                            is_skipped_by_fault(explanation, traced);
      findings.note(
          {.rule = i, .truth = by_fault ? Truth::undecidable : truth_of_finding(traced.outcome)});
      continue;
    }
    const std::size_t finding = traced.report.finding;
    findings.note(
        {i, Truth::yes, finding, rules[i].check()->info->findings[finding].finding_class});
  }
  return findings;
}

}  // namespace

Explanation explain(Decision& decision, std::shared_ptr<const Snapshot> snapshot,
                    const Transaction& transaction, std::chrono::system_clock::time_point now) {
  return {std::move(snapshot),
          transaction,
          std::chrono::floor<std::chrono::seconds>(now),
          decision.verdict(),
          decision.evidence(),
          decision.trace(),
          decision.judged(),
          decision.state_evidence()};
}

ExplainedEntry explained_entry(const lists::List& list, lists::EntryId id) {
  ExplainedEntry entry{
      list.entry_text(id), list.name(), list.file_of(id), list.entries().line(id), {}, {}, {}};
  if (const lists::EntryData* data = list.entries().data(id)) {
    entry.reason = data->reason;
    entry.owner = data->owner;
    entry.expires = data->expires;
  }
  return entry;
}

ExplainedPredicate explained_predicate(const Explanation& explanation, PredicateId id) {
  const auto& predicates = explanation.snapshot->predicates();
  const Transaction& transaction = explanation.transaction;
  ConditionMemory judged = explanation.judged;
  const Match match =
      Conditions(predicates, transaction, explanation.now, {&judged, nullptr}).judge(id);
  ExplainedPredicate explained{
      &predicates[id], word_for(predicates[id]), std::nullopt, match.truth, {}, {}};
  if (match.truth == Truth::unknown) return explained;
  explained.value = value_of(predicates[id], transaction);
  if (match.list != nullptr) explained.matched = explained_entry(*match.list, match.entry);
  if (match.truth == Truth::yes || !has_expiring_entry(predicates[id])) return explained;
  const Match once = Conditions(predicates, transaction, kBeforeEverything).judge(id);
  if (once.list != nullptr) explained.expired = explained_entry(*once.list, once.entry);
  return explained;
}

Truth truth_of(const Explanation& explanation, const Condition& condition) {
  ConditionMemory judged = explanation.judged;
  const Findings findings = findings_of(explanation);
  return Conditions(explanation.snapshot->predicates(), explanation.transaction, explanation.now,
                    {&judged, nullptr})
      .judge(condition, &findings)
      .truth;
}

Truth found_truth(const Explanation& explanation, const Condition& condition) {
  return findings_of(explanation).judge(condition.found);
}

Transaction at_stage(const Transaction& transaction, Stage stage) {
  Transaction earlier = transaction;
  earlier.stage = stage;
  for (const AttributeInfo& info : attributes()) {
    if (info.known_from <= stage) continue;
    std::visit(
        Overloaded{[&](const NameIn& in) { (earlier.*in.field).clear(); },
                   [&](const TextIn& in) { (earlier.*in.field).clear(); },
                   [&](const AddressIn& in) { (earlier.*in.field).reset(); }, [](const auto&) {}},
        info.value);
  }
  if (stage < Stage::eom) earlier.header.reset();
  if (stage < Stage::data) earlier.recipient_count = 0;
  if (stage < Stage::rcpt) {
    earlier.recipient_state = RecipientState::accepted;
    earlier.instance.clear();
  }
  if (stage < Stage::mail) {
    earlier.tls = TlsState::unknown;
    earlier.queue_id.clear();
  }
  return earlier;
}

}  // namespace postern::explain
