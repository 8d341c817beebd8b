#include "ctl/import/sendmail_spam.h"

#include <algorithm>

#include "common/base/ascii_case.h"

namespace postern::import {
namespace {

constexpr std::string_view kFriend = "friend";
constexpr std::string_view kHater = "hater";

std::vector<TableStep> spam_steps() {
  return {{"spam-addresses", "recipient", lists::ListKind::address, {}, {}},
          {"spam-domains", "recipient_domain", lists::ListKind::domain, {}, {}},
          {"spam-users", "recipient", lists::ListKind::address, {}, {}}};
}

// By its place among those.
std::size_t spam_step_of(SendmailKey::Kind kind) {
  if (kind == SendmailKey::Kind::address) return 0;
  return kind == SendmailKey::Kind::domain ? 1 : 2;
}

std::string skip_of(const std::vector<std::string>& rules) {
  std::string skip = "skip";
  for (const std::string& rule : rules) skip += " " + rule;
  return skip;
}

}  // namespace

SendmailSpam::SendmailSpam(ImportLog& log) : log_(log), keys_(spam_steps(), log) {}

void SendmailSpam::add(const TableLine& line, const std::string& key, std::string_view result) {
  auto placed = place_sendmail_address(key);
  std::string fault = placed.has_value() ? std::string() : placed.error().text;
  if (fault.empty()) {
    const bool is_domain = placed->kind == SendmailKey::Kind::domain;
    fault =
        value_fault(is_domain ? lists::ListKind::domain : lists::ListKind::address, placed->value);
  }
  if (!fault.empty()) {
    log_.refuse(line, line.text, fault);
    return;
  }
  entries_.push_back({&line, std::move(*placed), ascii_lower(result)});
}

// Whatever is found ends the search, so what does not count keeps its place and does nothing.
void SendmailSpam::place(const Entry& entry, std::string_view counts, const Outcome& outcome) {
  const TableLine& line = *entry.line;
  const bool does = entry.result == counts;
  if (!does && (entry.result == kFriend || entry.result == kHater)) {
    log_.refuse(line, line.text,
                "FEATURE(delay_checks) is for friends or for haters; this map began with the "
                "other");
  } else if (!does) {
    log_.refuse(line, line.text, "a Spam: entry is FRIEND or HATER");
  }
  keys_.add(spam_step_of(entry.key.kind), entry.key.value, does ? outcome : no_op(), line);
  if (entry.key.kind == SendmailKey::Kind::user) {
    log_.warn(line, line.text,
              "sendmail compares a key 'user@' with recipients in its own domains (class w); "
              "Postern does with all");
  }
}

void SendmailSpam::write(const std::string& name, const std::vector<std::string>& rules,
                         Imported& imported) {
  const auto first = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.result == kFriend || entry.result == kHater;
  });
  const bool haters = first != entries_.end() && first->result == kHater;
  const std::string others = name + "-no-haters";
  const Outcome outcome{{haters ? "skip " + others : skip_of(rules)}, Outcome::Ends::table};
  if (rules.empty()) {
    for (const Entry& entry : entries_) {
      log_.leave_idle(*entry.line, entry.line->text,
                      "there is no Connect: or From: entry that it would spare somebody");
    }
    return;
  }
  for (const Entry& entry : entries_) place(entry, haters ? kHater : kFriend, outcome);
  if (first == entries_.end()) return;
  log_.note("Spam: entries count with FEATURE(`delay_checks', `" +
            std::string(haters ? kHater : kFriend) +
            "') alone, and are imported as if it were on; without it, leave their lines out");
  for (TableStep& step : keys_.steps()) {
    if (step.kind == lists::ListKind::address) add_details(step.entries, log_);
  }
  add_table(name, keys_.steps(), imported);
  // Connect: and From: count for haters alone.
  if (haters) imported.rules.push_back({others, {"recipient: '~.'"}, {skip_of(rules)}});
}

}  // namespace postern::import
