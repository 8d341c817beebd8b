// A transaction for a test, one attribute after the other:
//   TransactionBuilder(Stage::rcpt).client("192.0.2.1").sender("joe@a.example").transaction
#pragma once

#include <string>
#include <string_view>

#include "rules/model/transaction.h"

namespace postern {

struct TransactionBuilder {
  explicit TransactionBuilder(Stage stage) { transaction.stage = stage; }

  TransactionBuilder& client(std::string_view text) {
    transaction.client = IpAddress::parse(text).value();
    return *this;
  }
  TransactionBuilder& client_name(std::string_view text) {
    transaction.client_name = text;
    return *this;
  }
  TransactionBuilder& reverse_client_name(std::string_view text) {
    transaction.reverse_client_name = text;
    return *this;
  }
  TransactionBuilder& helo(std::string_view text) {
    transaction.helo = text;
    return *this;
  }
  TransactionBuilder& sender(std::string_view text) {
    transaction.sender = MailAddress::from_envelope(text);
    return *this;
  }
  TransactionBuilder& recipient(std::string_view text) {
    transaction.recipient = MailAddress::from_envelope(text);
    return *this;
  }
  TransactionBuilder& user(std::string_view text) {
    transaction.sasl_username = text;
    return *this;
  }
  TransactionBuilder& tls(TlsState state) {
    transaction.tls = state;
    return *this;
  }

  Transaction transaction;
};

}  // namespace postern
