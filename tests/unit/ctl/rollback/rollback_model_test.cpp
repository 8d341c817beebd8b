// Any sequence of block, unblock, allow, edits by hand and rollbacks, with a daemon that takes the
// files, one that stands still meanwhile, and none, against a model: a list of texts, each of which
// knows the one that a rollback goes to from it.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <random>

#include "common/os/atomic_file.h"
#include "tests/unit/ctl/rollback/taking_daemon.h"

namespace postern::ctl::rollback_model_test {
namespace {

using Texts = std::map<std::string, std::string>;

constexpr const char* kRules =
    "version: 1\n"
    "lists:\n"
    "  campaign: { kind: domain, file: lists/campaign.txt, may_shrink: yes }\n"
    "  friends: { kind: domain, file: lists/friends.txt, may_shrink: yes }\n"
    "rules:\n"
    "  - { name: friends, when: { sender_domain: friends }, then: pass }\n"
    "  - { name: campaign, when: { sender_domain: campaign }, then: reject }\n";
constexpr std::array kFiles{"rules.yaml", "lists/campaign.txt", "lists/friends.txt"};

class RollbackModel {
 public:
  explicit RollbackModel(unsigned seed) : random_(seed) {
    fixture_.settings("policyd: { listen: \"inet:127.0.0.1:10040\" }\n");
    write("rules.yaml", kRules);
    write("lists/campaign.txt", "# campaign\n");
    write("lists/friends.txt", "");
    fixture_.run({"vouch"});
    start();
    note_taken();
  }

  void step() {
    const auto before = on_disk();
    switch (random_() % 9) {
      case 0:
      case 1:
        return tool({"block", domain()}, before);
      case 2:
        return tool({"unblock", domain()}, before);
      case 3:
        return tool({"allow", domain()}, before);
      case 4:
        return by_hand("lists/campaign.txt", domain() + "\n", before);
      case 5:
        return random_() % 2 == 0 ? by_hand("rules.yaml", kRules + ("# " + domain() + "\n"), before)
                                  : by_hand("rules.yaml", "rules: [", before);
      case 6:
        return running_ ? stop() : start();
      default:
        return roll_back();
    }
  }

  [[nodiscard]] const std::string& story() const { return story_; }

 private:
  struct Generation {
    Texts texts;
    std::optional<std::size_t> before;  // where a rollback goes to from it
  };

  std::string domain() {
    return std::string(1, static_cast<char>('a' + random_() % 3)) + ".example";
  }
  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(os::replace_file(fixture_.folder.path(name), text));
  }
  [[nodiscard]] Texts on_disk() const {
    Texts texts;
    for (const char* name : kFiles) texts[name] = fixture_.read(name);
    return texts;
  }

  void start() {
    story_ += "start\n";
    daemon_ = std::make_unique<TakingDaemon>(fixture_.folder,
                                             [this] { return time_ += std::chrono::hours(1); });
    running_ = daemon_->take();
    if (!running_) return;
    fixture_.policyd = std::make_unique<FakeDaemon>(
        fixture_.folder.path("postern-policyd.control"),
        [this](const http::HttpRequest& request) { return daemon_->answer(request); });
    note_taken();
  }
  void stop() {
    story_ += "stop\n";
    fixture_.policyd.reset();
    running_ = false;
  }

  void tool(std::vector<std::string> words, const Texts& before) {
    words.emplace_back("--force");
    if (words.front() == "unblock") words.pop_back();
    story_ += words[0] + ' ' + words[1] + '\n';
    fixture_.run(words);
    changed(before);
  }
  void by_hand(const std::string& name, const std::string& text, const Texts& before) {
    if (before.at(name) == text) return;
    story_ += "edit " + name + ": " + text.substr(text.size() > 12 ? text.size() - 12 : 0) + '\n';
    write(name, text);
    fixture_.run({"vouch"});  // as systemd does when the file has changed
    // The daemon sees it, or has not got to it yet.
    if (running_ && random_() % 4 != 0) daemon_->take();
    changed(before);
  }
  void changed(const Texts& before) {
    if (on_disk() != before) restored_.reset();
    note_taken();
  }

  // The model's generations follow the store's: which texts it keeps is not in question here.
  void note_taken() {
    const auto store = config::GenerationStore::open_to_read(fixture_.folder.path("state")).value();
    if (store.newest() <= made_.size()) return;
    ASSERT_EQ(store.newest(), made_.size() + 1);
    std::optional<std::size_t> before;
    if (!made_.empty()) before = restored_ ? made_[*restored_].before : made_.size() - 1;
    made_.push_back({on_disk(), before});
  }

  void roll_back() {
    const auto before = on_disk();
    const std::size_t newest = made_.size() - 1;
    std::optional<std::size_t> meant = made_[restored_.value_or(newest)].before;
    if (!restored_ && before != made_[newest].texts) meant = newest;
    story_ += "rollback, to " + (meant ? std::to_string(*meant + 1) : "nothing") + '\n';
    const auto result = fixture_.run({"rollback", "--yes"});
    if (!meant) {
      EXPECT_EQ(result.exit, 1) << result.out << result.err;
      EXPECT_EQ(on_disk(), before) << story_;
      return;
    }
    const std::size_t target = *meant;
    EXPECT_EQ(result.exit, running_ ? 0 : 3) << story_ << result.out << result.err;
    EXPECT_TRUE(has(result.out, "back to generation " + std::to_string(target + 1) + ","))
        << story_;
    EXPECT_EQ(on_disk(), made_[target].texts) << story_;
    if (before != made_[target].texts) restored_ = target;
    note_taken();
  }

  std::mt19937 random_;
  InstallationFixture fixture_;
  UtcTime time_ = parse_expiry("2026-11-21T00:00:00Z").value();
  std::unique_ptr<TakingDaemon> daemon_;
  bool running_ = false;
  std::vector<Generation> made_;
  std::optional<std::size_t> restored_;  // whose files a rollback has put there, untouched since
  std::string story_;
};

TEST(RollbackModel, AnySequenceOfChangesIsUndoneOneByOne) {
  for (unsigned seed = 0; seed < 25; ++seed) {
    RollbackModel model(seed);
    for (int i = 0; i < 18 && !testing::Test::HasFailure(); ++i) model.step();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << "\n" << model.story();
  }
}

}  // namespace
}  // namespace postern::ctl::rollback_model_test
