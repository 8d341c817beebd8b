// For the tests of the state of a milter session: one that has begun, and recipients that rules can
// tell apart.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "milter/session_state.h"
#include "tests/unit/milter/clients.h"

namespace postern::milter {

inline const std::vector<std::string> kFields = {"from", "list-id", "subject"};

inline std::vector<std::string> texts(const std::vector<MailAddress>& addresses) {
  std::vector<std::string> result;
  for (const MailAddress& address : addresses) result.push_back(address.text());
  return result;
}

using Texts = std::vector<std::string>;

class SessionStates : public testing::Test {
 protected:
  SessionStates() { state_.begin(SessionState::Tls::told, kFields); }

  void up_to_mail() {
    state_.connect("mail.example.org", kClient, "rev.example.org");
    state_.helo("h.example");
    state_.mail("<a@b.example>", {"Q1", "TLSv1.3", {}, {"alice"}});
  }

  void take(const std::string& recipient) {
    state_.rcpt(recipient, RecipientState::accepted);
    state_.recipient_taken(key_of(now().recipient->text()));
  }

  // As if rules could tell every address from every other.
  RecipientKey key_of(const std::string& address) {
    const auto number =
        static_cast<lists::EntryId>(numbers_.emplace(address, numbers_.size()).first->second);
    return {{nullptr, number}};
  }

  [[nodiscard]] const Transaction& now() const { return state_.transaction(); }

  std::map<std::string, std::size_t> numbers_;

  SessionState state_;
};

}  // namespace postern::milter
