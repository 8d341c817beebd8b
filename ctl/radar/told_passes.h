// What the radar was told of decisions, so that a message is told of once: behind one Postfix both
// daemons see the same mail, and what was let pass at RCPT may be refused later, by the other door
// or at the end of the message. Pure; one thread; bounded.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/mail_address.h"
#include "common/base/utc_date.h"
#include "rules/model/door.h"

namespace postern::ctl {

class ToldPasses {
 public:
  static constexpr std::chrono::seconds kSession{60};
  static constexpr std::size_t kMost = 20000;  // of each door; beyond them all are forgotten

  enum class Decided { pass, refusal };
  // At RCPT or before.
  struct Mail {
    Door door = Door::policy;
    const IpAddress& client;
    const MailAddress& sender;
    const MailAddress& recipient;
    const std::string& instance;  // by which the door names the message; empty: it does not
    UtcTime time{};
    Decided decided = Decided::pass;
  };
  enum class News {
    first,       // to be told of
    none,        // the other door has decided the same within a minute, or has refused it
    takes_back,  // the other door has let it pass within a minute
  };

  // Decisions come in the order of time, or those of one door after those of the other.
  News add(const Mail& mail);
  // To whom the door has let the message pass. Once.
  std::vector<MailAddress> take_back(Door door, const std::string& instance);

 private:
  struct Told {
    UtcTime time{};
    Decided decided = Decided::pass;
  };
  struct OfDoor {
    std::unordered_map<std::size_t, Told> told;  // by a hash of client, sender and recipient
    std::unordered_map<std::string, std::vector<MailAddress>> passed;  // recipients, by instance
    std::size_t recipients = 0;                                        // of them
  };
  OfDoor& of(Door door) { return doors_.at(door == Door::milter ? 1 : 0); }
  News news_of(const Mail& mail, std::size_t key);

  std::array<OfDoor, 2> doors_;
};

}  // namespace postern::ctl
