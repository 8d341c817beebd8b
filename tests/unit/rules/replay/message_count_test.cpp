// How many messages the records of one day are about, through one door and through both.
#include "rules/replay/message_count.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::replay::message_count_test {
namespace {

struct Told {
  Door door = Door::milter;
  Stage stage = Stage::rcpt;
  std::string instance{};
  std::string queue_id{};
  Disposition action = Disposition::pass;
  std::string sender = "ann@a.example";
};

class Messages : public testing::Test {
 protected:
  void tell(const Told& told) {
    journal::JournalRecord record;
    record.time = journal::JournalTime(std::chrono::seconds(1795871642 + ++second_));
    record.door = told.door;
    record.transaction.stage = told.stage;
    record.transaction.client = IpAddress::parse("192.0.2.7").value();
    if (told.stage >= Stage::mail) {
      record.transaction.sender = MailAddress::from_envelope(told.sender);
    }
    record.transaction.instance = told.instance;
    record.transaction.queue_id = told.queue_id;
    record.verdict.action = told.action;
    count_.add(record);
  }
  // A milter's records of a message, from MAIL to its end.
  void through_milter(const std::string& instance, Disposition at_end = Disposition::pass,
                      const std::string& sender = "ann@a.example") {
    for (const Stage stage : {Stage::connect, Stage::helo, Stage::mail, Stage::rcpt, Stage::eom}) {
      tell({.stage = stage,
            .instance = stage < Stage::mail ? "" : instance,
            .queue_id = stage == Stage::eom ? "4ZK1Y" + instance : "",
            .action = stage == Stage::eom ? at_end : Disposition::pass,
            .sender = sender});
    }
  }
  void at_policy(const std::string& instance, Disposition action = Disposition::pass) {
    tell({.door = Door::policy, .instance = instance, .action = action});
  }
  [[nodiscard]] std::string counted() const {
    return std::to_string(count_.messages()) + ", " + std::to_string(count_.passed()) + " in";
  }

  MessageCount count_;
  int second_ = 0;
};

TEST_F(Messages, ThroughAMilterOneIsCountedOnce) {
  through_milter("a.1");
  through_milter("a.2");
  EXPECT_EQ(counted(), "2, 2 in");
}

TEST_F(Messages, ConnectionsWithoutMailAreNone) {
  tell({.stage = Stage::connect, .action = Disposition::reject});
  tell({.stage = Stage::helo, .action = Disposition::reject});
  EXPECT_EQ(counted(), "0, 0 in");
}

TEST_F(Messages, WhatIsRefusedAtItsEndHasNotComeIn) {
  through_milter("a.1", Disposition::reject);
  through_milter("a.2", Disposition::hold);
  EXPECT_EQ(counted(), "2, 1 in");
}

TEST_F(Messages, OneRecipientIsEnough) {
  at_policy("i1", Disposition::reject);
  at_policy("i1");
  at_policy("i2");
  at_policy("i2", Disposition::reject);
  at_policy("i3", Disposition::reject);
  EXPECT_EQ(counted(), "3, 2 in");
}

TEST_F(Messages, ThroughBothDoorsOfOnePostfixOneIsCountedOnce) {
  for (const char* one : {"1", "2", "3"}) {
    at_policy(std::string("i") + one);
    through_milter(std::string("a.") + one,
                   one[0] == '3' ? Disposition::reject : Disposition::pass);
  }
  EXPECT_EQ(counted(), "3, 2 in");
  // What the policy door refuses does not come to the end.
  tell({.stage = Stage::mail, .instance = "a.4"});
  at_policy("i4", Disposition::reject);
  EXPECT_EQ(counted(), "4, 2 in");
}

TEST_F(Messages, OfOtherSendersAreOthers) {
  at_policy("i1");
  through_milter("a.1", Disposition::pass, "eve@b.example");
  EXPECT_EQ(counted(), "2, 2 in");
}

// Postfix gives no instance before RCPT, and milters had none in older journals.
TEST_F(Messages, WhatHasNoNameYetIsNamedLater) {
  tell({.door = Door::policy, .stage = Stage::mail});
  at_policy("i1");
  EXPECT_EQ(counted(), "1, 1 in");
  tell({.stage = Stage::rcpt, .sender = "eve@b.example"});
  tell({.stage = Stage::eom, .queue_id = "4ZK1Y", .sender = "eve@b.example"});
  EXPECT_EQ(counted(), "2, 2 in");
}

TEST_F(Messages, WithNoNameAtAllTheSecondTellsThemApart) {
  tell({.door = Door::policy, .stage = Stage::mail});
  tell({.door = Door::policy, .stage = Stage::mail, .action = Disposition::reject});
  EXPECT_EQ(counted(), "2, 1 in");
}

}  // namespace
}  // namespace postern::replay::message_count_test
