#include "ctl/who/who_page.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/base/ascii_case.h"
#include "common/base/counted.h"
#include "common/base/escape.h"
#include "ctl/cli/printing.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

namespace json = boost::json;
using control::json_text;
using control::json_text_or_null;

constexpr std::size_t kFateCount = static_cast<std::size_t>(Fate::let_in) + 1;

std::string fate_text(Fate fate) {
  if (is_delivered(fate))
    return fate == Fate::relayed ? "delivered (relayed)" : "delivered (local)";
  std::string text(to_string(fate));
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string address_text(const std::string& address) {
  return address.empty() ? "<>" : printable(address);
}

// No log may tell the sender.
std::string sender_text(const std::optional<std::string>& sender) {
  return sender ? address_text(*sender) : "-";
}

std::string recipient_text(const LoggedPart& part) {
  if (part.recipient.empty()) return "-";
  const std::string text = printable(part.recipient);
  return part.original.empty() ? text : text + " (for " + printable(part.original) + ")";
}

std::string decision_text(const KnownDecision& decision) {
  std::string text = "decision pass";
  if (decision.rule != "-") {
    text = "rule " + printable(decision.rule);
    if (!decision.entry.empty()) text += " (" + printable(decision.entry) + ")";
  }
  return text + ", generation " + printable(decision.generation);
}

bool is_decided_by(const Receipt& receipt) {
  return receipt.decision && receipt.decision->fate != Fate::let_in;
}

std::string why_text(const Receipt& receipt) {
  const bool says_more = !is_delivered(receipt.part.fate) && !is_decided_by(receipt);
  std::string text = says_more ? printable(receipt.part.text) : "";
  if (receipt.decision) text += (text.empty() ? "" : "; ") + decision_text(*receipt.decision);
  return text;
}

// Of those that were refused, by what rule.
std::string refused_by(const std::vector<Receipt>& receipts) {
  std::map<std::string, std::size_t> rules;
  for (const Receipt& one : receipts) {
    if (one.part.fate != Fate::refused && one.part.fate != Fate::refused_for_now) continue;
    ++rules[is_decided_by(one) ? printable(one.decision->rule) : "not by Postern"];
  }
  std::string text;
  for (const auto& [rule, count] : rules) {
    text += (text.empty() ? "" : ", ") + rule + " " + std::to_string(count);
  }
  return text;
}

using People = std::map<std::string, std::string>;  // as an address was written first, by it

void add_person(People& people, const Receipt& receipt) {
  const std::string& address = receipt.part.recipient;
  if (!address.empty()) people.emplace(ascii_lower(address), address);
}

struct Counts {
  std::array<std::size_t, kFateCount> by_fate{};
  People people;  // to whom something was delivered

  [[nodiscard]] std::size_t of(Fate fate) const { return by_fate[static_cast<std::size_t>(fate)]; }
  [[nodiscard]] std::size_t delivered() const { return of(Fate::delivered) + of(Fate::relayed); }
};

Counts counts_of(const std::vector<Receipt>& receipts) {
  Counts counts;
  for (const Receipt& one : receipts) {
    ++counts.by_fate[static_cast<std::size_t>(one.part.fate)];
    if (is_delivered(one.part.fate)) add_person(counts.people, one);
  }
  return counts;
}

json::value json_decision(const std::optional<KnownDecision>& decision) {
  if (!decision) return nullptr;
  return json::object{
      {"door", json_text(decision->door)},         {"time", format_utc(decision->time)},
      {"fate", to_string(decision->fate)},         {"rule", json_text(decision->rule)},
      {"list", json_text_or_null(decision->list)}, {"entry", json_text_or_null(decision->entry)},
      {"reply", json_text(decision->reply)},       {"generation", json_text(decision->generation)}};
}

json::object json_receipt(const Receipt& one) {
  const auto client = one.client.address ? one.client.address->to_string() : std::string();
  return {{"time", control::json_time(one.time)},
          {"queue_id", json_text_or_null(one.queue_id)},
          {"client", json_text_or_null(client)},
          {"client_name", json_text_or_null(one.client.name)},
          {"helo", json_text_or_null(one.helo)},
          {"sender", one.sender ? json_text(*one.sender) : json::value()},
          {"recipient", json_text_or_null(one.part.recipient)},
          {"original_recipient", json_text_or_null(one.part.original)},
          {"fate", to_string(one.part.fate)},
          {"text", json_text_or_null(one.part.text)},
          {"decision", json_decision(one.decision)}};
}

}  // namespace

std::string who_rows(const std::vector<Receipt>& receipts) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(receipts.size());
  for (const Receipt& one : receipts) {
    rows.push_back({one.time ? format_utc(*one.time) : "-",
                    one.queue_id.empty() ? "-" : printable(one.queue_id), sender_text(one.sender),
                    "->", recipient_text(one.part), fate_text(one.part.fate), why_text(one)});
  }
  return as_columns(rows);
}

std::string who_sum(const std::vector<Receipt>& receipts) {
  const Counts counts = counts_of(receipts);
  std::string text = std::to_string(counts.delivered()) + " delivered to " +
                     counted(counts.people.size(), "person", "people");
  for (const Fate fate : {Fate::deferred, Fate::bounced, Fate::discarded, Fate::held, Fate::let_in,
                          Fate::refused_for_now, Fate::refused}) {
    if (counts.of(fate) == 0) continue;
    text += ", " + std::to_string(counts.of(fate)) + " " + fate_text(fate);
  }
  const std::string rules = refused_by(receipts);
  return rules.empty() ? text : text + " (" + rules + ")";
}

std::string who_recipients(const std::vector<Receipt>& receipts) {
  People people;
  for (const Receipt& one : receipts) add_person(people, one);
  std::string lines;
  for (const auto& [key, address] : people) lines += printable(address) + "\n";
  return lines;
}

json::object who_json(const std::vector<Receipt>& receipts) {
  json::array rows;
  for (const Receipt& one : receipts) rows.push_back(json_receipt(one));
  const Counts counts = counts_of(receipts);
  return {{"receipts", std::move(rows)},
          {"sum", json::object{{"delivered", counts.delivered()},
                               {"people", counts.people.size()},
                               {"deferred", counts.of(Fate::deferred)},
                               {"bounced", counts.of(Fate::bounced)},
                               {"discarded", counts.of(Fate::discarded)},
                               {"held", counts.of(Fate::held)},
                               {"let_in", counts.of(Fate::let_in)},
                               {"refused_for_now", counts.of(Fate::refused_for_now)},
                               {"refused", counts.of(Fate::refused)}}}};
}

}  // namespace postern::ctl
