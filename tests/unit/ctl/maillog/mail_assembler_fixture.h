// Lines of an MTA's log, one after the other, and the messages that they make.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "ctl/maillog/mail_assembler.h"
#include "ctl/maillog/mail_line.h"

namespace postern::ctl::maillog_test {

class Assembled : public testing::Test {
 protected:
  // A line at 13:40 and so many seconds.
  void line(int second, const std::string& text) {
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "%02d:%02d:%02d", 13 + (40 * 60 + second) / 3600,
                  (40 * 60 + second) / 60 % 60, second % 60);
    const auto event =
        read_mail_line("Nov 21 " + std::string(time.data()) + " mx " + text, calendar_);
    EXPECT_TRUE(event) << text;
    if (event) mails_.add(*event);
  }
  void postfix(int second, const std::string& text) { line(second, "postfix/x[1]: " + text); }
  void sendmail(int second, const std::string& text) { line(second, "sm-mta[1]: " + text); }

  void begin(int second, const std::string& id, const std::string& client = "a[11.0.0.7]") {
    postfix(second, id + ": client=" + client);
    postfix(second, id + ": from=<ann@a.example>, size=9, nrcpt=1 (queue active)");
  }
  void deliver(int second, const std::string& id, const std::string& to,
               const std::string& status = "sent (ok)") {
    postfix(second, id + ": to=<" + to + ">, relay=local, delay=0, dsn=2.0.0, status=" + status);
  }

  // All messages, the log having ended.
  const std::vector<LoggedMail>& mails() {
    mails_.end();
    return ended_;
  }
  const LoggedMail& mail() {
    static const LoggedMail none;
    EXPECT_EQ(mails().size(), 1U);
    return ended_.empty() ? none : ended_.front();
  }
  // `joe@box.example delivered`
  static std::vector<std::string> fates(const LoggedMail& mail) {
    std::vector<std::string> all;
    for (const LoggedPart& part : mail.parts) {
      all.push_back(part.recipient + " " + std::string(to_string(part.fate)));
    }
    return all;
  }

  std::vector<std::string> decided_;  // `ann@a.example joe@box.example delivered`
  std::vector<LoggedMail> ended_;
  MailAssembler mails_{{[this](const LoggedMail& mail, const LoggedPart& part) {
                          decided_.push_back(mail.sender.value_or("?") + " " + part.addressed_to() +
                                             " " + std::string(to_string(part.fate)));
                        },
                        [this](LoggedMail mail) { ended_.push_back(std::move(mail)); }}};

 private:
  LogCalendar calendar_{parse_expiry("2026-11-22T00:00:00Z").value(),
                        [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
};

}  // namespace postern::ctl::maillog_test
