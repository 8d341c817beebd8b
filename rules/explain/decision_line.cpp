#include "rules/explain/decision_line.h"

#include <algorithm>
#include <cstddef>

#include "common/base/duration.h"
#include "common/dns/dns.h"
#include "rules/explain/log_fields.h"
#include "rules/explain/state_words.h"
#include "rules/explain/told_fields.h"

namespace postern::explain {
namespace {

constexpr std::size_t kMaxAddress = 320;  // RFC 5321 4.5.3.1: 64 + 1 + 255
constexpr std::size_t kMaxList = 400;
constexpr std::size_t kMaxFacts = 8;

// The elements that `print` makes of `values`, joined by commas.
template <class Values, class Print>
std::string joined(const Values& values, Print print) {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += ',';
    print(text, value);
  }
  return text;
}

// `MX example.org: nxdomain (cache 12s)`
void append_fact(std::string& text, const DnsEvidence& evidence) {
  const dns::DnsFact& fact = evidence.fact;
  text += dns::to_string(evidence.question.type);
  text += ' ';
  evidence.question.name.append_visible(text);
  text += ": ";
  if (!fact.answer) return;
  const bool found = fact.answer->status == dns::DnsStatus::found;
  text += found ? dns::to_string(fact.answer->status) : dns::to_string(fact.answer->reason);
  switch (fact.source) {
    case dns::DnsFact::Source::asked:
      if (const std::string_view server = fact.answer->server; !server.empty()) {
        text.append(" (").append(server) += ')';
      }
      return;
    case dns::DnsFact::Source::cache:
      text += " (cache ";
      append_duration(text, fact.age);
      text += ')';
      return;
    case dns::DnsFact::Source::given_up:
      text += " (given up)";
      return;
  }
}

std::string facts_text(const std::vector<DnsEvidence>& evidence) {
  std::string text;
  const std::size_t shown = std::min(evidence.size(), kMaxFacts);
  if (shown > 0) text.reserve(kMaxList);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += "; ";
    append_fact(text, evidence[i]);
  }
  if (shown < evidence.size()) text += "; +" + std::to_string(evidence.size() - shown);
  return text;
}

std::string state_text(std::span<const StateEvidence> evidence) {
  const auto shown = evidence.first(std::min(evidence.size(), kMaxFacts));
  std::string text;
  if (!shown.empty()) text.reserve(kMaxList);
  for (const StateEvidence& one : shown) append_words(text += text.empty() ? "" : "; ", one);
  if (shown.size() < evidence.size()) {
    text += "; +" + std::to_string(evidence.size() - shown.size());
  }
  return text;
}

// What checks found whose rules did not decide, each once: `sender_mx:null_mx`.
std::vector<const CheckFinding*> noted_findings(const Verdict& verdict) {
  std::vector<const CheckFinding*> noted;
  for (const CheckFinding& one : verdict.found) {
    const auto is_same = [&one](const CheckFinding* other) {
      return other->check == one.check && other->finding == one.finding;
    };
    if (!one.noted || one.rule == verdict.rule) continue;
    if (std::none_of(noted.begin(), noted.end(), is_same)) noted.push_back(&one);
  }
  return noted;
}

template <class Fields>
void add_why(Fields& line, const Verdict& verdict) {
  const auto noted = noted_findings(verdict);
  line.unless_empty("check", verdict.check);
  line.unless_empty("finding", verdict.finding);
  line.unless_empty("found",
                    joined(noted,
                           [](std::string& out, const CheckFinding* one) {
                             out.append(one->check).append(":").append(one->finding);
                           }),
                    kMaxList);
  const bool of_noted = verdict.check.empty() && !noted.empty();
  line.unless_empty("detail", of_noted ? noted.front()->detail : verdict.detail);
  const MatchedEntry& entry = verdict.entry;
  line.unless_empty("list", entry.list);
  line.unless_empty("entry", entry.entry);
  line.unless_empty("reason", entry.reason);
  if (!entry.file.empty()) {
    line.always("at", std::string(entry.file) + ":" + std::to_string(entry.line));
  }
}

template <class Fields>
void add_beside(Fields& line, const Verdict& verdict) {
  line.unless_empty("also", joined(verdict.also, [](std::string& out, auto rule) { out += rule; }),
                    kMaxList);
  line.unless_empty("would",
                    joined(verdict.would,
                           [](std::string& out, const WouldHave& would) {
                             out.append(would.rule).append(":");
                             out += to_string(would.action);
                           }),
                    kMaxList);
  line.unless_empty("pending_rule", verdict.pending_rule);
  if (verdict.mixed_recipients) {
    line.always("mixed_recipients", to_string(*verdict.mixed_recipients));
  }
  line.unless_empty("cut_short", verdict.cut_short);
  if (verdict.delay.count() > 0) line.always("delay", format_duration(verdict.delay));
  line.unless_empty("redirect", verdict.redirect, kMaxAddress);
  line.unless_empty("copy", joined(verdict.copies, [](std::string& out, auto& to) { out += to; }),
                    kMaxList);
  line.unless_empty(
      "headers",
      joined(verdict.prepend, [](std::string& out, const Header& header) { out += header.name; }),
      kMaxList);
}

// `subject 3 fields 51234 bytes`
void append_cut(std::string& text, const CutField& cut) {
  text.append(cut.name).append(" ") += std::to_string(cut.fields);
  text += cut.fields == 1 ? " field " : " fields ";
  text += std::to_string(cut.bytes) + " bytes";
}

template <class Fields>
void add_recipients(Fields& line, const Transaction& transaction) {
  if (transaction.recipient_state == RecipientState::refused) {
    line.always("recipient_refused", "yes");
  }
  if (transaction.header) {
    line.unless_empty("cut", joined(transaction.header->cut, append_cut), kMaxList);
  }
  if (transaction.recipient_count > 1) line.number("recipient_count", transaction.recipient_count);
}

template <class Fields>
void add_transaction(Fields& line, const Transaction& transaction, const Verdict& verdict) {
  if (!transaction.client) line.always("client", "-");
  for (const AttributeInfo& info : attributes()) {
    const bool is_address = std::holds_alternative<AddressIn>(info.value);
    for_each_told_field(info, transaction, [&](std::string_view key, std::string_view value) {
      line.unless_empty(key, value, is_address ? kMaxAddress : kUsualFieldBytes);
    });
    if (info.attribute == Attribute::client) {
      for_each_client_fact(
          verdict, [&](std::string_view key, std::string_view value) { line.always(key, value); });
    }
    if (info.attribute == Attribute::recipient) add_recipients(line, transaction);
  }
  line.unless_empty("queue_id", transaction.queue_id);
  line.unless_empty("instance", transaction.instance);
}

template <class Fields>
std::string line_of(const DecisionRecord& record) {
  const Verdict& verdict = record.verdict;
  Fields line("decision");
  line.word("door", record.door);
  line.word("stage", to_string(record.transaction.stage));
  line.always("rule", verdict.rule.empty() ? "-" : verdict.rule);
  line.word("action", to_string(verdict.action));
  line.always("reply", record.reply);
  if (verdict.softened_from) line.always("softened_from", to_string(*verdict.softened_from));
  line.unless_empty("token", verdict.token);
  add_why(line, verdict);
  add_beside(line, verdict);
  add_transaction(line, record.transaction, verdict);
  line.unless_empty("dns", facts_text(record.evidence), kMaxList);
  line.unless_empty("state", state_text(record.state), kMaxList);
  line.number("generation", verdict.generation);
  line.number("us", record.took.count());
  if (record.sampled > 1) line.number("sampled", record.sampled);
  return line.take();
}

}  // namespace

std::string decision_line(const DecisionRecord& record) {
  return line_of<TextFields>(record);
}

std::string decision_members(const DecisionRecord& record) {
  return line_of<JsonFields>(record);
}

}  // namespace postern::explain
