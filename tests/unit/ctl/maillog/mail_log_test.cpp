#include "ctl/maillog/mail_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace postern::ctl::mail_log_test {
namespace {

constexpr UtcTime kNow{std::chrono::seconds{1795327200}};  // 2026-11-22T06:00:00Z

std::vector<std::string> queue_ids(const std::string& text) {
  const LogCalendar calendar{kNow,
                             [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  std::istringstream in(text);
  std::vector<std::string> ids;
  EXPECT_TRUE(
      read_mail_log(in, calendar, [&](const MailEvent& event) { ids.push_back(event.queue_id); }));
  return ids;
}

// Lines of syslog, of others, a record of the journal, a line that is too long; of the last one no
// end.
TEST(MailLog, WhatTheMtaSaysInTheOrderOfTheLog) {
  EXPECT_THAT(queue_ids("Nov 21 13:40:01 mx postfix/smtpd[9]: 769FF2E0760: client=b[198.51.100.7]\n"
                        "Nov 21 13:40:01 mx dovecot[9]: 769FF2E0761: removed\n"
                        "769FF2E0762: removed\n" +
                        std::string(100000, 'x') +
                        "\n__CURSOR=s=1\nSYSLOG_IDENTIFIER=sm-mta\n"
                        "MESSAGE=6ALDe2Hj004711: Milter: to=<a@b.example>, discard\n\n"
                        "2026-11-21T13:40:02Z mx postfix/qmgr[8]: 769FF2E0760: removed"),
              testing::ElementsAre("769FF2E0760", "6ALDe2Hj004711", "769FF2E0760"));
}

}  // namespace
}  // namespace postern::ctl::mail_log_test
