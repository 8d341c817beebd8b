#include "server/redis/site.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <random>

#include "server/redis/connection.h"
#include "tests/support/redis_server.h"

namespace postern::redis::site_test {
namespace {

using namespace std::chrono_literals;
using state::Change;
using state::StoreTime;
using Status = StateFact::Status;

const state::RecordKey kKey{1, 2, 0xab};

TEST(SiteKeys, HaveTheSiteAsHashTagAndTheKindAsLetter) {
  const SiteKeys keys("mx");
  EXPECT_EQ(keys.record(StateKind::rate, kKey), "p1:{mx}:c:0102ab00000000000000000000000000");
  EXPECT_EQ(keys.record(StateKind::seen, kKey).substr(0, 10), "p1:{mx}:s:");
  EXPECT_EQ(keys.secret_mark(), "p1:{mx}:secret");
}

TEST(Scripts, RunByTheirHashOrTheirText) {
  const Scripts scripts;
  const auto by_hash = scripts.words_of(read_call("k"), By::hash);
  ASSERT_EQ(by_hash.size(), 4U);
  EXPECT_EQ(by_hash[0], "EVALSHA");
  EXPECT_EQ(by_hash[1].size(), 40U);
  EXPECT_EQ(scripts.words_of(read_call("k"), By::text)[0], "EVAL");
  EXPECT_EQ(scripts.words_of(forget_call("k"), By::hash), (std::vector<std::string>{"DEL", "k"}));
}

Reply number(std::int64_t value) {
  return {Reply::Kind::number, "", value, {}};
}
Reply answer_to_read(Reply time, Reply record) {
  return {Reply::Kind::list, "", 0, {std::move(time), std::move(record)}};
}

TEST(FactIn, IsOfTheServersTime) {
  state::StoredRecord record;
  record.first = record.last = record.full_at = StoreTime(1000s);
  record.end = StoreTime(2000s);
  const Reply bytes{Reply::Kind::text, state::bytes_of(record), 0, {}};
  const StateFact fact = fact_in(answer_to_read(number(1'300'000'000), bytes));
  EXPECT_EQ(fact.status, Status::found);
  EXPECT_EQ(fact.record.since_first, 300s);
  EXPECT_EQ(fact_in(answer_to_read(number(2'000'000'000), bytes)).status, Status::absent);
  EXPECT_EQ(fact_in(answer_to_read(number(1), {})).status, Status::absent);
}

TEST(FactIn, WhatIsNoAnswerIsUnavailable) {
  const Reply text{Reply::Kind::text, "x", 0, {}};
  for (const Reply& reply :
       {Reply{}, text, Reply{Reply::Kind::error, "MISCONF", 0, {}}, answer_to_read(text, text),
        answer_to_read(number(-1), {}), answer_to_read(number(INT64_MAX), text),
        answer_to_read(number(1), number(1)), Reply{Reply::Kind::list, "", 0, {number(1)}}}) {
    EXPECT_EQ(fact_in(reply).status, Status::unavailable);
  }
  EXPECT_EQ(fact_in(answer_to_read(number(1), text)).status, Status::absent)
      << "a record of another release is none, as in a file";
}

// ---- the script beside carry_out(), which is what the store of a host does

class Client {
 public:
  explicit Client(const std::string& socket) {
    ServerPlace place;
    place.address.kind = ListenAddress::Kind::unix_socket;
    place.address.path = socket;
    connection_ =
        std::make_shared<Connection>(*make_stream(loop_.get_executor(), place),
                                     [](const std::string& why) { ADD_FAILURE() << why; });
    bool is_open = false;
    connection_->open([&] { is_open = true; });
    run_until([&] { return is_open; });
  }
  ~Client() {
    connection_->close();
    loop_.restart();
    loop_.run();
  }

  Reply say(const std::vector<std::string>& words) {
    std::optional<Reply> got;
    connection_->send(words, [&](const Reply* reply) { got = reply ? *reply : Reply{}; });
    run_until([&] { return got.has_value(); });
    return *got;
  }

 private:
  template <class Is>
  void run_until(Is is) {
    while (!is() && loop_.run_one() > 0) {
    }
  }

  boost::asio::io_context loop_;
  std::shared_ptr<Connection> connection_;
};

void replace(std::string& text, const std::string& what, const std::string& by) {
  const auto place = text.find(what);
  if (place != std::string::npos) text.replace(place, what.size(), by);
}

// The words that run the script as if it were `now`; no record goes by the server's own clock.
std::vector<std::string> at_time(std::vector<std::string> words, StoreTime now) {
  std::string& script = words[1];
  replace(script, "redis.call('TIME')", "{KEYS[2], KEYS[3]}");
  replace(script, "math.max(over - math.floor(now / 1000), 1)", "86400000");
  const auto time = now.time_since_epoch().count();
  words[2] = "3";
  words.insert(words.begin() + 4,
               {std::to_string(time / 1'000'000), std::to_string(time % 1'000'000)});
  return words;
}

class RandomChanges {
 public:
  explicit RandomChanges(unsigned seed) : random_(seed) {}

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  Change next(const state::RecordKey& key, StoreTime at) {
    Change change{key, static_cast<StateKind>(below(4)), Touch{}, std::chrono::seconds(below(500)),
                  at};
    if (below(20) == 0) change.keep = std::chrono::seconds(-1);
    if (below(20) == 0) change.keep = state::kMaxKeep + 1h;
    switch (below(4)) {
      case 0:
        break;
      case 1:
        change.what = Mark{};
        break;
      case 2:
        change.what = Take{below(10) == 0 ? 4'000'000'000U : below(5),
                           below(10) == 0 ? std::chrono::microseconds(state::kMaxDebt + 1h)
                                          : std::chrono::microseconds(below(50'000'000))};
        break;
      default:
        change.what = state::AddHash{below(8) * 0x1234567890abcdefU,
                                     std::chrono::seconds(below(300)), below(6)};
    }
    return change;
  }

 private:
  std::mt19937 random_;
};

TEST(ChangeScript, DoesToTheByteWhatTheStoreOfAHostDoes) {
  const RedisServer server;
  Client client(server.socket());
  const Scripts scripts;
  const SiteKeys keys("mx");
  RandomChanges random(20);
  StoreTime now{std::chrono::hours(24 * 365 * 60)};
  std::array<std::optional<state::StoredRecord>, 6> records;
  for (int i = 0; i < 3000; ++i) {
    now += std::chrono::microseconds(random.below(60'000'000));
    const auto which = random.below(6);
    const auto ago =
        random.below(5) == 0 ? std::chrono::microseconds(random.below(90'000'000)) : 0us;
    const Change change =
        random.next(state::RecordKey{static_cast<unsigned char>(which)}, now - ago);
    const std::string key = keys.record(StateKind::rate, change.key);
    state::carry_out(change, records[which]);
    // What a server has no more, because its time is over, is as good as over here.
    if (records[which]->is_over(now)) records[which].reset();
    const Reply done =
        client.say(at_time(scripts.words_of(change_call(key, change, ago), By::text), now));
    ASSERT_EQ(done.kind, Reply::Kind::number) << done.text;
    const Reply read = client.say(at_time(scripts.words_of(read_call(key), By::text), now));
    ASSERT_EQ(read.items.size(), 2U) << read.text;
    EXPECT_EQ(read.items[0].number, now.time_since_epoch().count());
    EXPECT_EQ(read.items[1].text, records[which] ? state::bytes_of(*records[which]) : "") << i;
    EXPECT_EQ(fact_in(read), state::fact_of(records[which], now)) << i;
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ChangeScript, BeginsAnewOnWhatIsNoRecord) {
  const RedisServer server;
  Client client(server.socket());
  const Scripts scripts;
  for (const char* wrong : {"", "x", "\x02", "a record of another release, of 42 bytes."}) {
    client.say({"SET", "k", wrong});
    const Change change{kKey, StateKind::rate, Mark{}, 1h, {}};
    client.say(scripts.words_of(change_call("k", change, {}), By::text));
    const StateFact fact = fact_in(client.say(scripts.words_of(read_call("k"), By::text)));
    EXPECT_TRUE(fact.record.is_marked) << wrong;
  }
}

TEST(ChangeScript, LetsTheServerForgetWhatIsOver) {
  const RedisServer server;
  Client client(server.socket());
  const Change change{kKey, StateKind::rate, Mark{}, 1h, {}};
  client.say(Scripts().words_of(change_call("k", change, {}), By::text));
  const std::int64_t left = client.say({"PTTL", "k"}).number;
  EXPECT_LE(left, 3'600'001);
  EXPECT_GT(left, 3'500'000);
}

}  // namespace
}  // namespace postern::redis::site_test
