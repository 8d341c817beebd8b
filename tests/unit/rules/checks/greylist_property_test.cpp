// Days of mail by chance, from a few senders, with a store and DNS that come and go.
#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "tests/unit/rules/checks/greylist_run.h"

namespace postern::checks::greylist_property_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr std::array kSenders = {"a@shop.example",   "b@news.shop.example", "c@other.example",
                                 "d@broken.example", "e@open.example",      "f@[192.0.2.1]"};
constexpr std::array kClients = {"198.51.100.1", "203.0.113.7", "192.0.3.1",       "192.0.4.2",
                                 "192.0.5.3",    "192.0.9.9",   "2001:db8:1:2::3", "192.0.2.7"};
constexpr seconds kDelay = 2min;
constexpr seconds kWindow = 48h;

class Days : public GreylistTest {
 protected:
  template <class Values>
  std::string one_of(const Values& values) {
    return values[chance_() % values.size()];
  }
  bool happens(unsigned percent) { return chance_() % 100 < percent; }

  // Whether it is told to come back.
  static bool waits(const std::string& said) {
    return said.starts_with("new ") || said.starts_with("early ");
  }

  // A message to up to four recipients, during which time passes and DNS may come and go.
  void send(const std::string& sender, const std::string& client) {
    const std::string who = sender + " from " + client;
    message_.clear();
    Transaction t = at_rcpt(sender, client);
    const bool first = waits(ask(t));
    const bool is_back = deferred_.contains(who) && now_ - deferred_[who] >= kDelay &&
                         now_ - deferred_[who] < kWindow - 1h;
    ASSERT_FALSE(first && is_back)
        << who << " came back after " << (now_ - deferred_[who]).count() << " s";
    if (first) deferred_.try_emplace(who, now_);
    if (!first) deferred_.erase(who);
    for (unsigned more = chance_() % 4; more > 0; --more) {
      wait(seconds{chance_() % 90});
      if (happens(10)) site_.is_dns_away = !site_.is_dns_away;
      t.recipient = MailAddress::from_envelope("r" + std::to_string(more) + "@d.example");
      ASSERT_EQ(waits(ask(t)), first) << who;
    }
  }

  void wait(seconds time) {
    now_ += time;
    pass(time);
    std::erase_if(deferred_, [&](const auto& one) { return now_ - one.second >= kWindow - 1h; });
  }

  std::mt19937 chance_;
  seconds now_{0};
  std::map<std::string, seconds> deferred_;  // since when
};

TEST_F(Days, WhoComesBackInTimeIsLetInAndNoMessageIsParted) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    chance_.seed(seed);
    site_ = {};
    deferred_.clear();
    for (int i = 0; i < 1500; ++i) {
      if (happens(5)) site_.is_dns_away = !site_.is_dns_away;
      site_.state.is_away = happens(3);
      send(one_of(kSenders), one_of(kClients));
      if (HasFatalFailure()) return;
      wait(happens(2) ? seconds{chance_() % (72 * 3600)} : seconds{chance_() % 200});
    }
  }
}

}  // namespace
}  // namespace postern::checks::greylist_property_test
