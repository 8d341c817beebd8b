// What a message has done to records, so that it does it once, however often the MTA asks about the
// message: at RCPT again, at DATA, at its end. A dialogue owns it; one thread at a time. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/mail_address.h"
#include "rules/model/facts.h"
#include "rules/model/transaction.h"

namespace postern {

class MessageEffects {
 public:
  // So many effects are remembered; what comes beyond is done each time.
  static constexpr std::size_t kMost = 10000;

  // Takes out of `effects` what the message, or `recipient` of it, has done already. What stays is
  // for the caller to carry out.
  void keep_new(std::vector<Effect>& effects, const std::optional<MailAddress>& recipient);
  // To the record of `key`; `recipient`: who is judged, if it is one alone.
  [[nodiscard]] StateFact::Done done(const StateKey& key,
                                     const std::optional<MailAddress>& recipient) const;
  // For the next message.
  void clear() {
    done_.clear();
    remembered_ = 0;
  }
  // The memory that it takes, about.
  [[nodiscard]] std::size_t kept_bytes() const;

 private:
  // For each record the recipients in whose name something was done; empty: the message's.
  std::map<StateKey, std::set<std::string>> done_;
  std::size_t remembered_ = 0;
};

// Facts of the site, with what the message itself has done.
class MessageFacts : public FactSource {
 public:
  // All outlive it; the transaction is of that message.
  MessageFacts(FactSource& site, const MessageEffects& effects, const Transaction& transaction)
      : site_(site), effects_(effects), transaction_(transaction) {}

  [[nodiscard]] std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
    return site_.find(question);
  }
  [[nodiscard]] std::optional<StateFact> find_state(const StateKey& key) override {
    auto fact = site_.find_state(key);
    if (fact) fact = with_done(key, *fact);
    return fact;
  }
  // What a store has answered to a question for it.
  [[nodiscard]] StateFact with_done(const StateKey& key, StateFact fact) const {
    fact.done = effects_.done(key, transaction_.recipient);
    return fact;
  }

 private:
  FactSource& site_;
  const MessageEffects& effects_;
  const Transaction& transaction_;
};

}  // namespace postern
