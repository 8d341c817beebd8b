#include "ctl/why/decision_search.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/mail_address.h"
#include "ctl/log/log_entry.h"

namespace postern::ctl {
namespace {

// What speaks for a decision. An id is enough alone; of the others two are.
constexpr int kEnough = 6;
constexpr int kById = 100;
constexpr int kByClient = 4;
constexpr int kBySender = 5;
constexpr int kByRecipient = 5;
constexpr int kByReply = 4;
constexpr int kByStage = 1;
constexpr int kByRefusal = 2;
constexpr int kTrusted = 1000;

constexpr std::size_t kMaxAlike = 20;
constexpr std::size_t kMaxNeedles = 24;

// As the decision line has an address, for comparing.
std::string comparable(std::string_view text) {
  const MailAddress address = MailAddress::from_envelope(text);
  return address.is_null() ? "<>" : ascii_lower(address.text());
}

std::vector<std::string> all_comparable(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(comparable(text));
  return out;
}

bool is_one_of(const std::string& address, const std::vector<std::string>& known) {
  return std::find(known.begin(), known.end(), ascii_lower(address)) != known.end();
}

// `Sender domain banned here` of `550 5.7.1 Sender domain banned here`.
std::string_view text_of_reply(std::string_view reply) {
  for (int word = 0; word < 2; ++word) {
    const std::size_t blank = reply.find(' ');
    const std::string_view first = reply.substr(0, blank);
    const bool number = first.find_first_not_of("0123456789.") == std::string_view::npos;
    if (blank == std::string_view::npos || !number) break;
    reply.remove_prefix(blank + 1);
  }
  return reply;
}

bool refuses(const LogFields& fields) {
  return field_of(fields, "action") != "pass";
}

// From attributes of the mail that a decision and a clue have both, each of which has to agree:
// what speaks for it. Nothing: one does not.
class Comparison {
 public:
  void of(bool both_known, bool agree, int worth) {
    if (!both_known) return;
    if (agree) points_ += worth;
    if (!agree) differs_ = true;
  }
  [[nodiscard]] std::optional<int> points() const {
    return differs_ ? std::nullopt : std::optional(points_);
  }

 private:
  int points_ = 0;
  bool differs_ = false;
};

}  // namespace

std::vector<std::string> needles_of(const Clue& clue) {
  std::vector<std::string> needles;
  if (clue.decision) return needles;  // it is there already
  if (!clue.id.empty()) needles.push_back(clue.id);
  // The rarest of what an MTA tells: a client may have brought very many.
  std::vector<std::string> addresses = clue.recipients;
  // A bounce does not say at which stage it was: at MAIL there is no recipient yet.
  if (addresses.empty() || clue.kind == Clue::Kind::bounce) {
    addresses.insert(addresses.end(), clue.senders.begin(), clue.senders.end());
  }
  for (const std::string& address : addresses) {
    if (needles.size() == kMaxNeedles) break;
    const std::string text = MailAddress::from_envelope(address).text();
    if (!text.empty()) needles.push_back(text);
  }
  if (addresses.empty() && clue.client) needles.push_back(clue.client->to_string());
  std::erase_if(needles, [](const std::string& needle) {
    return needle.find_first_of("\n\\\"") != std::string::npos;
  });
  return needles;
}

DecisionSearch::DecisionSearch(const Clue& clue, const LogCalendar& calendar)
    : clue_(clue),
      calendar_(calendar),
      senders_(all_comparable(clue.senders)),
      recipients_(all_comparable(clue.recipients)) {}

void DecisionSearch::add(std::string_view line, const std::string& log) {
  LogEntry entry = read_log_entry(line, calendar_);
  const bool trusted = entry.kind == LogEntry::Kind::decision;
  if (!trusted && entry.kind != LogEntry::Kind::untrusted) return;
  FoundDecision found{std::move(entry.fields), entry.time, log, trusted};
  const auto fits = fit(found);
  if (!fits) return;
  if (best_ && (*fits < best_fit_ || (*fits == best_fit_ && !is_nearer(found, *best_)))) {
    keep_alike(std::move(found));
    return;
  }
  if (best_) keep_alike(*std::move(best_));
  best_ = std::move(found);
  best_fit_ = *fits;
}

std::optional<int> DecisionSearch::fit(const FoundDecision& decision) const {
  const LogFields& fields = decision.fields;
  const bool same_id = !clue_.id.empty() && (field_of(fields, "queue_id") == clue_.id ||
                                             field_of(fields, "instance") == clue_.id ||
                                             field_of(fields, "token") == clue_.id);
  const std::string& sender = field_of(fields, "sender");
  const std::string& recipient = field_of(fields, "recipient");
  Comparison comparison;
  const std::string& client = field_of(fields, "client");
  comparison.of(clue_.client.has_value(), clue_.client && client == clue_.client->to_string(),
                kByClient);
  // A bounce and a mail only say who may have been it.
  const bool sure = clue_.kind == Clue::Kind::mta_line;
  const bool sender_told = !senders_.empty() && !sender.empty();
  const bool same_sender = is_one_of(sender, senders_);
  comparison.of(sender_told && (sure || same_sender), same_sender, kBySender);
  comparison.of(!recipients_.empty() && !recipient.empty(), is_one_of(recipient, recipients_),
                kByRecipient);
  if (!comparison.points()) return std::nullopt;
  const bool apart = !same_id && clue_.time && decision.time &&
                     std::chrono::abs(*clue_.time - *decision.time) > kApart;
  if (apart) return std::nullopt;
  int points = *comparison.points() + (same_id ? kById : 0);
  const std::string& reply = field_of(fields, "reply");
  const std::string_view said = text_of_reply(reply);
  const bool same_reply =
      refuses(fields) && !said.empty() && clue_.said.find(said) != std::string::npos;
  if (same_reply) points += kByReply;
  if (points < kEnough) return std::nullopt;
  if (clue_.stage && field_of(fields, "stage") == to_string(*clue_.stage)) points += kByStage;
  if (refuses(fields)) points += kByRefusal;
  return points + (decision.trusted ? kTrusted : 0);
}

bool DecisionSearch::is_nearer(const FoundDecision& one, const FoundDecision& other) const {
  if (!one.time || !other.time) return true;
  if (!clue_.time) return *one.time >= *other.time;
  return std::chrono::abs(*one.time - *clue_.time) <= std::chrono::abs(*other.time - *clue_.time);
}

void DecisionSearch::keep_alike(FoundDecision decision) {
  const bool same_token = !clue_.id.empty() && field_of(decision.fields, "token") == clue_.id;
  if (same_token && alike_.size() < kMaxAlike) alike_.push_back(std::move(decision));
}

std::vector<FoundDecision> DecisionSearch::alike() const {
  std::vector<FoundDecision> others = alike_;
  // Of the same message there may be a line for each stage and recipient.
  std::erase_if(others, [&](const FoundDecision& other) {
    const std::string& instance = field_of(other.fields, "instance");
    return !instance.empty() && instance == field_of(best_->fields, "instance");
  });
  return others;
}

}  // namespace postern::ctl
