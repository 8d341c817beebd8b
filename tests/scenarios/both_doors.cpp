#include "tests/scenarios/both_doors.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "milter/each_recipient.h"
#include "milter/reply.h"
#include "policyd/adapter.h"
#include "policyd/reply.h"
#include "policyd/request.h"

namespace postern {
namespace {

struct Judgement {
  Verdict verdict;
};

std::string value(const Attributes& attributes, const std::string& key) {
  const auto found = attributes.find(key);
  return found == attributes.end() ? "" : found->second;
}

// Those of `keys` that are there.
Attributes part(const Attributes& attributes, const std::vector<std::string>& keys) {
  Attributes result;
  for (const std::string& key : keys) {
    if (const auto found = attributes.find(key); found != attributes.end()) result.insert(*found);
  }
  return result;
}

// RFC 5321 4.1.2: what Postfix unquotes for a policy server goes quoted to a milter.
std::string path(const std::string& address) {
  const auto at = address.rfind('@');
  std::string local = address.substr(0, at);
  const bool plain = std::all_of(local.begin(), local.end(), [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) != 0 ||
           std::string_view(".!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
               std::string_view::npos;
  });
  if (!plain) {
    std::string quoted;
    for (char c : local) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    local = "\"" + quoted + "\"";
  }
  return "<" + local + (at == std::string::npos ? "" : address.substr(at)) + ">";
}

std::string milter_name(const std::string& name, const std::string& address) {
  return name.empty() || name == "unknown" ? "[" + address + "]" : name;
}

}  // namespace

Verdict judge(const World& world, const Transaction& transaction, std::vector<std::string>& asked) {
  if (world.decide) return world.decide(transaction);
  Decision decision(world.snapshot, transaction, nullptr, world.now);
  while (decision.step() == Decision::Step::need_facts) {
    const std::vector<dns::DnsQuestion> questions = decision.questions();
    for (const dns::DnsQuestion& question : questions) {
      asked.push_back(std::string(dns::to_string(question.type)) + " " + question.name.text());
      decision.add(question, {std::make_shared<const dns::DnsAnswer>(world.zone.answer(question))});
    }
  }
  return decision.verdict();
}

std::string policy_request(const Attributes& attributes) {
  std::string bytes = "request=smtpd_access_policy\n";
  for (const auto& [key, text] : attributes) bytes += key + "=" + text + "\n";
  return bytes + "\n";
}

Outcome PolicySide::step(const Attributes& attributes) {
  const std::string bytes = policy_request(attributes);
  policyd::PolicyRequestReader reader({});
  if (reader.read(bytes) != policyd::PolicyRequestReader::State::complete) {
    throw std::runtime_error(reader.error());
  }
  const auto stage = policyd::stage_of(reader.request().protocol_state);
  if (!stage) throw std::runtime_error("no stage");
  Outcome outcome;
  policyd::fill_transaction(reader.request(), *stage, outcome.transaction);
  outcome.verdict = judge(world_, outcome.transaction, outcome.asked);
  memory_.enter(outcome.transaction);
  std::string reply;
  outcome.reply = policyd::write_reply(outcome.verdict, memory_.header_for(outcome.verdict), reply);
  if (reply != "action=" + outcome.reply + "\n\n") throw std::runtime_error("reply: " + reply);
  return outcome;
}

MilterSide::MilterSide(World world) : world_(std::move(world)) {}

void MilterSide::tell_client(const Attributes& attributes) {
  const Attributes client =
      part(attributes, {"client_address", "client_name", "reverse_client_name"});
  if (client_ == client) return;
  client_ = client;
  helo_.clear();
  sender_.reset();
  actions_.clear();
  const std::string address = value(client, "client_address");
  const auto parsed = IpAddress::parse(address);
  state_.begin(attributes.contains("encryption_protocol") ? milter::SessionState::Tls::told
                                                          : milter::SessionState::Tls::not_told,
               world_.snapshot->needs().header_fields);
  state_.connect(milter_name(value(client, "client_name"), address),
                 parsed ? std::optional(*parsed) : std::nullopt,
                 milter_name(value(client, "reverse_client_name"), address));
}

void MilterSide::tell_sender(const Attributes& attributes, const MilterExtras& extras) {
  const Attributes sender =
      part(attributes, {"sender", "sasl_username", "encryption_protocol", "instance", "queue_id"});
  if (sender_ == sender && mail_from_ == extras.mail_from) return;
  sender_ = sender;
  mail_from_ = extras.mail_from;
  actions_.clear();
  const std::string queue_id = value(sender, "queue_id");
  const std::string user = value(sender, "sasl_username");
  const std::string tls = value(sender, "encryption_protocol");
  state_.mail(extras.mail_from.value_or(path(value(sender, "sender"))),
              {queue_id, user, tls, extras.mail_addr});
}

void MilterSide::take_recipient() {
  state_.recipient_taken(recipient_key(*world_.snapshot, state_.transaction(), world_.now));
}

void MilterSide::tell_recipients(const Attributes& attributes, const MilterExtras& extras) {
  if (!state_.recipients().empty()) return;
  std::vector<std::string> recipients = extras.recipients;
  if (recipients.empty()) recipients.push_back(value(attributes, "recipient"));
  for (const std::string& recipient : recipients) {
    state_.rcpt(extras.rcpt_to.value_or(path(recipient)), RecipientState::accepted,
                extras.rcpt_addr);
    take_recipient();
  }
}

Outcome MilterSide::step(const Attributes& attributes, const MilterExtras& extras) {
  const auto stage = policyd::stage_of(value(attributes, "protocol_state"));
  if (!stage) throw std::runtime_error("no stage");
  if (*stage == Stage::connect) client_.reset();
  tell_client(attributes);
  const std::string helo = value(attributes, "helo_name");
  if (*stage >= Stage::helo && (*stage == Stage::helo || helo != helo_)) {
    state_.helo(helo);
    helo_ = helo;
    sender_.reset();
  }
  if (*stage == Stage::mail) sender_.reset();
  if (*stage >= Stage::mail) tell_sender(attributes, extras);
  if (*stage == Stage::rcpt) {
    state_.rcpt(extras.rcpt_to.value_or(path(value(attributes, "recipient"))),
                extras.recipient_state, extras.rcpt_addr);
  }
  if (*stage >= Stage::data) tell_recipients(attributes, extras);
  if (*stage == Stage::data) state_.data();
  if (*stage == Stage::eom) {
    for (const HeaderLine& line : extras.headers) state_.header(line.name, line.value);
    state_.end_of_message();
  }
  Outcome outcome;
  const auto once = [&] { return Judgement{judge(world_, state_.transaction(), outcome.asked)}; };
  outcome.verdict = (*stage >= Stage::data ? milter::judge_for_each_recipient(
                                                 state_, world_.snapshot->needs(), actions_,
                                                 MixedRecipients::mildest, once)
                                           : once())
                        .verdict;
  outcome.transaction = state_.transaction();
  actions_.note(outcome.verdict);
  outcome.reply = milter::reply_in_words(outcome.verdict);
  const milter::MilterReply reply = milter::reply_for(outcome.verdict);
  const bool refuses = reply.status == milter::MilterReply::Status::reject ||
                       reply.status == milter::MilterReply::Status::tempfail;
  if (refuses) outcome.reply = reply.code + " " + reply.enhanced + " " + reply.text;
  const bool taken = *stage == Stage::rcpt &&
                     reply.status == milter::MilterReply::Status::proceed &&
                     extras.recipient_state == RecipientState::accepted;
  if (taken) take_recipient();
  return outcome;
}

std::string in_words(const Verdict& verdict) {
  std::ostringstream out;
  out << to_string(verdict.action) << " rule=" << verdict.rule
      << " reply=" << milter::reply_in_words(verdict) << " text=" << verdict.text
      << " delay=" << verdict.delay.count() << "ms check=" << verdict.check
      << " finding=" << verdict.finding << " detail=" << verdict.detail
      << " entry=" << verdict.entry.list << "/" << verdict.entry.entry
      << " pending_rule=" << verdict.pending_rule;
  for (const Header& header : verdict.prepend) out << " + " << header.name << ": " << header.value;
  for (std::string_view rule : verdict.also) out << " also=" << rule;
  for (const WouldHave& one : verdict.would) {
    out << " would=" << one.rule << ":" << to_string(one.action);
  }
  return out.str();
}

std::string in_words(const Transaction& transaction) {
  std::ostringstream out;
  const auto address = [](const std::optional<MailAddress>& one) {
    return one ? "<" + one->text() + "> kind " + std::to_string(static_cast<int>(one->kind()))
               : std::string("none");
  };
  out << to_string(transaction.stage)
      << " client=" << (transaction.client ? transaction.client->to_string() : "none")
      << " client_name=" << transaction.client_name
      << " reverse_client_name=" << transaction.reverse_client_name << " helo=" << transaction.helo
      << " sender=" << address(transaction.sender)
      << " recipient=" << address(transaction.recipient);
  if (transaction.stage >= known_from(Attribute::tls)) {
    out << " user=" << transaction.sasl_username << " tls=" << static_cast<int>(transaction.tls);
  }
  return out.str();
}

std::string milter_words_for(const std::string& action) {
  if (action == "DUNNO" || action.starts_with("PREPEND ")) return "CONTINUE";
  if (action.starts_with("DISCARD")) return "DISCARD";
  if (action.starts_with("HOLD")) return "QUARANTINE" + action.substr(4);
  return action;
}

}  // namespace postern
