#include "policyd/adapter.h"

#include "common/base/ip_address.h"
#include "common/base/mail_address.h"

namespace postern::policyd {
namespace {

std::string_view known_name(std::string_view name) {
  return name == "unknown" ? std::string_view{} : name;
}

TlsState tls_of(const PolicyRequest& request) {
  if (!request.has_encryption_protocol) return TlsState::unknown;
  return request.encryption_protocol.empty() ? TlsState::plain : TlsState::encrypted;
}

bool has_one_recipient(const PolicyRequest& request, Stage stage) {
  if (stage < Stage::rcpt || request.recipient.empty()) return false;
  return stage == Stage::rcpt || request.recipient_count.empty() || request.recipient_count == "1";
}

}  // namespace

std::optional<Stage> stage_of(std::string_view protocol_state) {
  if (protocol_state == "RCPT") return Stage::rcpt;
  if (protocol_state == "CONNECT" || protocol_state == "XCLIENT") return Stage::connect;
  if (protocol_state == "EHLO" || protocol_state == "HELO") return Stage::helo;
  if (protocol_state == "MAIL") return Stage::mail;
  if (protocol_state == "DATA" || protocol_state == "BDAT") return Stage::data;
  if (protocol_state == "END-OF-MESSAGE") return Stage::eom;
  return std::nullopt;
}

void fill_transaction(const PolicyRequest& request, Stage stage, Transaction& transaction) {
  transaction.clear();
  transaction.stage = stage;
  if (const auto client = IpAddress::parse(request.client_address)) transaction.client = *client;
  transaction.client_name = known_name(request.client_name);
  transaction.reverse_client_name = known_name(request.reverse_client_name);
  transaction.helo = request.helo_name;
  if (stage >= Stage::mail) transaction.sender = MailAddress::from_envelope(request.sender);
  if (has_one_recipient(request, stage)) {
    transaction.recipient = MailAddress::from_envelope(request.recipient);
  }
  take_texts(request.texts, transaction);
  transaction.tls = tls_of(request);
  transaction.queue_id = request.queue_id;
  transaction.instance = request.instance;
}

}  // namespace postern::policyd
