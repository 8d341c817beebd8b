#include "server/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/journal_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/transaction_builder.h"

namespace postern::journal::journal_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A journal without a daemon, in a folder of its own.
class JournalTest : public ::testing::Test {
 protected:
  JournalTest() { settings_.state_folder = folder_.path("state"); }

  void SetUp() override {
    fs::create_directory(settings_.state_folder);
    os::LogSettings log;
    log.file = folder_.path("log");
    log_ = os::DaemonLog::open(log).value();
  }

  Journal& open(SegmentBounds segments = {}, std::size_t max_records = RecordQueue::kMaxRecords) {
    live_ = std::make_unique<config::LiveSettings>(settings_);
    journal_ = std::make_unique<Journal>(
        Journal::Parts{Door::policy, "0.1.0", *live_, *log_, segments, max_records});
    journal_->rules_coming(12, "00ff");
    return *journal_;
  }

  void decide(const std::string& id, std::uint64_t generation = 12) {
    Transaction transaction = TransactionBuilder(Stage::rcpt)
                                  .client("192.0.2.7")
                                  .sender("Joe@example.org")
                                  .recipient("prvs=0123456789=ann@box.example")
                                  .user("joe")
                                  .transaction;
    transaction.queue_id = id;
    transaction.header.emplace().fields = {{"subject", "one"}, {"to", "two"}};
    Verdict verdict;
    verdict.generation = generation;
    verdict.entry.entry = "joe@example.org";
    const std::vector<DnsEvidence> evidence;
    journal_->record({.door = "policy",
                      .transaction = transaction,
                      .verdict = verdict,
                      .evidence = evidence,
                      .reply = "DUNNO",
                      .began = std::chrono::system_clock::now()});
  }

  std::string log() {
    log_->flush();
    return text_of(folder_.path("log"));
  }
  [[nodiscard]] std::vector<fs::path> segments() const { return segment_files_in(folder()); }
  [[nodiscard]] std::vector<JournalLine> lines() const { return lines_in(folder()); }
  [[nodiscard]] std::vector<JournalRecord> records() const { return records_in(folder()); }
  [[nodiscard]] std::vector<std::string> ids() const { return queue_ids_in(folder()); }
  [[nodiscard]] std::string folder() const { return settings_.state_folder + "/journal"; }

  TemporaryFolder folder_;
  config::Settings settings_;
  std::unique_ptr<os::DaemonLog> log_;
  std::unique_ptr<config::LiveSettings> live_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, HasEveryDecisionWithItsRules) {
  open();
  decide("1");
  decide("2");
  decide("3", 13);
  journal_->finish();
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(6));
  const auto& segment = std::get<SegmentLine>(all[0]);
  EXPECT_EQ(segment.door, Door::policy);
  EXPECT_EQ(segment.version, "0.1.0");
  EXPECT_EQ(std::get<GenerationLine>(all[1]).generation, 12U);
  EXPECT_EQ(std::get<GenerationLine>(all[1]).fingerprint, "00ff");
  EXPECT_EQ(std::get<GenerationLine>(all[4]).generation, 13U);
  EXPECT_EQ(std::get<GenerationLine>(all[4]).fingerprint, "") << "nobody has said it";
  EXPECT_THAT(ids(), ElementsAre("1", "2", "3"));
  const JournalRecord record = records().front();
  EXPECT_EQ(record.verdict.reply, "DUNNO");
  EXPECT_EQ(record.transaction.sender->text(), "Joe@example.org");
  EXPECT_TRUE(record.transaction.header.has_value());
  EXPECT_THAT(record.transaction.header->fields, IsEmpty()) << "none is named";
  EXPECT_EQ(journal_->status().records, 3U);
  EXPECT_EQ(journal_->status().dropped, 0U);
  EXPECT_EQ(journal_->status().bytes, fs::file_size(segments().front()));
}

TEST_F(JournalTest, IsForItsOwnerAlone) {
  open();
  decide("1");
  journal_->finish();
  struct stat status {};
  ASSERT_EQ(::stat(segments().front().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(JournalTest, KeepsTheFieldsThatAreNamed) {
  settings_.journal.headers = {"subject", "from"};
  open();
  decide("1");
  journal_->finish();
  const JournalRecord record = records().at(0);
  EXPECT_THAT(record.header_names, ElementsAre("subject", "from"));
  ASSERT_THAT(record.transaction.header->fields, SizeIs(1));
  EXPECT_EQ(record.transaction.header->fields[0].text, "one");
}

TEST_F(JournalTest, NothingIsWrittenWhereNoneIsWanted) {
  settings_.journal.off = true;
  open();
  decide("1");
  journal_->finish();
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_EQ(journal_->status().folder, "");
  EXPECT_EQ(journal_->status().records, 0U);
}

TEST_F(JournalTest, LocalPartsAreHashedAlikeForBothDaemons) {
  settings_.journal.local_parts = LocalParts::hash;
  open();
  decide("1");
  journal_->finish();
  open();
  decide("2");
  journal_->finish();
  const auto all = records();
  ASSERT_THAT(all, SizeIs(2));
  const std::string hash = all[0].transaction.sender->local_part();
  EXPECT_THAT(hash, SizeIs(16));
  EXPECT_EQ(all[0].transaction.sender->text(), hash + "@example.org");
  EXPECT_EQ(all[1].transaction.sender, all[0].transaction.sender);
  EXPECT_EQ(all[0].transaction.sasl_username, hash) << "joe and Joe are one";
  EXPECT_EQ(all[0].verdict.entry.entry, hash + "@example.org");
  EXPECT_NE(all[0].transaction.recipient->local_part(), hash);
  EXPECT_EQ(all[0].local_parts, LocalParts::hash);
  struct stat status {};
  ASSERT_EQ(::stat((folder() + "/key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(status.st_size, 32);
}

TEST_F(JournalTest, LocalPartsAreDropped) {
  settings_.journal.local_parts = LocalParts::drop;
  open();
  decide("1");
  journal_->finish();
  const JournalRecord record = records().at(0);
  EXPECT_EQ(record.transaction.sender->text(), "@example.org");
  EXPECT_EQ(record.transaction.recipient->text(), "@box.example");
  EXPECT_EQ(record.transaction.sasl_username, "-");
  EXPECT_EQ(record.verdict.entry.entry, "@example.org");
}

TEST_F(JournalTest, WithoutAKeyLocalPartsAreDropped) {
  settings_.journal.local_parts = LocalParts::hash;
  fs::create_directories(folder() + "/key");
  open();
  decide("1");
  journal_->finish();
  EXPECT_EQ(records().at(0).local_parts, LocalParts::drop);
  EXPECT_THAT(log(), HasSubstr("the journal drops local parts: cannot read "));
}

TEST_F(JournalTest, BeginsAnotherSegmentWhenOneIsLargeEnough) {
  open({.bytes = 1});
  decide("1");
  while (journal_->status().records < 1) std::this_thread::yield();
  decide("2");
  journal_->finish();
  EXPECT_THAT(segments(), SizeIs(2));
  EXPECT_THAT(ids(), ElementsAre("1", "2"));
}

TEST_F(JournalTest, GoesOnInAnotherFileWhenItsOwnIsRemoved) {
  open();
  decide("1");
  while (journal_->status().records < 1) std::this_thread::yield();
  ASSERT_THAT(segments(), SizeIs(1));
  fs::remove(segments().front());
  decide("2");
  journal_->finish();
  EXPECT_THAT(ids(), ElementsAre("2"));
  EXPECT_TRUE(std::holds_alternative<SegmentLine>(lines().front()));
}

TEST_F(JournalTest, ChangedSettingsAreTakenAtOnce) {
  open();
  decide("1");
  while (journal_->status().records < 1) std::this_thread::yield();
  config::Settings changed = settings_;
  changed.journal.folder = folder_.path("elsewhere");
  live_->replace(changed);
  decide("2");
  journal_->finish();
  EXPECT_THAT(ids(), ElementsAre("1"));
  EXPECT_EQ(journal_->status().folder, folder_.path("elsewhere"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path("elsewhere")), {}), 1);
}

// Nobody takes any: the folder cannot be made.
TEST_F(JournalTest, DropsAndCountsWhatThereIsNoRoomFor) {
  folder_.write("file", "");
  settings_.journal.folder = folder_.path("file") + "/journal";
  open({}, 4);
  decide("first");
  while (journal_->status().failing.empty()) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) decide(std::to_string(i));
  EXPECT_EQ(journal_->status().dropped, 6U);
  EXPECT_THAT(journal_->status().failing, HasSubstr("Not a directory"));
  EXPECT_THAT(log(), HasSubstr("the journal is not written: cannot make the folder"));
}

TEST_F(JournalTest, GoesOnByItselfOnceItCan) {
  settings_.journal.folder = folder_.path("missing") + "/journal";
  open({}, 4);
  decide("first");
  while (journal_->status().failing.empty()) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) decide(std::to_string(i));
  fs::create_directory(folder_.path("missing"));
  while (journal_->status().records < 5) std::this_thread::yield();
  EXPECT_EQ(journal_->status().failing, "");
  journal_->finish();
  const std::string told = log();
  EXPECT_THAT(told, HasSubstr("dropped because they could not be written in time: 6"));
  EXPECT_THAT(told, HasSubstr("the journal is written again"));
}

}  // namespace
}  // namespace postern::journal::journal_test
