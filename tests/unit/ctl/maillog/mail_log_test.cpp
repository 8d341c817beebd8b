// Lines of a log in which several programs have written.
#include "ctl/maillog/mail_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::ctl::mail_log_test {
namespace {

using testing::ElementsAre;

constexpr UtcTime kNow{std::chrono::seconds{1795327200}};  // 2026-11-22T06:00:00Z

// `769FF2E0760` of an MTA, `decision 769FF2E0760`, `untrusted 769FF2E0760`.
std::vector<std::string> said_in(const std::vector<std::string>& lines) {
  MailLog log({kNow, [](LocalTime local) { return UtcTime(local.time_since_epoch()); }});
  std::vector<std::string> all;
  const auto add = [&](const MailLogLine& said) {
    if (const auto* event = std::get_if<MailEvent>(&said)) all.push_back(event->queue_id);
    if (const auto* entry = std::get_if<LogEntry>(&said)) {
      const bool is_trusted = entry->kind == LogEntry::Kind::decision;
      all.push_back((is_trusted ? "decision " : "untrusted ") +
                    field_of(entry->fields, "queue_id"));
    }
  };
  for (const std::string& line : lines) add(log.add(line));
  add(log.end());
  return all;
}

const std::string kDecision =
    "decision door=policy stage=rcpt rule=x action=reject queue_id=769FF2E0763 generation=3 us=53";

TEST(MailLog, WhatTheMtaAndPosternSayInTheOrderOfTheLog) {
  EXPECT_THAT(
      said_in({"Nov 21 13:40:01 mx postfix/smtpd[9]: 769FF2E0760: client=b[198.51.100.7]",
               "Nov 21 13:40:01 mx dovecot[9]: 769FF2E0761: removed", "769FF2E0762: removed",
               "Nov 21 13:40:02 mx postern-policyd[1]: " + kDecision,
               "2026-11-21T13:40:02Z mx postfix/qmgr[8]: 769FF2E0760: removed"}),
      ElementsAre("769FF2E0760", "769FF2E0762", "decision 769FF2E0763", "769FF2E0760"));
}

// Of the last record the end has been left out.
TEST(MailLog, AnExportOfTheJournal) {
  EXPECT_THAT(
      said_in({"__CURSOR=s=1", "SYSLOG_IDENTIFIER=sm-mta",
               "MESSAGE=6ALDe2Hj004711: <joe@box.example>... User unknown", "", "__CURSOR=s=2",
               "SYSLOG_IDENTIFIER=postern-policyd", "MESSAGE=" + kDecision, "", "__CURSOR=s=3",
               "SYSLOG_IDENTIFIER=dovecot", "MESSAGE=769FF2E0761: removed", "", "__CURSOR=s=4",
               "SYSLOG_IDENTIFIER=postfix/qmgr", "MESSAGE=769FF2E0762: removed"}),
      ElementsAre("6ALDe2Hj004711", "decision 769FF2E0763", "769FF2E0762"));
}

TEST(MailLog, ADecisionThatAClientHasWrittenIsNone) {
  const std::string reject =
      "NOQUEUE: reject: RCPT from a[192.0.2.7]: 550 5.7.1 no; from=<a@b> to=<c@d> proto=ESMTP "
      "helo=<" +
      kDecision + ">";
  EXPECT_THAT(said_in({"Nov 21 13:40:01 mx postfix/smtpd[9]: " + reject, reject}),
              ElementsAre("", ""));
  EXPECT_THAT(said_in({"who knows: " + kDecision}), ElementsAre("untrusted 769FF2E0763"));
}

}  // namespace
}  // namespace postern::ctl::mail_log_test
