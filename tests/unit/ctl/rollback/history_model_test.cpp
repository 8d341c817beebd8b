// Two people block, unblock and undo at random, and somebody edits by hand; against a model that
// knows of each value who holds it how.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::history_model_test {
namespace {

// The line of a value: nothing, or its reason.
using State = std::optional<std::string>;

struct Change {
  std::string user;
  std::map<std::string, std::pair<State, State>> values;  // before and after
  std::optional<int> undoes;
  bool undone = false;
};

class Model {
 public:
  [[nodiscard]] State state(const std::string& value) const {
    const auto found = states_.find(value);
    return found == states_.end() ? State() : found->second;
  }

  // What a command does; nothing is kept of one that changes nothing.
  void change(const std::string& user, const std::map<std::string, State>& wanted) {
    Change change{user, {}, {}};
    for (const auto& [value, after] : wanted) {
      if (state(value) != after) change.values[value] = {state(value), after};
    }
    if (!change.values.empty()) add(std::move(change));
  }

  void edit_by_hand(const std::string& value, const State& after) { states_[value] = after; }

  // 0: none.
  [[nodiscard]] int last_of(const std::string& user) const {
    for (int number = size(); number > 0; --number) {
      const Change& one = changes_[static_cast<std::size_t>(number - 1)];
      if (one.user == user && !one.undoes && !one.undone) return number;
    }
    return 0;
  }

  // Whether it does.
  bool undo(const std::string& user, int number) {
    if (number < 1 || number > size()) return false;
    const Change undone = changes_[static_cast<std::size_t>(number - 1)];
    if (undone.undone) return false;
    for (const auto& [value, states] : undone.values) {
      if (state(value) != states.second || is_touched_after(number, value)) return false;
    }
    Change change{user, {}, number};
    for (const auto& [value, states] : undone.values) {
      change.values[value] = {states.second, states.first};
    }
    add(std::move(change));
    mark(number, true);
    return true;
  }

  [[nodiscard]] int size() const { return static_cast<int>(changes_.size()); }
  [[nodiscard]] const Change& at(int number) const {
    return changes_[static_cast<std::size_t>(number - 1)];
  }

 private:
  void add(Change change) {
    for (const auto& [value, states] : change.values) states_[value] = states.second;
    changes_.push_back(std::move(change));
  }

  // Taking back what took something back is having it again.
  void mark(int number, bool undone) {
    Change& change = changes_[static_cast<std::size_t>(number - 1)];
    change.undone = undone;
    if (change.undoes) mark(*change.undoes, !undone);
  }

  // By one that is in force, and does not only end what was in between.
  [[nodiscard]] bool is_touched_after(int number, const std::string& value) const {
    for (int later = number + 1; later <= size(); ++later) {
      const Change& one = at(later);
      if (one.undone || !one.values.contains(value)) continue;
      if (!one.undoes || *one.undoes <= number) return true;
    }
    return false;
  }

  std::map<std::string, State> states_;
  std::vector<Change> changes_;
};

class HistoryModel : public testing::Test {
 protected:
  HistoryModel() {
    fixture_.folder.write("rules.yaml",
                          "version: 1\n"
                          "lists: { campaign: { kind: domain, file: lists/campaign.txt } }\n"
                          "rules:\n"
                          "  - { name: c, when: { sender_domain: campaign }, then: reject }\n");
    fixture_.start(InstallationFixture::reloads("done", 13));
  }

  void begin() {
    std::filesystem::remove(fixture_.folder.path(".rules.yaml.history"));
    fixture_.folder.write("lists/campaign.txt", "# now\nstays.example\n");
    model_ = {};
  }

  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string value() { return std::string(1, static_cast<char>('a' + draw(4))) + ".example"; }

  int run(std::vector<std::string> words) { return fixture_.run(std::move(words)).exit; }

  void block() {
    const std::string reason = "r" + std::to_string(draw(3));
    std::vector<std::string> words{"block", "--reason", reason};
    std::map<std::string, State> wanted;
    for (int i = draw(2); i >= 0; --i) {
      const std::string one = value();
      if (wanted.emplace(one, reason).second) words.push_back(one);
    }
    EXPECT_EQ(run(words), 0);
    model_.change(fixture_.user, wanted);
  }

  void unblock() {
    const std::string one = value();
    EXPECT_EQ(run({"unblock", one}), model_.state(one) ? 0 : 1);
    model_.change(fixture_.user, {{one, std::nullopt}});
  }

  void edit_by_hand() {
    const std::string one = value();
    if (model_.state(one)) return;
    fixture_.folder.write("lists/campaign.txt",
                          fixture_.read("lists/campaign.txt") + one + " reason=hand\n");
    model_.edit_by_hand(one, "hand");
  }

  void undo() {
    const int number = draw(2) == 0 ? model_.last_of(fixture_.user) : draw(model_.size() + 2);
    std::vector<std::string> words{"undo"};
    if (number != model_.last_of(fixture_.user) || draw(2) == 0) {
      if (number == 0) return;
      words.push_back(std::to_string(number));
    }
    const int wanted = model_.undo(fixture_.user, number) ? 0 : 1;
    const auto result = fixture_.run(words);
    EXPECT_EQ(result.exit, wanted) << number << "\n" << result.out << result.err;
  }

  void expect_files_as_in_model() {
    std::set<std::string> wanted{"# now", "stays.example"};
    for (char letter = 'a'; letter < 'e'; ++letter) {
      const std::string one = std::string(1, letter) + ".example";
      if (const State state = model_.state(one)) wanted.insert(one + " " + *state);
    }
    std::set<std::string> found;
    std::istringstream lines(fixture_.read("lists/campaign.txt"));
    for (std::string line; std::getline(lines, line);) {
      const auto reason = line.find("reason=");
      found.insert(reason == std::string::npos
                       ? line
                       : line.substr(0, line.find(' ')) + " " +
                             line.substr(reason + 7, line.find(' ', reason) - reason - 7));
    }
    EXPECT_EQ(found, wanted);
  }

  void expect_true_history() {
    const std::string shown = fixture_.run({"history", "--most", "1000"}).out;
    for (int number = 1; number <= model_.size(); ++number) {
      const Change& change = model_.at(number);
      EXPECT_TRUE(has("\n" + shown, "\n" + std::to_string(number) +
                                        "  2026-11-21T12:00:00Z (0s ago)  " + change.user +
                                        (change.undone ? "  UNDONE\n" : "\n")));
    }
    EXPECT_FALSE(has("\n" + shown, "\n" + std::to_string(model_.size() + 1) + "  "));
  }

  InstallationFixture fixture_;
  Model model_;
  std::mt19937 random_{20261129};
};

TEST_F(HistoryModel, UndoUndoesThatAndNothingElse) {
  constexpr int kSequences = 200;
  constexpr int kSteps = 12;
  for (int sequence = 0; sequence < kSequences && !HasFailure(); ++sequence) {
    SCOPED_TRACE(sequence);
    begin();
    for (int step = 0; step < kSteps && !HasFailure(); ++step) {
      fixture_.user = draw(2) == 0 ? "ann" : "bob";
      const int choice = draw(10);
      if (choice < 4) {
        block();
      } else if (choice < 6) {
        unblock();
      } else if (choice < 7) {
        edit_by_hand();
      } else {
        undo();
      }
      expect_files_as_in_model();
    }
    expect_true_history();
  }
}

}  // namespace
}  // namespace postern::ctl::history_model_test
