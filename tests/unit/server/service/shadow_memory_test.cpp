// What a shadow holds when strangers have it hold as much as they can, counted by the bytes that
// operator new has given out.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "server/service/shadow.h"
#include "tests/support/rules_from.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/transaction_builder.h"

namespace {

std::atomic<std::size_t> bytes_in_use{0};

}  // namespace

// Not inline: with optimisation g++ 12 would see free() alone, and take it for the wrong one.
// NOLINTBEGIN(cppcoreguidelines-no-malloc)
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  void* const memory = std::malloc(size);
  if (memory != nullptr) bytes_in_use += ::malloc_usable_size(memory);
  return memory;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = ::operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  bytes_in_use -= ::malloc_usable_size(memory);
  std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  ::operator delete(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace postern::service::shadow_memory_test {
namespace {

constexpr std::size_t kTooMany = 3 * Shadow::kMaxRecords;

// DNS that answers nothing until it is told to, decision by decision.
class Stuck final : public ShadowDns {
 public:
  void settle(Decision& decision, std::chrono::steady_clock::time_point /*deadline*/) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return may_go_ > 0; });
    --may_go_;
    --waiting_;
    decision.give_up(dns::DnsReason::deadline);
    decision.step();
  }
  void stop() override { let_go(kTooMany); }

  void let_go(std::size_t decisions) {
    const std::lock_guard lock(mutex_);
    may_go_ += decisions;
    changed_.notify_all();
  }
  void wait_for(std::size_t decisions) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return may_go_ == 0 && waiting_ >= decisions; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
  std::size_t may_go_ = 0;
};

class ShadowMemory : public testing::Test {
 protected:
  ShadowMemory() {
    os::LogSettings log;
    log.file = folder_.path("log");
    log_ = os::DaemonLog::open(log).value();
    auto dns = std::make_unique<Stuck>();
    dns_ = dns.get();
    shadow_ = std::make_unique<Shadow>(Shadow::Parts{
        .file = "new.yaml",
        .rules = rules_from("version: 1\nrules:\n"
                            "  - { name: mx, check: sender_mx, on: { missing: reject } }\n"),
        .dns = std::move(dns),
        .live = live_,
        .settings = settings_,
        .log = *log_});
  }

  // Mail whose texts are as long as the queue has room for, on the average.
  void decide() {
    constexpr std::size_t kText = journal::RecordQueue::kMaxBytes / Shadow::kMaxRecords / 3;
    Transaction transaction = TransactionBuilder(Stage::rcpt)
                                  .client("192.0.2.7")
                                  .sender("s@a.example")
                                  .recipient("r@b.example")
                                  .transaction;
    transaction.client_name.assign(kText, 'n');
    transaction.reverse_client_name.assign(kText, 'r');
    transaction.helo.assign(kText, 'h');
    Verdict verdict;
    verdict.generation = live_.current()->generation();
    const std::vector<DnsEvidence> nothing;
    shadow_->record({.door = "policy",
                     .transaction = transaction,
                     .verdict = verdict,
                     .evidence = nothing,
                     .reply = "DUNNO"});
  }

  TemporaryFolder folder_;
  std::unique_ptr<os::DaemonLog> log_;
  config::LiveSettings settings_{config::Settings{}};
  config::SnapshotStore live_{rules_from("version: 1\nrules: []\n")};
  Stuck* dns_ = nullptr;  // of the shadow
  std::unique_ptr<Shadow> shadow_;
};

// As many as can wait, beside as many that are judged.
TEST_F(ShadowMemory, OfRecordsThatWait) {
  const std::size_t before = bytes_in_use;
  decide();
  dns_->wait_for(1);
  for (std::size_t i = 0; i < kTooMany; ++i) decide();
  dns_->let_go(1);
  dns_->wait_for(2);
  for (std::size_t i = 0; i < kTooMany; ++i) decide();
  const std::size_t held = bytes_in_use - before;
  RecordProperty("bytes", std::to_string(held));
  EXPECT_GT(shadow_->sums().dropped, kTooMany);
  EXPECT_GT(held, 2 * journal::RecordQueue::kMaxBytes) << "both are full";
  EXPECT_LT(held, Shadow::kRecordBytes);
}

// Every kind, and more rules and reasons than there is room for.
TEST(FindingsMemory, OfWhatDiffers) {
  constexpr std::size_t kDifferent = 20000;
  constexpr std::size_t kLong = 4096;
  const std::size_t before = bytes_in_use;
  auto findings = std::make_unique<shadow::Findings>();
  journal::JournalRecord record;
  record.transaction = TransactionBuilder(Stage::rcpt)
                           .client("2001:db8::1")
                           .sender(std::string(kLong, 's') + "@a.example")
                           .recipient(std::string(kLong, 'r') + "@b.example")
                           .transaction;
  record.transaction.client_name.assign(kLong, 'n');
  for (std::size_t i = 0; i < kDifferent; ++i) {
    const std::string rule = "rule-" + std::to_string(i) + std::string(50, 'x');
    record.transaction.instance = std::to_string(i);
    record.verdict.rule = rule;
    shadow::Comparison found;
    found.kind = static_cast<shadow::Kind>(i % std::size(shadow::kKinds));
    found.rule = rule;
    found.needs = rule;
    found.entry.file = "lists/campaign.txt";
    found.entry.entry.assign(kLong, 'e');
    findings->add(found, record);
  }
  EXPECT_LT(findings->rows().size(), shadow::Findings::kMaxRows + std::size(shadow::kKinds) + 1);
  const std::size_t held = bytes_in_use - before;
  EXPECT_GT(held, std::size_t{1} << 18U);
  EXPECT_LT(held, Shadow::kBytes - Shadow::kRecordBytes);
}

}  // namespace
}  // namespace postern::service::shadow_memory_test
