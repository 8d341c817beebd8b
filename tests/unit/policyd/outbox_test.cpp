#include "policyd/outbox.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <functional>
#include <new>
#include <string>
#include <utility>

namespace postern::policyd::outbox_test {
namespace {

class Sender : public HasReply {
 public:
  explicit Sender(std::function<void()> send) : send_(std::move(send)) {}
  void send_reply() override { send_(); }

 private:
  std::function<void()> send_;
};

class OutboxTest : public testing::Test {
 protected:
  // What a session does when its request is ready: it decides, and its reply waits.
  void decide(
      const std::string& name, const std::function<void()>& then = [] {}) {
    boost::asio::post(context_, [this, name, then] {
      happened_ += "decide " + name + ", ";
      outbox_.add(std::make_shared<Sender>([this, name, then] {
        happened_ += "send " + name + ", ";
        then();
      }));
    });
  }

  boost::asio::io_context context_{1};
  Outbox outbox_{context_};
  std::string happened_;
};

TEST_F(OutboxTest, RepliesGoOutWhenAllThatWasReadyIsDecided) {
  decide("a");
  decide("b");
  decide("c");
  context_.run();
  EXPECT_EQ(happened_, "decide a, decide b, decide c, send a, send b, send c, ");
}

TEST_F(OutboxTest, AFurtherRequestIsOfTheNextTurn) {
  decide("a", [this] { decide("a2"); });
  decide("b");
  context_.run();
  EXPECT_EQ(happened_, "decide a, decide b, send a, send b, decide a2, send a2, ");
}

TEST_F(OutboxTest, WhatIsAddedWhileRepliesGoOutIsSentToo) {
  decide("a",
         [this] { outbox_.add(std::make_shared<Sender>([this] { happened_ += "send a2, "; })); });
  context_.run();
  EXPECT_EQ(happened_, "decide a, send a, send a2, ");
}

TEST_F(OutboxTest, AfterAnExceptionItGoesOn) {
  outbox_.add(std::make_shared<Sender>([] { throw std::bad_alloc(); }));
  decide("a");
  EXPECT_THROW(context_.run(), std::bad_alloc);
  decide("b");
  context_.run();
  EXPECT_EQ(happened_, "decide a, decide b, send a, send b, ");
}

TEST_F(OutboxTest, LetsGoOfTheSenders) {
  const auto sender = std::make_shared<Sender>([] {});
  outbox_.add(sender);
  EXPECT_EQ(sender.use_count(), 2);
  context_.run();
  EXPECT_EQ(sender.use_count(), 1);
}

}  // namespace
}  // namespace postern::policyd::outbox_test
