#include "server/state/record_on_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/state_effects.h"
#include "tests/unit/server/state/lmdb_store_fixture.h"

namespace postern::state::record_on_disk_test {
namespace {

using namespace std::chrono_literals;
using Status = StateFact::Status;
using ::testing::HasSubstr;

// The clocks are those of the machine, as of whoever reads.
class RecordOnDisk : public LmdbStoreTest {
 protected:
  LmdbStore::Parts parts() {
    LmdbStore::Parts parts = LmdbStoreTest::parts();
    parts.clocks = system_clocks();
    return parts;
  }
  void write() {
    LmdbStore store(parts());
    apply(store, effect_on("a", Take{2, 1h}));
  }
  [[nodiscard]] Result<StateFact> read(const std::string& name) const {
    return record_on_disk(folder_.path("store"), rate_key(name));
  }
};

TEST_F(RecordOnDisk, IsWhatTheStoreKnew) {
  write();
  const auto fact = read("a");
  ASSERT_TRUE(fact) << fact.error().text;
  EXPECT_EQ(fact->status, Status::found);
  EXPECT_LE(fact->record.debt, 2h);
  EXPECT_GT(fact->record.debt, 119min);
  EXPECT_EQ(read("b")->status, Status::absent);
}

TEST_F(RecordOnDisk, IsReadBesideAStoreThatIsOpen) {
  LmdbStore store(parts());
  apply(store, effect_on("a", Mark{}));
  ASSERT_TRUE(is_written(store, 1));
  EXPECT_TRUE(read("a")->record.is_marked);
  apply(store, effect_on("b", Mark{}));
  EXPECT_TRUE(is_written(store, 2));
}

TEST_F(RecordOnDisk, WithoutAStoreThereIsAnError) {
  EXPECT_THAT(read("a").error().text, HasSubstr("cannot look at"));
  std::filesystem::create_directory(folder_.path("store"));
  EXPECT_THAT(read("a").error().text, HasSubstr("No such file"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path("store"))) << "nothing is made";
}

TEST_F(RecordOnDisk, OfADamagedFileEndsNobodyButTheChild) {
  write();
  const auto size = std::filesystem::file_size(file(kRecordsName));
  for (const char byte : {'\xff', '\0', 'x'}) {
    std::fstream out(file(kRecordsName), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(8192);
    out << std::string(size - 8192, byte);
    out.close();
    EXPECT_THAT(read("a").error().text, HasSubstr("cannot read ")) << static_cast<int>(byte);
  }
}

// Root reads what an account has written that may have been taken over.
TEST_F(RecordOnDisk, IsReadAsTheOwnerOfTheFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "wants root";
  constexpr uid_t kNobody = 65534;
  write();
  const std::string lock = file(std::string(kRecordsName) + "-lock");
  std::filesystem::remove(lock);
  ASSERT_EQ(::chmod(folder_.path("").c_str(), 0755), 0);
  for (const std::string& path : {folder_.path("store"), file(kSecretName), file(kRecordsName)}) {
    ASSERT_EQ(::chown(path.c_str(), kNobody, kNobody), 0);
  }
  const auto fact = read("a");
  ASSERT_TRUE(fact) << fact.error().text;
  EXPECT_EQ(fact->status, Status::found);
  struct ::stat status {};
  ASSERT_EQ(::stat(lock.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kNobody);
}

}  // namespace
}  // namespace postern::state::record_on_disk_test
