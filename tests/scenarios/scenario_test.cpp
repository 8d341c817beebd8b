// Runs every scenario file beside it through both doors: rules + zone + what the MTA tells, and the
// exact replies.
// The format is in README.md.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/base/duration.h"
#include "common/base/utc_date.h"
#include "rules/load/rule_file.h"
#include "tests/scenarios/milter_side.h"
#include "tests/scenarios/smtp_steps.h"
#include "tests/support/mmdb_writer.h"

namespace postern::scenario_test {
namespace {

using Names = std::vector<std::string>;

Names names_of(const YAML::Node& node) {
  if (!node || node.IsNull()) return {};
  return node.IsSequence() ? node.as<Names>() : Names{node.as<std::string>()};
}

template <class Views>
Names copied(const Views& views) {
  return Names(views.begin(), views.end());
}

void expect_known_keys(const YAML::Node& map, const std::set<std::string>& known) {
  for (const auto& member : map) {
    const auto key = member.first.as<std::string>();
    EXPECT_TRUE(known.contains(key)) << "unknown key '" << key << "' in the scenario";
  }
}

// Keys of a step that are no attributes of a policy request.
const std::set<std::string> kExpectations = {"mail_from",
                                             "rcpt_to",
                                             "mail_addr",
                                             "rcpt_addr",
                                             "reply",
                                             "rule",
                                             "finding",
                                             "entry",
                                             "would",
                                             "also",
                                             "pending_rule",
                                             "delay",
                                             "asked",
                                             "after",
                                             "state",
                                             "milter",
                                             "headers",
                                             "recipients",
                                             "recipient_refused"};

class ScenarioTest : public testing::Test {
 public:
  ScenarioTest(YAML::Node file, YAML::Node one) : file_(std::move(file)), case_(std::move(one)) {}

  void TestBody() override {
    expect_known_keys(case_, {"name", "rules", "lists", "zone", "session", "load_error", "warning",
                              "now", "defaults", "door"});
    const std::string door = value("door") ? value("door").as<std::string>() : "both";
    if (door != "milter") run_through({Door::policy});
    run_through({Door::milter});
  }

 private:
  YAML::Node value(const std::string& key) const { return case_[key] ? case_[key] : file_[key]; }

  void run_through(const LoadTarget& target) {
    SCOPED_TRACE(std::string(to_string(target.door)) + " door");
    const auto snapshot = load(target);
    if (!snapshot) return;
    const auto steps = steps_of(case_["session"].as<std::string>(), value("defaults"));
    ASSERT_FALSE(steps.empty()) << "no session";
    const DoorsFixture fixture{snapshot, zone(), now()};
    PolicySide policy(fixture);
    MilterSide milter(fixture);
    for (const YAML::Node& step : steps) {
      SCOPED_TRACE(policy_request(attributes_of(step)));
      if (step["after"]) fixture.state->pass(*parse_duration(step["after"].as<std::string>()));
      if (target.door == Door::policy) {
        expect_outcome(step, policy.step(attributes_of(step)), step["reply"].as<std::string>());
      } else {
        const Outcome outcome = milter.step(attributes_of(step), extras_of(step));
        expect_outcome(as_milter(step), outcome,
                       milter_words_for(as_milter(step)["reply"].as<std::string>()));
      }
      if (step["state"]) {
        EXPECT_EQ(fixture.state->keys(), step["state"].as<std::string>());
      }
    }
    EXPECT_TRUE(!left_by_policy_ || *left_by_policy_ == *fixture.state)
        << "the doors leave different records: " << left_by_policy_->in_words() << "\nand "
        << fixture.state->in_words();
    if (target.door == Door::policy) left_by_policy_ = fixture.state;
  }

  std::shared_ptr<const Snapshot> load(const LoadTarget& target) {
    Diagnostics diagnostics;
    auto snapshot = load::load_rules(
        value("rules").as<std::string>(), "rules.yaml",
        [this](const std::string& path) { return list_file(path); }, 7, target, diagnostics);
    const std::string said = diagnostics.to_string();
    const Names errors = names_of(case_["load_error"]);
    for (const Names& lines : {names_of(case_["warning"]), errors}) {
      for (const std::string& line : lines) {
        EXPECT_TRUE(said.find(line) != std::string::npos) << "wanted: " << line;
      }
    }
    if (HasFailure()) ADD_FAILURE() << "said:\n" << said;
    EXPECT_EQ(snapshot == nullptr, !errors.empty()) << said;
    return snapshot;
  }

  // The step with what its `milter:` says otherwise.
  static YAML::Node as_milter(const YAML::Node& step) {
    YAML::Node result = YAML::Clone(step);
    if (!step["milter"]) return result;
    EXPECT_TRUE(step["milter"]["why"]) << "a difference between the doors without its reason";
    for (const auto& member : step["milter"]) {
      result[member.first.as<std::string>()] = YAML::Clone(member.second);
    }
    return result;
  }

  static MilterExtras extras_of(const YAML::Node& step) {
    MilterExtras extras;
    extras.recipients = names_of(step["recipients"]);
    if (step["recipient_refused"]) extras.recipient_state = RecipientState::refused;
    for (const auto& [key, text] :
         {std::pair{"mail_from", &extras.mail_from}, std::pair{"rcpt_to", &extras.rcpt_to},
          std::pair{"mail_addr", &extras.mail_addr}, std::pair{"rcpt_addr", &extras.rcpt_addr}}) {
      if (step[key]) *text = step[key].as<std::string>();
    }
    for (const auto& header : step["headers"]) {
      for (const std::string& text : names_of(header.second)) {
        extras.headers.push_back({header.first.as<std::string>(), text});
      }
    }
    return extras;
  }

  Result<std::string_view> list_file(const std::string& path) {
    const YAML::Node lists = value("lists");
    if (!lists || !lists[path]) return failure("cannot open " + path);
    const auto text = lists[path].as<std::string>();
    const bool is_database = path.ends_with(".mmdb");
    return std::string_view(
        list_texts_.emplace_back(is_database ? mmdb_writer::database_of_lines(text) : text));
  }

  ZoneMap zone() const {
    YAML::Node document;
    document["zone"] = value("zone") ? value("zone") : YAML::Node(YAML::NodeType::Map);
    auto zone = ZoneMap::from_yaml(document);
    if (!zone) throw std::runtime_error(zone.error().text);
    return *zone;
  }

  std::chrono::system_clock::time_point now() const {
    const YAML::Node text = value("now");
    return *parse_expiry(text ? text.as<std::string>() : "2026-11-21T12:00:00Z");
  }

  static Attributes attributes_of(const YAML::Node& step) {
    Attributes attributes;
    for (const auto& member : step) {
      const auto key = member.first.as<std::string>();
      if (!kExpectations.contains(key)) attributes[key] = member.second.as<std::string>();
    }
    return attributes;
  }

  static void expect_outcome(const YAML::Node& step, const Outcome& outcome,
                             const std::string& reply) {
    EXPECT_EQ(outcome.reply, reply);
    expect_why(step, outcome.verdict, outcome.asked);
  }

  static void expect_why(const YAML::Node& step, const Verdict& verdict, const Names& asked) {
    const auto expect_text = [&](const char* key, std::string_view actual) {
      if (step[key]) {
        EXPECT_EQ(actual, step[key].as<std::string>()) << key;
      }
    };
    const auto expect_names = [&](const char* key, const Names& actual) {
      if (step[key]) {
        EXPECT_EQ(actual, names_of(step[key])) << key;
      }
    };
    expect_text("rule", verdict.rule);
    expect_text("finding", verdict.finding);
    expect_text("pending_rule", verdict.pending_rule);
    expect_text("delay", format_duration(verdict.delay));
    expect_names("also", copied(verdict.also));
    expect_names("asked", asked);
    expect_text("entry", std::string(verdict.entry.list) + " " + verdict.entry.entry + " " +
                             std::string(verdict.entry.file) + ":" +
                             std::to_string(verdict.entry.line));
    Names would;
    for (const WouldHave& one : verdict.would) {
      would.push_back(std::string(one.rule) + " " + std::string(to_string(one.action)));
    }
    expect_names("would", would);
  }

  YAML::Node file_;
  YAML::Node case_;
  std::deque<std::string> list_texts_;  // stay where they are
  std::shared_ptr<StateMap> left_by_policy_;
};

int register_scenarios() {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(POSTERN_SOURCE_DIR "/tests/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    const YAML::Node file = YAML::LoadFile(entry.path());
    for (const YAML::Node& one : file["cases"]) {
      testing::RegisterTest(
          ("Scenario_" + entry.path().stem().string()).c_str(),
          one["name"].as<std::string>().c_str(), nullptr, nullptr, entry.path().c_str(),
          one.Mark().line + 1,
          [file, one]() -> testing::Test* { return new ScenarioTest(file, one); });
      ++count;
    }
  }
  return count;
}

}  // namespace
}  // namespace postern::scenario_test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (postern::scenario_test::register_scenarios() == 0) return 1;
  return RUN_ALL_TESTS();
}
