#include "server/journal/record_of.h"

#include <algorithm>

namespace postern::journal {
namespace {

bool names(const std::vector<std::string>& headers, std::string_view name) {
  return std::find(headers.begin(), headers.end(), name) != headers.end();
}

// `to` keeps the memory of its elements.
template <class To, class From, class Copy>
void copy_each(std::vector<To>& to, const std::vector<From>& from, Copy copy) {
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) copy(to[i], from[i]);
}

void fill_header(JournalRecord& record, const std::vector<std::string>& headers) {
  record.header_names.clear();
  auto& header = record.transaction.header;
  if (!header) return;
  record.header_names = headers;
  std::erase_if(header->fields,
                [&](const HeaderField& field) { return !names(headers, field.name); });
  if (!names(headers, "from")) header->from.clear();
  // A stranger may have sent hundreds of fields without a text.
  header->fields.shrink_to_fit();
  header->from.shrink_to_fit();
}

void fill_entry(RecordedEntry& to, const MatchedEntry& from) {
  to.list = from.list;
  to.entry = from.entry;
  to.reason = from.reason;
  to.file = from.file;
  to.line = from.line;
}

void fill_verdict(RecordedVerdict& to, const Verdict& from) {
  to.action = from.action;
  to.text = from.text;
  to.redirect = from.redirect;
  to.softened_from = from.softened_from;
  to.token = from.token;
  to.delay = from.delay;
  copy_each(to.prepend, from.prepend, [](RecordedHeader& one, const Header& header) {
    one.name = header.name;
    one.value = header.value;
  });
  to.copies = from.copies;
  to.rule = from.rule;
  to.check = from.check;
  to.finding = from.finding;
  to.detail = from.detail;
  fill_entry(to.entry, from.entry);
  copy_each(to.also, from.also, [](std::string& one, std::string_view rule) { one = rule; });
  copy_each(to.would, from.would, [](RecordedWould& one, const WouldHave& would) {
    one.rule = would.rule;
    one.action = would.action;
  });
  to.pending_rule = from.pending_rule;
  to.cut_short = from.cut_short;
  to.generation = from.generation;
  copy_each(to.found, from.found, [](RecordedFinding& one, const CheckFinding& found) {
    one.rule = found.rule;
    one.check = found.check;
    one.finding = found.finding;
    one.detail = found.detail;
    one.noted = found.noted;
  });
  to.mixed_recipients = from.mixed_recipients;
}

std::size_t bytes_of(const StateKey& key) {
  std::size_t bytes = sizeof(Effect) + key.bucket.size();
  for (const std::string& part : key.parts) bytes += sizeof(std::string) + part.size();
  return bytes;
}

std::size_t bytes_of(const MailAddress& address) {
  return 2 * address.text().size() + address.given().size();
}

// Texts of strangers can be megabytes: what does not fit is a question without an answer.
void leave_out_beyond_bound(std::vector<DnsEvidence>& facts) {
  std::size_t bytes = 0;
  for (DnsEvidence& one : facts) {
    if (!one.fact.answer) continue;
    const std::size_t size = one.fact.answer->records.block_size();
    if (bytes + size > kMaxFactBytes) {
      one.fact.answer.reset();
    } else {
      bytes += size;
    }
  }
}

}  // namespace

void fill_record(JournalRecord& record, const explain::DecisionRecord& decision,
                 const std::vector<std::string>& headers) {
  record.time = std::chrono::floor<std::chrono::microseconds>(decision.began);
  record.door = decision.door == to_string(Door::milter) ? Door::milter : Door::policy;
  record.judged = decision.judged;
  record.transaction = decision.transaction;
  record.recipients = decision.recipients == nullptr ? JudgedRecipients{} : *decision.recipients;
  fill_header(record, headers);
  record.local_parts = LocalParts::keep;
  fill_verdict(record.verdict, decision.verdict);
  record.verdict.reply = decision.reply;
  record.dns = decision.evidence;
  leave_out_beyond_bound(record.dns);
  record.state.assign(decision.state.begin(), decision.state.end());
  record.effects = decision.verdict.effects;
  record.took = decision.took;
}

std::size_t bytes_of(const JournalRecord& record) {
  const Transaction& transaction = record.transaction;
  std::size_t bytes = 0;
  for (const std::string* text :
       {&transaction.client_name, &transaction.reverse_client_name, &transaction.helo,
        &transaction.sasl_username, &transaction.queue_id, &transaction.instance}) {
    bytes += text->size();
  }
  for (const auto* address : {&transaction.sender, &transaction.recipient}) {
    if (*address) bytes += bytes_of(**address);
  }
  for (const MailAddress& recipient : record.recipients.each) {
    bytes += sizeof recipient + bytes_of(recipient);
  }
  if (transaction.header) {
    for (const HeaderField& field : transaction.header->fields) {
      bytes += sizeof field + field.name.size() + field.text.size();
    }
    for (const MailAddress& from : transaction.header->from) bytes += sizeof from + bytes_of(from);
  }
  for (const DnsEvidence& evidence : record.dns) {
    bytes += sizeof evidence + evidence.question.name.text().size();
    if (evidence.fact.answer) bytes += evidence.fact.answer->records.block_size();
  }
  for (const StateEvidence& evidence : record.state) bytes += bytes_of(evidence.key);
  for (const Effect& effect : record.effects) bytes += bytes_of(effect.key);
  return bytes;
}

void release(JournalRecord& record) {
  if (bytes_of(record) > kKeptBytes) {
    record = {};
    return;
  }
  record.transaction.header.reset();
  for (DnsEvidence& evidence : record.dns) evidence.fact.answer.reset();
}

}  // namespace postern::journal
