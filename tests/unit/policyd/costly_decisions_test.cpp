#include "policyd/costly_decisions.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <new>
#include <optional>
#include <string>

namespace postern::policyd::costly_decisions_test {
namespace {

const auto kOne = IpAddress::parse("192.0.2.1").value();
const auto kOther = IpAddress::parse("192.0.2.2").value();

// All are there before the first is made, so that the order is no matter of chance.
class CostlyDecisionsTest : public testing::Test {
 protected:
  void add(const std::optional<IpAddress>& client, const std::string& name) {
    ++left_;
    costly_.add(client, [this, name] {
      made_ += name + " ";
      if (--left_ == 0) done_.set_value();
    });
  }

  // What is made, in its order.
  std::string run() {
    costly_.start();
    done_.get_future().wait();
    return made_;
  }

  int left_ = 0;
  std::promise<void> done_;
  std::string made_;
  CostlyDecisions costly_;
};

TEST_F(CostlyDecisionsTest, AreMadeInTheOrderInWhichTheyCame) {
  for (const char* name : {"a", "b", "c"}) add(kOne, name);
  EXPECT_EQ(run(), "a b c ");
}

TEST_F(CostlyDecisionsTest, OneClientDoesNotWaitForAllOfAnother) {
  for (const char* name : {"a1", "a2", "a3"}) add(kOne, name);
  for (const char* name : {"b1", "b2"}) add(kOther, name);
  add(std::nullopt, "c1");
  EXPECT_EQ(run(), "a1 b1 c1 a2 b2 a3 ");
}

// The client of a message may have any address of its /64.
TEST_F(CostlyDecisionsTest, ANetworkOfIpv6IsOneClient) {
  add(IpAddress::parse("2001:db8::1").value(), "a1");
  add(IpAddress::parse("2001:db8::2").value(), "a2");
  add(kOther, "b1");
  EXPECT_EQ(run(), "a1 b1 a2 ");
}

TEST_F(CostlyDecisionsTest, AnExceptionEndsOneOfThem) {
  costly_.add(kOne, [] { throw std::bad_alloc(); });
  add(kOne, "a");
  EXPECT_EQ(run(), "a ");
}

TEST_F(CostlyDecisionsTest, ThoseThatWaitAreDestroyedAtTheEnd) {
  const auto held = std::make_shared<int>();
  for (int i = 0; i < 3; ++i) costly_.add(kOne, [held] {});
  EXPECT_EQ(held.use_count(), 4);
  costly_.stop();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace postern::policyd::costly_decisions_test
