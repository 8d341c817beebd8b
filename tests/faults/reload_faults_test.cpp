// A system call fails, once, at each place where a reload or a start makes one: what could not be
// done just now is done by the next try, which nobody has to ask for.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>

#include "server/config/first_rules.h"
#include "server/config/reloader.h"
#include "tests/support/fault_calls.h"
#include "tests/support/temporary_folder.h"

namespace postern::reload_faults_test {
namespace {

constexpr const char* kBefore = "version: 1\nrules: [{ name: a, then: log }]\n";
constexpr const char* kAfter =
    "version: 1\nlists:\n  bad: { kind: domain, file: bad.txt }\nrules:\n"
    "  - { name: a, when: { sender_domain: bad }, then: reject }\n  - { name: b, then: log }\n";
// Without `upstreams:`, so that the file of the system's name servers is read, too.
constexpr const char* kSettings =
    "version: 1\nrules: rules.yaml\npolicyd: { listen: inet:127.0.0.1:1 }\nstate: ";
constexpr int kMostTries = 4;
// Fewer calls than this are not all that a reload makes: the library is not in front of libc.
constexpr std::int64_t kLeastCalls = 20;

// One daemon without its server, in a folder of its own.
class Files {
 public:
  Files() {
    folder_.write("postern.yaml", kSettings + folder_.path("state") + "\n");
    write(kBefore);
  }
  void write(const char* rules) {
    folder_.write("bad.txt", "bad.example\n");
    folder_.write("rules.yaml", rules);
  }

  // What a daemon does at its start; false: it would end.
  bool start() {
    Diagnostics diagnostics;
    auto read = config::read_settings_now(settings_file(), Door::policy, diagnostics);
    not_now_ = read.not_now;
    if (!read.settings) return false;
    auto rules = config::read_first_rules(*read.settings, Door::policy, diagnostics);
    if (rules.report.not_now) not_now_ = rules.report.not_now;
    if (!rules.snapshot) return false;
    auto store = config::keep_first_rules(*read.settings, rules, *log_);
    settings_.emplace(std::move(*read.settings));
    snapshots_.emplace(std::move(rules.snapshot));
    rules.report.not_now = not_now_;
    reloader_.emplace(
        config::Reloader::Parts{
            settings_file(), Door::policy, *settings_, *snapshots_, *log_, std::move(store), {}},
        std::move(rules.report), rules.files, std::move(rules.looked_at));
    return true;
  }

  // As the supervisor does it.
  void reload(config::ReloadTrigger trigger) {
    try {
      if (trigger == config::ReloadTrigger::retry) {
        reloader_->retry();
      } else {
        reloader_->reload(trigger, config::ShrunkLists::refuse);
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << "thrown: " << error.what();
    }
  }
  void heal() {
    for (int tries = 0; tries < kMostTries && reloader_->wants_retry(); ++tries) {
      reload(config::ReloadTrigger::retry);
    }
    EXPECT_FALSE(reloader_->wants_retry());
  }

  void expect_in_force(std::size_t rules) const {
    EXPECT_EQ(snapshots_->current()->rules().size(), rules);
    EXPECT_FALSE(reloader_->not_kept()) << *reloader_->not_kept();
    const auto store = config::GenerationStore::open_to_read(folder_.path("state"));
    ASSERT_TRUE(store);
    const auto kept = store->list();
    ASSERT_FALSE(kept.empty());
    EXPECT_EQ(kept.back().number, snapshots_->current()->generation());
    EXPECT_EQ(config::fingerprint_of_files(store->read(kept.back()).value()),
              reloader_->fingerprint());
  }

  [[nodiscard]] bool was_refused() const {
    return reloader_->last().outcome == config::ReloadOutcome::refused && !reloader_->wants_retry();
  }
  [[nodiscard]] const std::optional<Error>& not_now() const { return not_now_; }

 private:
  [[nodiscard]] std::string settings_file() const { return folder_.path("postern.yaml"); }

  TemporaryFolder folder_;
  std::unique_ptr<os::DaemonLog> log_ =
      std::move(*os::DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  std::optional<Error> not_now_;
  std::optional<config::LiveSettings> settings_;
  std::optional<config::SnapshotStore> snapshots_;
  std::optional<config::Reloader> reloader_;
};

// The Nth call of `act` fails. False: there was none.
template <class Act>
bool with_fault(std::int64_t number, int error, const Act& act) {
  FaultPlan& plan = fault_plan();
  plan.error = error;
  plan.calls = 0;
  plan.first = plan.last = number;
  act();
  plan.first = 0;
  return plan.calls >= number;
}

class EachCallFails : public testing::TestWithParam<int> {};

TEST_P(EachCallFails, OfAReloadAndTheFilesAreInForceAfterwards) {
  std::int64_t number = 1;
  for (bool failed = true; failed; ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    Files files;
    ASSERT_TRUE(files.start());
    files.write(kAfter);
    failed = with_fault(number, GetParam(), [&] { files.reload(config::ReloadTrigger::files); });
    files.heal();
    files.expect_in_force(2);
  }
  RecordProperty("calls", static_cast<int>(number) - 2);  // the last one failed in no run
  EXPECT_GT(number, kLeastCalls);
}

TEST_P(EachCallFails, OfAStartAndTheFilesAreInForceAfterwards) {
  std::int64_t number = 1;
  for (bool failed = true; failed; ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    Files files;
    ASSERT_TRUE(files.start());  // keeps a generation
    files.write(kAfter);
    bool started = false;
    failed = with_fault(number, GetParam(), [&] { started = files.start(); });
    if (!started) {
      EXPECT_TRUE(files.not_now()) << "it would end for good";
      ASSERT_TRUE(files.start());
    }
    files.heal();
    files.expect_in_force(2);
  }
  RecordProperty("calls", static_cast<int>(number) - 2);  // the last one failed in no run
  EXPECT_GT(number, kLeastCalls);
}

// All of them fail for a while: what was in force goes on, and is said to.
TEST_P(EachCallFails, ForAsLongAsTheyDoTheOldRulesServe) {
  Files files;
  ASSERT_TRUE(files.start());
  files.write(kAfter);
  FaultPlan& plan = fault_plan();
  plan = {1, INT64_MAX, GetParam(), 0};
  files.reload(config::ReloadTrigger::files);
  for (int tries = 0; tries < kMostTries; ++tries) files.reload(config::ReloadTrigger::retry);
  plan.first = 0;
  files.expect_in_force(1);
  files.heal();
  files.expect_in_force(2);
}

INSTANTIATE_TEST_SUITE_P(NotNow, EachCallFails, testing::Values(EMFILE, ENOSPC, EIO),
                         [](const auto& error) {
                           return error.param == EMFILE   ? "EMFILE"
                                  : error.param == ENOSPC ? "ENOSPC"
                                                          : "EIO";
                         });

// The nearest that is not "not now": nothing is tried again.
TEST(ACallThatIsRefused, IsForAPerson) {
  bool refused = false;
  for (std::int64_t number = 1; number < kLeastCalls && !refused; ++number) {
    Files files;
    ASSERT_TRUE(files.start());
    files.write(kAfter);
    with_fault(number, EACCES, [&] { files.reload(config::ReloadTrigger::files); });
    refused = files.was_refused();
    if (refused) files.expect_in_force(1);
  }
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace postern::reload_faults_test
