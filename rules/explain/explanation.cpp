#include "rules/explain/explanation.h"

#include <algorithm>
#include <string_view>

namespace postern::explain {
namespace {

// Nothing has ended yet.
constexpr UtcTime kBeforeEverything = UtcTime::min();

std::string name_of(const Predicate& predicate) {
  if (predicate.attribute == Attribute::header) return "header." + predicate.header;
  return std::string(to_string(predicate.attribute));
}

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

std::string tls_text(TlsState tls) {
  switch (tls) {
    case TlsState::unknown:
      return "not told";
    case TlsState::plain:
      return "no";
    case TlsState::encrypted:
      return "yes";
  }
  return "";
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

std::string value_of(const Predicate& predicate, const Transaction& transaction) {
  const Transaction& t = transaction;
  switch (predicate.attribute) {
    case Attribute::client:
      return t.client ? t.client->to_string() : "none";
    case Attribute::client_name:
      return or_word(t.client_name, "unknown");
    case Attribute::reverse_client_name:
      return or_word(t.reverse_client_name, "unknown");
    case Attribute::tls:
      return tls_text(t.tls);
    case Attribute::helo:
      return or_word(t.helo, "none");
    case Attribute::sasl_username:
      return or_word(t.sasl_username, "none");
    case Attribute::sender:
      return address_text(*t.sender);
    case Attribute::sender_domain:
      return domain_text(*t.sender);
    case Attribute::recipient:
      return address_text(*t.recipient);
    case Attribute::recipient_domain:
      return domain_text(*t.recipient);
    case Attribute::recipient_refused:
      return t.recipient_state == RecipientState::refused ? "yes" : "no";
    case Attribute::header:
      return field_text(*t.header, predicate.header);
    case Attribute::header_from_address:
      return comma_list(t.header->from, address_text);
    case Attribute::header_from_domain:
      return comma_list(t.header->from, domain_text);
    case Attribute::header_from_differs:
      return "From: " + comma_list(t.header->from, address_text) + ", sender " +
             address_text(*t.sender);
    case Attribute::headers_cut:
      return t.header->cut.empty() ? "no" : "yes";
  }
  return "";
}

bool has_expiring_entry(const Predicate& predicate) {
  return std::any_of(predicate.lists.begin(), predicate.lists.end(),
                     [](const lists::List* list) { return list->entries().with_expiry() > 0; });
}

}  // namespace

Explanation explain(Decision& decision, std::shared_ptr<const Snapshot> snapshot,
                    const Transaction& transaction, std::chrono::system_clock::time_point now) {
  return {std::move(snapshot), transaction,         std::chrono::floor<std::chrono::seconds>(now),
          decision.verdict(),  decision.evidence(), decision.trace(),
          decision.judged()};
}

ExplainedEntry explained_entry(const lists::List& list, lists::EntryId id) {
  ExplainedEntry entry{
      list.entry_text(id), list.name(), list.file(), list.entries().line(id), {}, {}, {}};
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
      &predicates[id], name_of(predicates[id]), std::nullopt, match.truth, {}, {}};
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
  return Conditions(explanation.snapshot->predicates(), explanation.transaction, explanation.now,
                    {&judged, nullptr})
      .judge(condition)
      .truth;
}

Transaction at_stage(const Transaction& transaction, Stage stage) {
  Transaction earlier = transaction;
  earlier.stage = stage;
  if (stage < Stage::eom) earlier.header.reset();
  if (stage < Stage::data) earlier.recipient_count = 0;
  if (stage < Stage::rcpt) {
    earlier.recipient.reset();
    earlier.recipient_state = RecipientState::accepted;
    earlier.instance.clear();
  }
  if (stage < Stage::mail) {
    earlier.sender.reset();
    earlier.sasl_username.clear();
    earlier.tls = TlsState::unknown;
    earlier.queue_id.clear();
  }
  if (stage < Stage::helo) earlier.helo.clear();
  return earlier;
}

}  // namespace postern::explain
