#include "server/service/open_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/state_effects.h"
#include "tests/support/temporary_folder.h"

namespace postern::service::open_store_test {
namespace {

using Status = StateFact::Status;

class OpenStoreTest : public ::testing::Test {
 protected:
  OpenStoreTest() {
    settings_.log.file = folder_.path("log");
    log_ = std::move(*os::DaemonLog::open(settings_.log));
    settings_.state_folder = folder_.path("state");
    std::filesystem::create_directory(settings_.state_folder);
  }

  TemporaryFolder folder_;
  config::Settings settings_;
  std::unique_ptr<os::DaemonLog> log_;
};

TEST_F(OpenStoreTest, IsBelowTheStateFolder) {
  const auto store = open_store(settings_, *log_);
  ASSERT_NE(store, nullptr);
  apply(*store, effect_on("a", Mark{}));
  EXPECT_TRUE(store->find(rate_key("a")).record.is_marked);
  EXPECT_EQ(store->status().file, settings_.state_folder + "/store/records.mdb");
  EXPECT_EQ(store->status().max_bytes, settings_.store.max_bytes);
}

TEST_F(OpenStoreTest, IsSharedOverAServerThatNeedNotBeThere) {
  settings_.store.backend = config::StoreBackend::redis;
  settings_.store.redis.server.emplace().kind = ListenAddress::Kind::unix_socket;
  settings_.store.redis.server->path = folder_.path("nobody");
  const auto store = open_store(settings_, *log_);
  ASSERT_NE(store, nullptr);
  apply(*store, effect_on("a", Mark{}));
  EXPECT_TRUE(store->find(rate_key("a")).record.is_marked);
  EXPECT_EQ(store->status().file, settings_.state_folder + "/store/records.mdb");
  EXPECT_EQ(store->status().shared.server, "unix:" + folder_.path("nobody"));
  EXPECT_NE(store->status().shared.failing, "");
}

TEST_F(OpenStoreTest, ThereIsNoneWithoutAStateFolderOrWhenItIsOff) {
  settings_.store.backend = config::StoreBackend::off;
  EXPECT_EQ(open_store(settings_, *log_), nullptr);
  settings_ = {};
  EXPECT_EQ(open_store(settings_, *log_), nullptr);
}

}  // namespace
}  // namespace postern::service::open_store_test
