// Behind one Postfix both daemons may see the same mail: what the second one lets pass of it is no
// further message. Pure; one thread; bounded.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>

#include "common/base/ip_address.h"
#include "common/base/mail_address.h"
#include "common/base/utc_date.h"
#include "rules/model/door.h"

namespace postern::ctl {

class SecondDoor {
 public:
  static constexpr std::chrono::seconds kSession{60};
  static constexpr std::size_t kMost = 20000;  // messages of each door; more: none are known

  // Whether the other door has let pass the same within a minute. Passes at RCPT are to be told, in
  // the order of time, or of one door after those of the other.
  bool is_second(Door door, const IpAddress& client, const MailAddress& sender,
                 const MailAddress& recipient, UtcTime time) {
    const std::size_t key =
        std::hash<std::string>{}(client.to_string() + " " + sender.text() + " " + recipient.text());
    const bool is_milter = door == Door::milter;
    const Told& other = told_.at(is_milter ? 0 : 1);
    const auto found = other.find(key);
    if (found != other.end() && std::chrono::abs(time - found->second) <= kSession) return true;
    Told& own = told_.at(is_milter ? 1 : 0);
    if (own.size() >= kMost) own.clear();
    own[key] = time;
    return false;
  }

 private:
  using Told = std::unordered_map<std::size_t, UtcTime>;  // when, by a hash of what was told
  std::array<Told, 2> told_;
};

}  // namespace postern::ctl
