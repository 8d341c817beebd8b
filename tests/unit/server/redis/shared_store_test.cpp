#include "server/redis/shared_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <fstream>
#include <future>
#include <random>

#include "tests/unit/server/redis/shared_fixture.h"

namespace postern::redis::shared_store_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;

class SharedStoreTest : public testing::Test {
 protected:
  std::unique_ptr<SharedStore> host() {
    auto store = std::make_unique<SharedStore>(parts_of(server_, lines_));
    EXPECT_TRUE(comes_true([&] { return is_in_use(*store); })) << store->status().shared.failing;
    return store;
  }

  RedisServer server_;
  Lines lines_;
};

TEST_F(SharedStoreTest, WhatOneHostDoesTheOtherKnows) {
  const auto one = host();
  const auto other = host();
  EXPECT_EQ(other->find(rate_key("a")).status, Status::absent);
  apply(*one, effect_on("a", Mark{}));
  EXPECT_TRUE(one->find(rate_key("a")).record.is_marked) << "at once";
  ASSERT_TRUE(is_settled(*one));
  EXPECT_TRUE(other->find(rate_key("a")).record.is_marked);
  other->forget(rate_key("a"));
  ASSERT_TRUE(is_settled(*other));
  EXPECT_EQ(one->find(rate_key("a")).status, Status::absent) << "its own store is not asked";
  EXPECT_EQ(lines_.all().size(), 0U);
}

TEST_F(SharedStoreTest, HasToBeAskedWhileTheServerIsInUse) {
  const auto store = host();
  EXPECT_EQ(store->find_at_once(rate_key("a")), std::nullopt);
  std::promise<StateFact> answer;
  store->ask(rate_key("a"), [&](const StateFact& fact) { answer.set_value(fact); });
  EXPECT_EQ(answer.get_future().get().status, Status::absent);
  EXPECT_EQ(store->status().shared.answered, 1U);
  EXPECT_EQ(store->status().shared.own, 0U);
}

// Like one of greylist or first_seen.
StateKey key_of(StateKind kind, const std::string& name) {
  return {kind, "newcomers", {name}};
}

StateFact ask(SharedStore& store, const StateKey& key) {
  std::promise<StateFact> answer;
  store.ask(key, [&](const StateFact& fact) { answer.set_value(fact); });
  return answer.get_future().get();
}

TEST_F(SharedStoreTest, WhoIsKnownIsAskedForOnceAMinuteAndALimitEachTime) {
  const auto store = host();
  const StateKey known = key_of(StateKind::greylist, "known");
  const StateKey limit = key_of(StateKind::rate, "known");
  for (const StateKey& key : {known, limit}) {
    const Effect effect{key, Mark{}, 1h};
    store->apply(std::span(&effect, 1));
  }
  ASSERT_TRUE(is_settled(*store));
  EXPECT_EQ(store->find_at_once(known), std::nullopt) << "what it has told is not known near";
  EXPECT_TRUE(ask(*store, known).record.is_marked);
  EXPECT_TRUE(ask(*store, limit).record.is_marked);
  const auto near = store->find_at_once(known);
  ASSERT_TRUE(near);
  EXPECT_TRUE(near->record.is_marked);
  EXPECT_EQ(store->find_at_once(limit), std::nullopt);
  EXPECT_EQ(store->status().shared.near, 1U);

  server_.says("FLUSHALL");
  EXPECT_TRUE(store->find_at_once(known));
  EXPECT_EQ(ask(*store, limit).status, Status::absent);
  EXPECT_EQ(store->find(known).status, Status::absent) << "who wants to see the record";
  const Effect effect{known, Mark{}, 1h};
  store->apply(std::span(&effect, 1));
  ASSERT_TRUE(is_settled(*store));
  EXPECT_TRUE(store->find(known).record.is_marked) << "the effect is told to the server";
}

TEST_F(SharedStoreTest, WhoIsForgottenIsNotKnownNear) {
  const auto store = host();
  const StateKey key = key_of(StateKind::seen, "known");
  const Effect effect{key, Touch{}, 1h};
  store->apply(std::span(&effect, 1));
  ask(*store, key);
  ASSERT_TRUE(store->find_at_once(key));
  store->forget(key);
  EXPECT_EQ(store->find_at_once(key), std::nullopt);
  EXPECT_EQ(ask(*store, key).status, Status::absent);
}

// What one thread does stands in order, so that no overlay is needed.
TEST_F(SharedStoreTest, KnowsWhatItHasJustDone) {
  const auto store = host();
  for (int i = 0; i < 200; ++i) {
    const std::string name = std::to_string(i);
    apply(*store, effect_on(name, Mark{}));
    ASSERT_EQ(store->find(rate_key(name)).status, Status::found) << i;
  }
  EXPECT_EQ(store->status().shared.own, 0U);
}

TEST_F(SharedStoreTest, NoTakeOfEightHostsIsLostOrCountedTwice) {
  constexpr unsigned kEach = 1000;
  std::vector<std::unique_ptr<SharedStore>> hosts;
  for (int i = 0; i < 8; ++i) hosts.push_back(host());
  std::vector<std::thread> threads;
  for (const auto& one : hosts) {
    threads.emplace_back([&store = *one] {
      for (unsigned i = 0; i < kEach; ++i) apply(store, effect_on("a", Take{1, 1min}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& one : hosts) {
    ASSERT_TRUE(is_settled(*one));
    EXPECT_EQ(one->status().shared.confirmed, kEach);
    EXPECT_EQ(one->status().shared.dropped, 0U);
  }
  const auto debt = hosts.front()->find(rate_key("a")).record.debt;
  EXPECT_LE(debt, 8 * kEach * 1min);
  EXPECT_GT(debt, 8 * kEach * 1min - 60s) << "the test took less than a minute";
}

// The same effects by the server and by the store of this host.
TEST_F(SharedStoreTest, SaysWhatTheMemoryStoreSays) {
  const auto store = host();
  state::MemoryStore model;
  std::mt19937 random(5);
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  const auto key_of = [](unsigned which) {
    return StateKey{static_cast<StateKind>(which % 4), "b" + std::to_string(which % 3), {"x"}};
  };
  for (int i = 0; i < 2000; ++i) {
    Effect effect;
    effect.key = key_of(below(12));
    effect.keep = std::chrono::hours(1 + below(9));
    const auto units = below(5);
    const std::string member = std::to_string(below(9));
    const decltype(effect.what) whats[] = {Touch{}, Mark{}, Take{units, 1h},
                                           // Which member has to go is a matter of microseconds.
                                           Add{member, std::chrono::hours(5), 9}};
    effect.what = whats[below(4)];
    apply(*store, effect);
    apply(model, effect);
    if (below(50) != 0) continue;
    const auto gone = key_of(below(12));
    store->forget(gone);
    model.forget(gone);
  }
  ASSERT_TRUE(is_settled(*store));
  for (unsigned which = 0; which < 12; ++which) {
    const StateFact found = store->find(key_of(which));
    const StateFact wanted = model.find(key_of(which));
    ASSERT_EQ(found.status, wanted.status) << which;
    EXPECT_EQ(found.record.is_marked, wanted.record.is_marked) << which;
    EXPECT_EQ(found.record.members, wanted.record.members) << which;
    const auto near = [](auto a, auto b) { return a - b < 60s && b - a < 60s; };
    EXPECT_TRUE(near(found.record.debt, wanted.record.debt)) << which;
    EXPECT_TRUE(near(found.record.since_first, wanted.record.since_first)) << which;
    EXPECT_TRUE(near(found.record.since_last, wanted.record.since_last)) << which;
  }
}

TEST_F(SharedStoreTest, EverythingItHasOnTheServerIsOfItsSite) {
  auto store = host();
  apply(*store, effect_on("alice@example.org", Take{1, 1h}));
  ASSERT_TRUE(is_settled(*store));
  EXPECT_EQ(server_.says("EVAL \"return #redis.call('KEYS','*')\" 0"),
            server_.says("EVAL \"return #redis.call('KEYS','p1:{mx}:*')\" 0"));
  EXPECT_EQ(server_.says("--scan").find("alice"), std::string::npos);
  auto parts = parts_of(server_, lines_);
  parts.site = "other";
  SharedStore other(std::move(parts));
  ASSERT_TRUE(comes_true([&] { return is_in_use(other); }));
  EXPECT_EQ(other.find(rate_key("alice@example.org")).status, Status::absent);
}

TEST_F(SharedStoreTest, AHostWithAnotherSecretSharesNothingAndSaysSo) {
  const auto store = host();
  auto parts = parts_of(server_, lines_);
  parts.read_secret = [] { return secret_of(8); };
  const SharedStore other(std::move(parts));
  ASSERT_TRUE(comes_true([&] { return lines_.all().size() == 1; }));
  EXPECT_THAT(lines_.last(), testing::HasSubstr("not that of the other hosts"));
  EXPECT_FALSE(is_in_use(other));
}

TEST_F(SharedStoreTest, ReadsItsSecretAtEachTry) {
  std::atomic<bool> is_readable{false};
  auto parts = parts_of(server_, lines_);
  parts.read_secret = [&]() -> Result<os::FileSecret> {
    if (!is_readable) return failure("cannot open the key");
    return secret_of(7);
  };
  SharedStore store(std::move(parts));
  ASSERT_TRUE(comes_true([&] { return lines_.all().size() == 1; }));
  EXPECT_THAT(lines_.last(), testing::HasSubstr("cannot open the key"));
  EXPECT_EQ(store.status().shared.failing, "cannot open the key");
  apply(store, effect_on("a", Mark{}));
  EXPECT_EQ(store.status().shared.dropped, 1U);
  EXPECT_TRUE(store.find(rate_key("a")).record.is_marked) << "by what this host knows itself";
  is_readable = true;
  ASSERT_TRUE(comes_true([&] { return is_in_use(store); }));
  EXPECT_THAT(lines_.last(), testing::HasSubstr("is in use again"));
}

TEST_F(SharedStoreTest, TellsTheServerWhatWaitsBeforeItEnds) {
  auto store = host();
  for (int i = 0; i < 500; ++i) apply(*store, effect_on("a", Take{1, 1h}));
  store->finish();
  EXPECT_EQ(store->status().shared.confirmed, 500U);
  apply(*store, effect_on("a", Take{1, 1h}));
  EXPECT_EQ(store->status().shared.dropped, 1U);
}

TEST_F(SharedStoreTest, MayDoAllOfItUnderTheAccessListOfTheManual) {
  const std::string password = server_.path("password");
  std::ofstream(password) << "secret\n";
  EXPECT_EQ(server_.says("ACL SETUSER mx on '>secret' resetkeys resetchannels '~p1:{mx}:*' -@all "
                         "+auth +evalsha +eval +get +set +del +time"),
            "OK\n");
  EXPECT_EQ(server_.says("ACL SETUSER default off"), "OK\n");
  auto parts = parts_of(server_, lines_);
  parts.user = "mx";
  parts.password_file = password;
  SharedStore store(std::move(parts));
  ASSERT_TRUE(comes_true([&] { return is_in_use(store); })) << lines_.last();
  apply(store, effect_on("a", Take{1, 1h}));
  EXPECT_EQ(store.find(rate_key("a")).status, Status::found);
  store.forget(rate_key("a"));
  EXPECT_EQ(store.find(rate_key("a")).status, Status::absent);
  EXPECT_EQ(store.status().shared.own, 0U);
}

TEST(SharedStoreOverTls, ChecksTheServersCertificate) {
  const TemporaryFolder files;
  const std::string make =
      "cd " + files.path("") +
      " && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 "
      "-subj /CN=ca >log 2>&1"
      " && openssl req -newkey rsa:2048 -nodes -keyout s.key -out s.csr -subj /CN=s >>log 2>&1"
      " && printf 'subjectAltName=DNS:redis.example.org,IP:127.0.0.1' >ext"
      " && openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
      "-extfile ext -out s.crt >>log 2>&1";
  ASSERT_EQ(std::system(make.c_str()), 0);
  boost::asio::io_context loop;
  boost::asio::ip::tcp::acceptor free_port(loop, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const auto port = free_port.local_endpoint().port();
  free_port.close();
  const RedisServer server({"--tls-port", std::to_string(port), "--tls-cert-file",
                            files.path("s.crt"), "--tls-key-file", files.path("s.key"),
                            "--tls-ca-cert-file", files.path("ca.crt"), "--bind", "127.0.0.1"});
  Lines lines;
  const auto parts = [&](const std::string& name, const std::string& ca) {
    auto made = parts_of(server, lines);
    made.place.address.kind = ListenAddress::Kind::tcp;
    made.place.address.address = *IpAddress::parse("127.0.0.1");
    made.place.address.port = port;
    made.place.transport = ServerPlace::Transport::tls;
    made.place.tls = {ca, files.path("s.crt"), files.path("s.key"), name};
    return made;
  };
  for (const char* name : {"", "redis.example.org"}) {
    SharedStore store(parts(name, files.path("ca.crt")));
    ASSERT_TRUE(comes_true([&] { return is_in_use(store); })) << name << lines.last();
    apply(store, effect_on("a", Mark{}));
    EXPECT_EQ(store.find(rate_key("a")).status, Status::found);
  }
  EXPECT_EQ(lines.all().size(), 0U);
  const SharedStore another(parts("other.example.org", files.path("ca.crt")));
  EXPECT_FALSE(is_in_use(another)) << "the certificate is for another";
  const SharedStore unknown(parts("", files.path("s.crt")));
  EXPECT_FALSE(is_in_use(unknown)) << "nobody that is known has signed it";
  const SharedStore no_file(parts("", files.path("no")));
  EXPECT_THAT(no_file.status().shared.failing, testing::HasSubstr(files.path("no")));
}

}  // namespace
}  // namespace postern::redis::shared_store_test
