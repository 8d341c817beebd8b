// Two people block, allow, unblock, undo and roll back at random, and somebody edits by hand;
// against a model that knows of each entry which line it has.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <random>

#include "ctl/cli/printing.h"
#include "ctl/rollback/edit_history.h"
#include "ctl/rollback/line_hunks.h"
#include "tests/unit/ctl/rollback/history_model.h"
#include "tests/unit/ctl/rollback/taking_daemon.h"

namespace postern::ctl::history_model_test {
namespace {

constexpr std::array kLists{"campaign", "friends"};

std::string file_of(const std::string& list) {
  return "lists/" + list + ".txt";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The keys, and lines, of entries on lines of a list.
template <class Visit>
void for_each_entry(const std::string& list, const std::string& text, Visit visit) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::string value(value_on(line));
    visit(list + " " + value, line == value ? "" : line.substr(value.size() + 1));
  }
}

class TwoPeople : public testing::TestWithParam<unsigned> {
 protected:
  TwoPeople() {
    fixture_.settings("policyd: { listen: \"inet:127.0.0.1:10040\" }\n");
    fixture_.folder.write(
        "rules.yaml",
        "version: 1\n"
        "lists:\n"
        "  campaign: { kind: domain, file: lists/campaign.txt, may_shrink: yes }\n"
        "  friends: { kind: domain, file: lists/friends.txt, may_shrink: yes }\n"
        "rules:\n"
        "  - { name: f, when: { sender_domain: friends }, then: pass }\n"
        "  - { name: c, when: { sender_domain: campaign }, then: reject }\n");
    fixture_.policyd = std::make_unique<FakeDaemon>(
        fixture_.folder.path("postern-policyd.control"),
        [this](const http::HttpRequest& request) { return daemon_->answer(request); });
  }

  void begin() {
    fixture_.now = parse_expiry("2026-11-21T00:00:00Z").value();
    std::filesystem::remove(fixture_.folder.path(".rules.yaml.history"));
    std::filesystem::remove(fixture_.folder.path(".rules.yaml.vouched"));
    std::filesystem::remove_all(fixture_.folder.path("state"));
    fixture_.folder.write(file_of("campaign"), "# now\nstays.example\n");
    fixture_.folder.write(file_of("friends"), "# ours\n");
    model_ = {};
    model_.edit_by_hand("campaign stays.example", "");
    fixture_.run({"vouch"});
    generations_.clear();
    by_hand_ = taken_by_hand_ = 0;
    daemon_ = std::make_unique<TakingDaemon>(fixture_.folder, [this] { return now(); });
    daemon_->take();
    note_taken();
  }

  void step() {
    fixture_.now += std::chrono::hours(1);
    fixture_.user = draw(2) == 0 ? "ann" : "bob";
    const int choice = draw(20);
    if (choice < 6) return put_in("block", "campaign");
    if (choice < 9) return put_in("allow", "friends");
    if (choice < 12) return unblock();
    if (choice < 14) return edit_by_hand();
    if (choice < 16) return roll_back();
    undo();
  }

  void expect_files_as_in_model() {
    Entries found;
    for (const std::string list : kLists) {
      const std::string text = fixture_.read(file_of(list));
      EXPECT_TRUE(has(text, "# "));
      for_each_entry(list, text, [&](const std::string& key, const std::string& line) {
        EXPECT_TRUE(found.emplace(key, line).second) << key << " is there twice";
      });
    }
    EXPECT_EQ(found, model_.entries());
  }

  void expect_true_history() {
    const std::string shown = "\n" + fixture_.run({"history", "--most", "1000"}).out;
    for (int number = 1; number <= model_.size(); ++number) {
      const ModelChange& change = model_.at(number);
      const std::string head = "\n" + std::to_string(number) + "  " +
                               time_with_age(change.at, now()) + "  " + change.user +
                               (change.undone ? "  UNDONE\n" : "\n");
      const auto at = shown.find(head);
      ASSERT_NE(at, std::string::npos) << head << shown;
      const std::string rest = shown.substr(at + head.size());
      EXPECT_TRUE(rest.substr(0, rest.find('\n')).ends_with(" " + change.command)) << rest;
    }
    if (model_.size() > 0) expect_lines_of(1 + draw(model_.size()));
    EXPECT_FALSE(has(shown, "\n" + std::to_string(model_.size() + 1) + "  "));
    int from_files = 0;
    for (auto at = shown.find("\nfiles  "); at != std::string::npos;
         at = shown.find("\nfiles  ", at + 1)) {
      ++from_files;
    }
    // One that no daemon has taken before the next change may be a part of that.
    EXPECT_GE(from_files, taken_by_hand_);
    EXPECT_LE(from_files, by_hand_);
  }

 private:
  [[nodiscard]] UtcTime now() const {
    return std::chrono::floor<std::chrono::seconds>(fixture_.now);
  }
  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string value() { return std::string(1, static_cast<char>('a' + draw(4))) + ".example"; }
  std::string list() { return kLists[static_cast<std::size_t>(draw(2))]; }

  // Runs a command that is to leave these entries and to end so, and tells the model.
  void run(const std::vector<std::string>& words, const Entries& after, int exit,
           std::optional<int> undoes = std::nullopt) {
    std::map<std::string, std::string> before;
    for (const std::string list : kLists) before[list] = fixture_.read(file_of(list));
    const auto result = fixture_.run(words);
    EXPECT_EQ(result.exit, exit) << joined(words) << "\n" << result.out << result.err;
    ModelChange change{
        format_utc(now()), fixture_.user, joined(words), model_.entries(), after, {}, undoes};
    for (const auto& [list, text] : before) {
      for (const LineHunk& hunk : hunks_between(text, fixture_.read(file_of(list)))) {
        for (const auto* lines : {&hunk.removed, &hunk.added}) {
          for (const std::string& line : *lines) {
            change.touched.insert(list + " " + std::string(value_on(line)));
          }
        }
      }
    }
    // A rollback may also move lines.
    if (!change.touched.empty()) model_.add(std::move(change));
    note_taken();
  }

  void note_taken() {
    const auto store = config::GenerationStore::open_to_read(fixture_.folder.path("state")).value();
    if (store.newest() > generations_.size()) generations_.push_back(model_.entries());
    ASSERT_EQ(store.newest(), generations_.size());
  }

  void put_in(const std::string& command, const std::string& list) {
    const std::string reason = "reason=r" + std::to_string(draw(3));
    std::vector<std::string> words{command, "--reason", reason.substr(reason.find('=') + 1)};
    Entries after = model_.entries();
    bool decided_above = false;
    for (int i = draw(2); i >= 0; --i) {
      const std::string one = value();
      if (std::find(words.begin(), words.end(), one) != words.end()) continue;
      words.push_back(one);
      std::string& line = after[list + " " + one];
      // Whoever has written it stays its owner.
      const auto owner = line.find(" owner=");
      if (line.empty()) {
        line = reason + " owner=" + fixture_.user;
      } else {
        line = reason + (owner == std::string::npos ? "" : line.substr(owner));
      }
      decided_above |= list == "campaign" && after.contains("friends " + one);
    }
    run(words, after, decided_above ? 1 : 0);
  }

  void unblock() {
    const std::string from = list();
    const std::string one = value();
    std::vector<std::string> words{"unblock", one};
    if (from != "campaign") words.insert(words.end(), {"--list", from});
    Entries after = model_.entries();
    const bool was_there = after.erase(from + " " + one) == 1;
    run(words, after, was_there ? 0 : 1);
  }

  void edit_by_hand() {
    const std::string to = list();
    const std::string one = value();
    if (model_.entries().contains(to + " " + one)) return;
    fixture_.folder.write(file_of(to), fixture_.read(file_of(to)) + one + " reason=hand\n");
    model_.edit_by_hand(to + " " + one, "reason=hand");
    fixture_.run({"vouch"});  // as systemd does
    ++by_hand_;
    if (draw(2) == 0) return;  // no daemon has seen it yet
    daemon_->take();
    note_taken();
    ++taken_by_hand_;
  }

  void roll_back() {
    const auto number = static_cast<std::size_t>(draw(static_cast<int>(generations_.size())));
    run({"rollback", std::to_string(number + 1), "--yes"}, generations_[number], 0);
  }

  void undo() {
    const int last = model_.last_of(fixture_.user);
    const int number = draw(2) == 0 ? last : draw(model_.size() + 2);
    std::vector<std::string> words{"undo"};
    if (number != last || draw(2) == 0) {
      if (number == 0) return;
      words.push_back(std::to_string(number));
    }
    const auto after = model_.without(number);
    run(words, after.value_or(model_.entries()), after ? 0 : 1, number);
  }

  // Those that one command has changed, as `history show` tells them; what has only moved is there
  // twice.
  void expect_lines_of(int number) {
    const ModelChange& change = model_.at(number);
    std::multiset<std::string> wanted;
    for (const std::string& key : change.touched) {
      const std::string value = key.substr(key.find(' ') + 1);
      for (const auto& [sign, entries] :
           {std::pair("-", &change.before), std::pair("+", &change.after)}) {
        const auto line = HistoryModel::line_of(*entries, key);
        if (line) wanted.insert(sign + value + (line->empty() ? "" : " ") + *line);
      }
    }
    std::multiset<std::string> found;
    std::istringstream lines(fixture_.run({"history", "show", std::to_string(number)}).out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("  -") && !line.starts_with("  +")) continue;
      found.insert(line.substr(2, 1) + line.substr(line.find(": ") + 2));
    }
    EXPECT_EQ(found, wanted) << number;
  }

  InstallationFixture fixture_;
  HistoryModel model_;
  std::unique_ptr<TakingDaemon> daemon_;
  std::vector<Entries> generations_;
  int by_hand_ = 0;
  int taken_by_hand_ = 0;  // at once, so that each is a generation
  std::mt19937 random_{20261129 + GetParam()};
};

TEST_P(TwoPeople, UndoUndoesThatAndNothingElse) {
  constexpr int kSequences = 50;
  constexpr int kSteps = 12;
  for (int sequence = 0; sequence < kSequences && !HasFailure(); ++sequence) {
    SCOPED_TRACE(sequence);
    begin();
    for (int i = 0; i < kSteps && !HasFailure(); ++i) {
      step();
      expect_files_as_in_model();
    }
    expect_true_history();
  }
}

// Four times fifty sequences, which a test run does side by side.
INSTANTIATE_TEST_SUITE_P(Seeds, TwoPeople, testing::Range(0U, 4U));

}  // namespace
}  // namespace postern::ctl::history_model_test
