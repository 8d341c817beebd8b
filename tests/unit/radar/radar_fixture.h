// A radar, and mail for it in few words.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/radar_mail.h"

namespace postern::radar::test {

class Watched {
 public:
  explicit Watched(Site site = {}) : radar(std::move(site), secret_of(1), 1) {}

  // One message at `at` after the first day began.
  std::vector<Proposal> add(std::chrono::seconds at, const std::string& client,
                            const std::string& sender, const std::string& name = {},
                            Outcome outcome = Outcome::accepted, Mode mode = Mode::watch) {
    Mail mail;
    mail.time = first_day() + at;
    mail.client = IpAddress::parse(client).value();
    mail.client_name = name;
    mail.helo = name;
    mail.local = sender.substr(0, sender.find('@'));
    mail.domain = sender.substr(sender.find('@') + 1);
    mail.recipient = recipient;
    mail.outcome = outcome;
    return radar.add(mail.event(), mode);
  }

  Radar radar;
  std::string recipient = "joe@here.example";
};

}  // namespace postern::radar::test
