// A message is told of once, through however many doors it goes.
#include "ctl/radar/told_passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::ctl::told_passes_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Decided = ToldPasses::Decided;
using News = ToldPasses::News;
using namespace std::chrono_literals;

class Told : public testing::Test {
 protected:
  News at(std::chrono::seconds time, Door door, Decided decided,
          const std::string& recipient = "joe@box.example") {
    return told_.add({door, client_, sender_, MailAddress::from_envelope(recipient), instance_,
                      UtcTime(time), decided});
  }
  std::vector<std::string> taken_back(Door door, const std::string& instance) {
    std::vector<std::string> all;
    for (const MailAddress& one : told_.take_back(door, instance)) all.push_back(one.text());
    return all;
  }

  ToldPasses told_;
  const IpAddress client_ = IpAddress::parse("192.0.2.7").value();
  const MailAddress sender_ = MailAddress::from_envelope("ann@a.example");
  std::string instance_;
};

TEST_F(Told, WhatBothLetPassIsOne) {
  EXPECT_EQ(at(0s, Door::policy, Decided::pass), News::first);
  EXPECT_EQ(at(1s, Door::milter, Decided::pass), News::none);
  EXPECT_EQ(at(2s, Door::policy, Decided::pass), News::first) << "the next message";
  EXPECT_EQ(at(3s, Door::milter, Decided::pass, "ann@box.example"), News::first);
  EXPECT_EQ(at(70s, Door::milter, Decided::pass), News::first) << "of another session";
}

TEST_F(Told, WhatTheSecondRefusesTakesThePassOfTheFirstBack) {
  at(0s, Door::policy, Decided::pass);
  EXPECT_EQ(at(0s, Door::milter, Decided::refusal), News::takes_back);
  at(9s, Door::policy, Decided::pass);
  EXPECT_EQ(at(9s, Door::milter, Decided::refusal), News::first) << "the client came again";
}

// A milter is told of recipients that the MTA has refused, as its policy service wanted.
TEST_F(Told, WhatTheFirstHasRefusedIsNoNews) {
  at(0s, Door::policy, Decided::refusal);
  EXPECT_EQ(at(0s, Door::milter, Decided::refusal), News::none);
  EXPECT_EQ(at(1s, Door::policy, Decided::refusal), News::first) << "the client came again";
}

TEST_F(Told, OneSegmentOfTheJournalAfterTheOther) {
  EXPECT_EQ(at(1s, Door::milter, Decided::refusal), News::first);
  EXPECT_EQ(at(0s, Door::policy, Decided::pass), News::none);
}

TEST_F(Told, AtItsEndAMessageTakesBackAllItsRecipients) {
  instance_ = "m1";
  at(0s, Door::policy, Decided::pass);
  at(0s, Door::milter, Decided::pass);
  at(1s, Door::milter, Decided::pass, "ann@box.example");
  at(1s, Door::milter, Decided::refusal, "eve@box.example");
  EXPECT_THAT(taken_back(Door::milter, "m1"), ElementsAre("joe@box.example", "ann@box.example"));
  EXPECT_THAT(taken_back(Door::milter, "m1"), IsEmpty());
  EXPECT_THAT(taken_back(Door::milter, "m2"), IsEmpty());
  EXPECT_THAT(taken_back(Door::milter, ""), IsEmpty());
}

TEST_F(Told, IsBounded) {
  for (std::size_t i = 0; i < 3 * ToldPasses::kMost; ++i) {
    instance_ = std::to_string(i);
    at(0s, Door::policy, Decided::pass, instance_ + "@box.example");
  }
  EXPECT_THAT(taken_back(Door::policy, "0"), IsEmpty());
  EXPECT_EQ(taken_back(Door::policy, instance_).size(), 1U);
}

}  // namespace
}  // namespace postern::ctl::told_passes_test
