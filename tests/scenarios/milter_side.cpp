#include "tests/scenarios/milter_side.h"

#include <libmilter/mfapi.h>

#include <algorithm>
#include <stdexcept>

#include "policyd/adapter.h"

namespace postern {
namespace {

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

milter::Negotiated negotiated_for(const Snapshot& snapshot, milter::SessionState::Tls tls) {
  const unsigned long actions =
      tls == milter::SessionState::Tls::told ? ~0UL : static_cast<unsigned long>(~SMFIF_SETSYMLIST);
  return milter::negotiate(snapshot.needs(), config::RefuseClients::at_mail,
                           ListenAddress::Kind::tcp, {actions, ~0UL})
      .value();
}

milter::Negotiated negotiated_for_every_stage(const Snapshot& snapshot,
                                              milter::SessionState::Tls tls) {
  milter::Negotiated negotiated = negotiated_for(snapshot, tls);
  negotiated.answers = StageSet::all();
  negotiated.needs.stages = negotiated.needs.deciding = StageSet::all();
  return negotiated;
}

std::string in_words(const milter::MilterReply& reply) {
  switch (reply.status) {
    case milter::MilterReply::Status::proceed:
    case milter::MilterReply::Status::unanswered:
      return "CONTINUE";
    case milter::MilterReply::Status::discard:
      return "DISCARD";
    case milter::MilterReply::Status::reject:
    case milter::MilterReply::Status::tempfail:
      break;
  }
  return reply.refusal.value().to_string();
}

void MilterSide::settle(milter::Dialogue::Next next) {
  answer_ = dialogue_.settle(std::move(next), [this]() -> milter::Dialogue::Judgement {
    if (dialogue_.transaction().stage != asked_) return {};
    return {judge(fixture_, dialogue_.transaction(), questions_, nullptr, dialogue_.effects())};
  });
  if (answer_.decided != nullptr) fixture_.state->apply(answer_.decided->verdict.effects);
}

void MilterSide::tell_client(const Attributes& attributes) {
  const Attributes client =
      part(attributes, {"client_address", "client_name", "reverse_client_name"});
  if (client_ == client) return;
  client_ = client;
  helo_.clear();
  sender_.reset();
  const std::string address = value(client, "client_address");
  const auto parsed = IpAddress::parse(address);
  const auto tls = attributes.contains("encryption_protocol") ? milter::SessionState::Tls::told
                                                              : milter::SessionState::Tls::not_told;
  config::MilterSettings settings;
  settings.mixed_recipients = MixedRecipients::mildest;
  dialogue_.begin(negotiated_for_every_stage(*fixture_.snapshot, tls), fixture_.snapshot, settings);
  settle(dialogue_.connect(milter_name(value(client, "client_name"), address),
                           parsed ? std::optional(*parsed) : std::nullopt,
                           milter_name(value(client, "reverse_client_name"), address)));
}

void MilterSide::tell_helo(const std::string& name) {
  if (asked_ != Stage::helo && name == helo_) return;
  helo_ = name;
  sender_.reset();
  settle(dialogue_.helo(name));
}

void MilterSide::tell_sender(const Attributes& attributes, const MilterExtras& extras) {
  std::vector<std::string> told = {"sender", "encryption_protocol", "instance", "queue_id"};
  for (const Attribute text : kTextAttributes) told.emplace_back(to_string(text));
  const Attributes sender = part(attributes, told);
  if (asked_ != Stage::mail && sender_ == sender && mail_from_ == extras.mail_from) return;
  sender_ = sender;
  mail_from_ = extras.mail_from;
  const std::string queue_id = value(sender, "queue_id");
  const std::string tls = value(sender, "encryption_protocol");
  milter::MailMacros macros{queue_id, tls, extras.mail_addr};
  for (std::size_t i = 0; i < macros.texts.size(); ++i) {
    const auto text = sender.find(std::string(to_string(kTextAttributes[i])));
    if (text != sender.end()) macros.texts[i] = text->second;
  }
  settle(dialogue_.mail(extras.mail_from.value_or(path(value(sender, "sender"))), macros));
}

void MilterSide::tell_recipient(const std::string& recipient, RecipientState state,
                                const MilterExtras& extras) {
  settle(dialogue_.rcpt(extras.rcpt_to.value_or(path(recipient)), state, "", extras.rcpt_addr,
                        fixture_.now));
}

void MilterSide::tell_recipients(const Attributes& attributes, const MilterExtras& extras) {
  if (dialogue_.transaction().recipient_count > 0) return;
  std::vector<std::string> recipients = extras.recipients;
  if (recipients.empty()) recipients.push_back(value(attributes, "recipient"));
  for (const std::string& recipient : recipients) {
    tell_recipient(recipient, RecipientState::accepted, extras);
  }
}

Outcome MilterSide::step(const Attributes& attributes, const MilterExtras& extras) {
  const auto stage = policyd::stage_of(value(attributes, "protocol_state"));
  if (!stage) throw std::runtime_error("no stage");
  asked_ = *stage;
  questions_.clear();
  if (asked_ == Stage::connect) client_.reset();
  tell_client(attributes);
  if (asked_ >= Stage::helo) tell_helo(value(attributes, "helo_name"));
  if (asked_ >= Stage::mail) tell_sender(attributes, extras);
  if (asked_ == Stage::rcpt) {
    tell_recipient(value(attributes, "recipient"), extras.recipient_state, extras);
  }
  if (asked_ >= Stage::data) tell_recipients(attributes, extras);
  if (asked_ == Stage::data) settle(dialogue_.data(""));
  if (asked_ == Stage::eom) {
    for (const HeaderLine& line : extras.headers) dialogue_.header(line.name, line.value);
    settle(dialogue_.end_of_message(""));
  }
  Outcome outcome{dialogue_.transaction(), answer_.decided->verdict, in_words(answer_.reply),
                  questions_};
  if (outcome.verdict.action == Disposition::hold ||
      outcome.verdict.action == Disposition::redirect)
    outcome.reply = milter::reply_in_words(outcome.verdict);
  if (asked_ < Stage::mail && dialogue_.refusal_at_mail() != nullptr) {
    auto later = dialogue_;
    outcome.reply = in_words(std::get<milter::Dialogue::Answer>(later.mail("<>", {})).reply);
  }
  return outcome;
}

}  // namespace postern
