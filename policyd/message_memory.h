// What one policy connection remembers of the message it is asked about: which headers the message
// has been given and which it still has to be given.
//
// A header goes to a message once, though every recipient is asked about. A policy reply carries
// one action, so further headers go with the next replies of the same message. Owned by a session;
// pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/mail_address.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"

namespace postern::policyd {

class MessageMemory {
 public:
  enum class Message { same, another };

  // Which message the next calls are about: the one before, or another (which nothing is known of).
  //
  // Postfix gives a message its `instance` from RCPT on. A MAIL request has none and always begins
  // a message; the first instance after it belongs to that message if client and sender are the
  // same. Requests before MAIL, and later ones without an instance, are each taken for themselves.
  Message enter(const Transaction& transaction);

  // What session and tests need of the two below: notes the headers of a verdict, and returns the
  // one to send with its reply, or null. Only `pass` has room for one. A recipient that is refused
  // brings none to the message of the others.
  const Header* header_for(const Verdict& verdict);

  // Notes headers that the message is to have; those that it has, or that wait already, are no
  // news.
  void want(const std::vector<Header>& headers);

  // The header to send with a reply that has room for one, or null. It counts as sent; the pointer
  // lasts until the next call. Postfix takes headers at MAIL, RCPT and DATA.
  const Header* next();

  // The connection is over, and with it the message.
  void end();

  // Headers that could not be sent before their message was over (no header can be sent any more at
  // the end of the message itself); each is returned once.
  std::vector<Header> take_lost();

 private:
  [[nodiscard]] bool goes_on(const Transaction& transaction) const;
  void lose_waiting();

  Stage stage_ = Stage::connect;
  std::string instance_;
  bool mail_pending_ =
      false;  // a MAIL request without its instance yet, from this client and sender:
  std::optional<IpAddress> client_;
  MailAddress sender_;
  std::vector<Header> settled_;  // sent, or given up
  std::vector<Header> waiting_;  // first come, first sent
  std::vector<Header> lost_;
};

}  // namespace postern::policyd
