#include "ctl/who/known_decisions.h"

#include <algorithm>
#include <utility>

#include "ctl/log/decision_filter.h"
#include "rules/model/action.h"

namespace postern::ctl {
namespace {

constexpr std::pair<Disposition, Fate> kFates[] = {
    {Disposition::reject, Fate::refused},
    {Disposition::defer, Fate::refused_for_now},
    {Disposition::discard, Fate::discarded},
    {Disposition::hold, Fate::held},
};

Fate fate_decided(std::string_view action) {
  for (const auto& [disposition, fate] : kFates) {
    if (action == to_string(disposition)) return fate;
  }
  return Fate::let_in;
}

bool is_at_end(std::string_view stage) {
  return stage == to_string(Stage::data) || stage == to_string(Stage::eom);
}

bool names_rule(const journal::RecordedVerdict& verdict, const std::string& rule) {
  return rule.empty() || verdict.rule == rule ||
         std::find(verdict.also.begin(), verdict.also.end(), rule) != verdict.also.end() ||
         std::any_of(verdict.would.begin(), verdict.would.end(),
                     [&](const auto& one) { return one.rule == rule; });
}

}  // namespace

void KnownDecisions::add(const LogEntry& entry) {
  if (entry.kind != LogEntry::Kind::decision || !entry.time) return;
  ++seen_;
  const auto field = [&](std::string_view key) { return field_of(entry.fields, key); };
  const std::string stage = field("stage");
  KnownDecision one;
  one.time = *entry.time;
  one.door = field("door");
  one.queue_id = field("queue_id");
  one.instance = field("instance");
  one.helo = field("helo");
  one.sender = field("sender");
  one.recipient = field("recipient");
  one.fate = fate_decided(field("action"));
  one.rule = field("rule");
  one.entry = field("entry");
  one.list = field("list");
  one.reply = field("reply");
  one.generation = field("generation");
  one.client.name = field("client_name");
  if (const auto client = IpAddress::parse(field("client"))) one.client.address = *client;
  DecisionFilter by_rule;
  by_rule.rule = choice_.rule;
  one.is_asked_for = by_rule.matches(entry.fields);
  keep(std::move(one), stage);
}

void KnownDecisions::add(const journal::JournalRecord& record) {
  if (record.judged != Judged::deciding) return;
  ++seen_;
  const Transaction& mail = record.transaction;
  const journal::RecordedVerdict& verdict = record.verdict;
  const auto text_of = [](const std::optional<MailAddress>& address) {
    return address ? address->text() : std::string();
  };
  const bool is_null = mail.sender && mail.sender->is_null();
  KnownDecision one;
  one.time = std::chrono::floor<std::chrono::seconds>(record.time);
  one.door = to_string(record.door);
  one.queue_id = mail.queue_id;
  one.instance = mail.instance;
  one.client.address = mail.client;
  one.client.name = mail.client_name;
  one.helo = mail.helo;
  one.sender = is_null ? "<>" : text_of(mail.sender);
  one.recipient = text_of(mail.recipient);
  one.fate = fate_decided(to_string(verdict.action));
  one.rule = verdict.rule.empty() ? "-" : verdict.rule;
  one.entry = verdict.entry.entry;
  one.list = verdict.entry.list;
  one.reply = verdict.reply;
  one.generation = std::to_string(verdict.generation);
  one.is_asked_for = names_rule(verdict, choice_.rule);
  keep(std::move(one), to_string(mail.stage));
}

void KnownDecisions::keep(KnownDecision one, std::string_view stage) {
  if (one.sender.empty() || !choice_.is_in_time(one.time)) return;
  const bool is_at_rcpt = stage == to_string(Stage::rcpt);
  if (!is_at_rcpt && !is_at_end(stage) && one.fate == Fate::let_in) return;
  if (choice_.fit({one.client.address, one.helo, one.sender}) != Fit::yes) return;
  if (is_at_end(stage)) one.recipient.clear();
  one.is_asked_for = one.is_asked_for && (choice_.entry.empty() || choice_.entry == one.entry);
  if (all_.size() >= kMaxDecisions) {
    ++left_out_;
  } else {
    all_.push_back(std::move(one));
  }
}

}  // namespace postern::ctl
