#include "ctl/journal/record_page.h"

#include "common/base/duration.h"
#include "common/base/escape.h"
#include "common/base/utc_date.h"
#include "rules/explain/decision_line.h"
#include "rules/explain/state_words.h"
#include "rules/model/reply_text.h"

namespace postern::ctl {
namespace {

// Points into what was recorded.
Verdict verdict_of(const journal::RecordedVerdict& recorded) {
  Verdict verdict;
  verdict.action = recorded.action;
  verdict.redirect = recorded.redirect;
  verdict.softened_from = recorded.softened_from;
  verdict.token = recorded.token;
  verdict.delay = recorded.delay;
  for (const auto& header : recorded.prepend) {
    verdict.prepend.push_back({header.name, header.value});
  }
  verdict.copies = recorded.copies;
  verdict.rule = recorded.rule;
  verdict.check = recorded.check;
  verdict.finding = recorded.finding;
  verdict.detail = recorded.detail;
  verdict.entry = {recorded.entry.list, recorded.entry.entry, recorded.entry.reason,
                   recorded.entry.file, recorded.entry.line};
  verdict.also.assign(recorded.also.begin(), recorded.also.end());
  for (const auto& would : recorded.would) verdict.would.push_back({would.rule, would.action});
  verdict.pending_rule = recorded.pending_rule;
  verdict.cut_short = recorded.cut_short;
  verdict.generation = recorded.generation;
  for (const auto& found : recorded.found) {
    verdict.found.push_back({found.rule, found.check, found.finding, found.noted, found.detail});
  }
  verdict.mixed_recipients = recorded.mixed_recipients;
  return verdict;
}

std::string records_text(const dns::DnsRecords& records) {
  std::string text;
  for (const dns::MxView& mx : records.mx()) {
    text.append(" ").append(std::to_string(mx.preference)).append(" ");
    text.append(mx.exchange.empty() ? std::string_view(".") : mx.exchange);
  }
  for (const IpAddress& address : records.addresses()) text.append(" ").append(address.to_string());
  for (const std::string_view name : records.names()) text.append(" ").append(name);
  for (const dns::TxtView& txt : records.texts()) text.append(" ").append(quote(txt.text));
  return text;
}

std::string fact_text(const DnsEvidence& evidence) {
  std::string text = std::string(dns::to_string(evidence.question.type)) + " " +
                     evidence.question.name.visible().text() + ":";
  const auto& answer = evidence.fact.answer;
  if (!answer) return text + " not known";
  text.append(" ").append(dns::to_string(answer->status));
  if (answer->status != dns::DnsStatus::found) {
    text.append(" (").append(dns::to_string(answer->reason)).append(")");
  }
  text += records_text(answer->records) + ", ttl " + std::to_string(answer->ttl.count()) + "s, ";
  text += dns::to_string(evidence.fact.source);
  if (evidence.fact.source == dns::DnsFact::Source::cache) {
    text += " " + format_duration(evidence.fact.age) + " old";
  }
  if (!answer->server.empty()) text.append(", ").append(answer->server.view());
  return text;
}

}  // namespace

std::string record_page(const journal::JournalRecord& record) {
  const Verdict verdict = verdict_of(record.verdict);
  std::string page = format_utc(std::chrono::floor<std::chrono::seconds>(record.time)) + " " +
                     explain::decision_line({.door = to_string(record.door),
                                             .transaction = record.transaction,
                                             .verdict = verdict,
                                             .evidence = {},
                                             .reply = record.verdict.reply,
                                             .took = record.took,
                                             .state = record.state}) +
                     "\n";
  for (const DnsEvidence& evidence : record.dns) {
    page += "    " + printable(fact_text(evidence)) + "\n";
  }
  for (const Effect& effect : record.effects) {
    page += "    " + printable(explain::words_of(effect)) + "\n";
  }
  return page;
}

}  // namespace postern::ctl
