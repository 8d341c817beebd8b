// The server fails in every way, under load: no question waits for long, the store of the host
// answers, the log says so once, and it heals by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>

#include "tests/unit/server/redis/shared_fixture.h"

namespace postern::redis::shared_store_faults_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;
using testing::HasSubstr;

// Asks and changes all the time.
class Load {
 public:
  explicit Load(SharedStore& store) : store_(store) {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this, i] { run(i); });
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    is_over_ = true;
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(without_record_, 0) << "this host has seen what it has seen";
    EXPECT_LT(longest_.load(), kLongest) << "a decision has seconds";
  }

 private:
  static constexpr std::chrono::milliseconds kLongest{4000};

  void run(int number) {
    const std::string name = "load" + std::to_string(number);
    while (!is_over_) {
      apply(store_, effect_on(name, Mark{}));
      const auto began = std::chrono::steady_clock::now();
      if (store_.find(rate_key(name)).status != Status::found) ++without_record_;
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - began);
      if (took > longest_.load()) longest_ = took;
      std::this_thread::sleep_for(1ms);
    }
  }

  SharedStore& store_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> without_record_{0};
  std::atomic<std::chrono::milliseconds> longest_{0ms};
};

class SharedStoreFaults : public testing::Test {
 protected:
  explicit SharedStoreFaults(std::vector<std::string> options = {}) : server_(std::move(options)) {}

  void make_host() {
    auto parts = parts_of(server_, lines_);
    change_(parts);
    store_ = std::make_unique<SharedStore>(std::move(parts));
  }

  // `breaks` it, under load, and `mends` it.
  void expect_survived(const std::function<void()>& breaks, const std::function<void()>& mends,
                       const std::string& why) {
    make_host();
    ASSERT_TRUE(comes_true([&] { return is_in_use(*store_); })) << lines_.last();
    {
      const Load load(*store_);
      apply(*store_, effect_on("before", Mark{}));
      ASSERT_TRUE(comes_true([&] { return store_->status().shared.confirmed > 10; }));
      breaks();
      ASSERT_TRUE(comes_true([&] { return lines_.all().size() == 1; }));
      EXPECT_THAT(lines_.last(), HasSubstr(why));
      EXPECT_THAT(lines_.last(), HasSubstr("judges by what it knows itself"));
      const auto own = store_->status().shared.own;
      ASSERT_TRUE(comes_true([&] { return store_->status().shared.own > own + 50; }));
      apply(*store_, effect_on("meanwhile", Mark{}));
      apply(*store_, effect_on("limit", Take{1, 1h}));
      EXPECT_EQ(store_->find(rate_key("meanwhile")).status, Status::found);
      EXPECT_EQ(lines_.all().size(), 1U) << "once";
      mends();
      ASSERT_TRUE(comes_true([&] { return lines_.all().size() == 2; })) << lines_.last();
      EXPECT_THAT(lines_.last(), HasSubstr("is in use again"));
    }
    ASSERT_TRUE(is_settled(*store_));
    EXPECT_EQ(store_->status().shared.losses, 1U);
    expect_told();
  }

  // The server knows what may come late, and no take.
  void expect_told() {
    auto parts = parts_of(server_, lines_);
    change_(parts);
    SharedStore other(std::move(parts));
    ASSERT_TRUE(comes_true([&] { return is_in_use(other); }));
    EXPECT_EQ(other.find(rate_key("meanwhile")).status, Status::found);
    EXPECT_EQ(other.find(rate_key("limit")).status, Status::absent);
    EXPECT_EQ(other.find(rate_key("before")).status, keeps_);
  }

  RedisServer server_;
  Lines lines_;
  std::function<void(SharedStore::Parts&)> change_ = [](SharedStore::Parts&) {};
  Status keeps_ = Status::found;
  std::unique_ptr<SharedStore> store_;
};

TEST_F(SharedStoreFaults, Killed) {
  keeps_ = Status::absent;
  expect_survived([&] { server_.kill(); }, [&] { server_.start(); }, "");
}

TEST_F(SharedStoreFaults, Stopped) {
  expect_survived([&] { server_.signal(SIGSTOP); }, [&] { server_.signal(SIGCONT); },
                  "no answer within 1s");
}

TEST_F(SharedStoreFaults, AReplica) {
  expect_survived([&] { server_.says("REPLICAOF 127.0.0.1 1"); },
                  [&] { server_.says("REPLICAOF NO ONE"); }, "READONLY");
}

TEST_F(SharedStoreFaults, OutOfMemory) {
  expect_survived([&] { server_.says("CONFIG SET maxmemory 1"); },
                  [&] { server_.says("CONFIG SET maxmemory 0"); }, "OOM");
}

class SharedStoreOnAFullDisk : public SharedStoreFaults {
 protected:
  SharedStoreOnAFullDisk() : SharedStoreFaults({"--save", "3600 1"}) {}
};

// Debian's redis-server takes no writes then.
TEST_F(SharedStoreOnAFullDisk, TakesNoWrites) {
  expect_survived(
      [&] {
        std::filesystem::remove_all(server_.data());
        server_.says("BGSAVE");
      },
      [&] { server_.says("CONFIG SET stop-writes-on-bgsave-error no"); }, "MISCONF");
}

TEST_F(SharedStoreFaults, AnotherPassword) {
  server_.says("CONFIG SET requirepass first");
  const std::string file = server_.path("password");
  std::ofstream(file) << "first";
  change_ = [&](SharedStore::Parts& parts) { parts.password_file = file; };
  expect_survived(
      [&] {
        server_.says("-a first CONFIG SET requirepass second");
        server_.says("-a second CLIENT KILL TYPE normal");
      },
      [&] { std::ofstream(file) << "second"; }, "");
  for (const std::string& line : lines_.all()) {
    EXPECT_EQ(line.find("first"), std::string::npos) << line;
  }
}

TEST_F(SharedStoreFaults, FlushedScriptsAreToldAnew) {
  make_host();
  ASSERT_TRUE(comes_true([&] { return is_in_use(*store_); })) << lines_.last();
  {
    const Load load(*store_);
    for (int i = 0; i < 20; ++i) {
      server_.says("SCRIPT FLUSH");
      apply(*store_, effect_on("a", Take{1, 1h}));
    }
  }
  ASSERT_TRUE(is_settled(*store_));
  EXPECT_GT(store_->find(rate_key("a")).record.debt, 19h) << "none was lost";
  EXPECT_LE(store_->find(rate_key("a")).record.debt, 20h) << "nor counted twice";
  EXPECT_EQ(store_->status().shared.dropped, 0U);
  EXPECT_EQ(lines_.all().size(), 0U);
}

// A key of ours that somebody else has written: that record alone is not known.
TEST_F(SharedStoreFaults, AKeyOfAnotherKind) {
  make_host();
  ASSERT_TRUE(comes_true([&] { return is_in_use(*store_); })) << lines_.last();
  apply(*store_, effect_on("a", Mark{}));
  ASSERT_TRUE(is_settled(*store_));
  server_.says(
      "EVAL \"for _, key in ipairs(redis.call('KEYS', 'p1:{mx}:c:*')) do redis.call('DEL', key) "
      "redis.call('SADD', key, 'x') end\" 0");
  EXPECT_EQ(store_->find(rate_key("a")).status, Status::found) << "by the store of this host";
  EXPECT_EQ(store_->find(rate_key("b")).status, Status::absent);
  EXPECT_EQ(store_->status().shared.own, 1U);
  EXPECT_TRUE(is_in_use(*store_));
}

TEST_F(SharedStoreFaults, ThereIsNoneAtTheStart) {
  server_.kill();
  make_host();
  EXPECT_EQ(lines_.all().size(), 1U);
  apply(*store_, effect_on("meanwhile", Mark{}));
  EXPECT_EQ(store_->find_at_once(rate_key("meanwhile"))->status, Status::found);
  server_.start();
  ASSERT_TRUE(comes_true([&] { return is_in_use(*store_); }));
  ASSERT_TRUE(is_settled(*store_));
  keeps_ = Status::absent;
  expect_told();
}

TEST_F(SharedStoreFaults, HoldsNoMoreThanItMayForAServerThatIsAway) {
  server_.kill();
  make_host();
  const auto most = SharedStore::kMostChanges;
  for (std::size_t i = 0; i < most + 100; ++i) apply(*store_, effect_on("a", Touch{}));
  EXPECT_EQ(store_->status().shared.waiting, most);
  EXPECT_EQ(store_->status().shared.dropped, 100U);
}

}  // namespace
}  // namespace postern::redis::shared_store_faults_test
