// Logs of an MTA and of Postern, line by line, and who has received what by them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ctl/maillog/mail_line.h"
#include "ctl/who/chosen_mails.h"
#include "ctl/who/receipts.h"

namespace postern::ctl::who_test {

class WhoLog : public testing::Test {
 protected:
  // A line of Postfix or sendmail at 13:40 and so many seconds.
  void mta(int second, const std::string& text) {
    const auto event =
        read_mail_line("Nov 21 13:40:" + two_digits(second) + " mx " + text, calendar_);
    if (event) mails_.add(*event);
  }
  void smtpd(int second, const std::string& text) { mta(second, "postfix/smtpd[1]: " + text); }
  void qmgr(int second, const std::string& text) { mta(second, "postfix/qmgr[2]: " + text); }
  void agent(int second, const std::string& text) { mta(second, "postfix/local[3]: " + text); }
  void sendmail(int second, const std::string& text) { mta(second, "sm-mta[4]: " + text); }

  void decision(int second, const std::string& fields) {
    decisions_.add(read_log_entry("2026-11-21T13:40:" + two_digits(second) +
                                      ".118Z info decision door=policy " + fields +
                                      " generation=11 us=50",
                                  calendar_));
  }

  // A message of Postfix to one recipient, from the client to its end.
  void accepted(int second, const std::string& id, const std::string& sender,
                const std::string& recipient, const std::string& client = "a[11.0.0.7]") {
    smtpd(second, id + ": client=" + client);
    qmgr(second, id + ": from=<" + sender + ">, size=9, nrcpt=1 (queue active)");
    agent(second, id + ": to=<" + recipient + ">, relay=virtual, delay=0, dsn=2.0.0, " +
                      "status=sent (delivered to maildir)");
    qmgr(second, id + ": removed");
  }

  std::vector<Receipt> receipts() { return receipts_of(mails_.take(), decisions_.take(), choice_); }
  // `joe@box.example delivered`, each with what was decided.
  std::vector<std::string> fates() {
    std::vector<std::string> lines;
    for (const Receipt& one : receipts()) {
      std::string line = one.part.recipient + " " + std::string(to_string(one.part.fate));
      if (one.decision) line += " " + one.decision->rule;
      lines.push_back(std::move(line));
    }
    return lines;
  }

  void choose(Result<void> (MailPatterns::*add)(const std::string&), const std::string& text) {
    MailPatterns patterns;
    ASSERT_TRUE((patterns.*add)(text));
    ASSERT_TRUE(patterns.build());
    choice_.patterns.push_back(std::move(patterns));
  }

  MailChoice choice_;

 private:
  static std::string two_digits(int number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  }

  LogCalendar calendar_{parse_expiry("2026-11-22T00:00:00Z").value(),
                        [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  ChosenMails mails_{choice_};
  KnownDecisions decisions_{choice_};
};

}  // namespace postern::ctl::who_test
