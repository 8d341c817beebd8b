// Settings of what becomes of strong proposals of the radar (docs/alerts.md). Plain values, no I/O.
#pragma once

#include <chrono>
#include <string>

#include "common/base/setting.h"

namespace postern::config {

struct RadarSettings {
  std::string alert_command;
  std::string alert_mail;
  std::string alert_webhook;
  std::string webhook_key;
  std::string sendmail = "/usr/sbin/sendmail";
  std::chrono::seconds alert_every{600};
  std::chrono::seconds brake{0};
  friend bool operator==(const RadarSettings&, const RadarSettings&) = default;

  static void describe(const auto& row) {
    using S = RadarSettings;
    using namespace std::chrono_literals;
    row({"alert_command", "A program that is given each alert on its standard input"},
        &S::alert_command, AbsolutePath{});
    row({"alert_mail", "Whom alerts are sent to as mail"}, &S::alert_mail, Mailbox{});
    row({"alert_webhook", "Where alerts are sent to by POST"}, &S::alert_webhook, HookAddress{});
    row({"webhook_key", "The file with the secret that signs them"}, &S::webhook_key,
        AbsolutePath{});
    row({"sendmail", "The program that takes mail"}, &S::sendmail, AbsolutePath{});
    row({"alert_every", "What is new meanwhile goes into the next alert"}, &S::alert_every,
        Duration{0s, 24h});
    row({"brake", "For so long strong proposals are answered with 451; 0s: not at all"}, &S::brake,
        Duration{0s, 1h});
  }
};

}  // namespace postern::config
