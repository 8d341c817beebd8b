#include "ctl/who/known_decisions.h"

#include <utility>

#include "ctl/log/decision_filter.h"
#include "rules/model/action.h"

namespace postern::ctl {
namespace {

Fate fate_decided(std::string_view action) {
  constexpr std::pair<Disposition, Fate> kFates[] = {
      {Disposition::reject, Fate::refused},
      {Disposition::defer, Fate::refused_for_now},
      {Disposition::discard, Fate::discarded},
      {Disposition::hold, Fate::held},
  };
  for (const auto& [disposition, fate] : kFates) {
    if (action == to_string(disposition)) return fate;
  }
  return Fate::let_in;
}

}  // namespace

void KnownDecisions::add(const LogEntry& entry) {
  if (entry.kind != LogEntry::Kind::decision || !entry.time) return;
  if (!choice_.is_in_time(entry.time)) return;
  const auto field = [&](std::string_view key) { return field_of(entry.fields, key); };
  const std::string stage = field("stage");
  const bool is_at_end = stage == "data" || stage == "eom";
  KnownDecision one;
  one.time = *entry.time;
  one.door = field("door");
  one.queue_id = field("queue_id");
  one.instance = field("instance");
  one.helo = field("helo");
  one.sender = field("sender");
  if (!is_at_end) one.recipient = field("recipient");
  one.fate = fate_decided(field("action"));
  one.rule = field("rule");
  one.entry = field("entry");
  one.list = field("list");
  one.reply = field("reply");
  one.generation = field("generation");
  one.client.name = field("client_name");
  if (const auto client = IpAddress::parse(field("client"))) one.client.address = *client;
  if (one.sender.empty() || (stage != "rcpt" && !is_at_end && one.fate == Fate::let_in)) return;
  if (choice_.fit({one.client.address, one.helo, one.sender}) != Fit::yes) return;
  DecisionFilter by_rule;
  by_rule.rule = choice_.rule;
  one.is_asked_for =
      by_rule.matches(entry.fields) && (choice_.entry.empty() || choice_.entry == one.entry);
  if (all_.size() >= kMaxDecisions) {
    ++left_out_;
  } else {
    all_.push_back(std::move(one));
  }
}

}  // namespace postern::ctl
