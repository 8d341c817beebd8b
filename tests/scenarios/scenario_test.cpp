// Runs every scenario file beside it: rules + zone + requests, and the exact bytes of the replies.
// The format is in README.md.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/duration.h"
#include "common/utc_date.h"
#include "policyd/adapter.h"
#include "policyd/message_memory.h"
#include "policyd/reply.h"
#include "policyd/request.h"
#include "rules/decision.h"
#include "rules/rule_file.h"
#include "tests/support/zone_map.h"

namespace postern {
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

const std::set<std::string> kExpectations = {"reply", "rule",      "finding", "entry", "would",
                                             "also",  "waits_for", "delay",   "asked"};

class ScenarioTest : public testing::Test {
 public:
  ScenarioTest(YAML::Node file, YAML::Node one) : file_(std::move(file)), case_(std::move(one)) {}

  void TestBody() override {
    expect_known_keys(case_, {"name", "rules", "lists", "zone", "session", "load_error", "warning",
                              "now", "defaults"});
    Diagnostics diagnostics;
    const auto snapshot = load_rules(
        value("rules").as<std::string>(), "rules.yaml",
        [this](const std::string& path) { return list_file(path); }, 7, diagnostics);
    const std::string said = diagnostics.to_string();
    const Names errors = names_of(case_["load_error"]);
    for (const Names& lines : {names_of(case_["warning"]), errors}) {
      for (const std::string& line : lines) {
        EXPECT_TRUE(said.find(line) != std::string::npos) << "wanted: " << line;
      }
    }
    if (HasFailure()) ADD_FAILURE() << "said:\n" << said;
    ASSERT_EQ(snapshot == nullptr, !errors.empty()) << said;
    if (snapshot) run_session(snapshot);
  }

 private:
  YAML::Node value(const std::string& key) const { return case_[key] ? case_[key] : file_[key]; }

  Result<std::string> list_file(const std::string& path) const {
    const YAML::Node lists = value("lists");
    if (!lists || !lists[path]) return failure("cannot open " + path);
    return lists[path].as<std::string>();
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

  // The request as Postfix would write it.
  std::string request_bytes(const YAML::Node& step) const {
    std::map<std::string, std::string> attributes;
    for (const YAML::Node& source : {value("defaults"), step}) {
      if (!source) continue;
      for (const auto& member : source) {
        const auto key = member.first.as<std::string>();
        if (!kExpectations.contains(key)) attributes[key] = member.second.as<std::string>();
      }
    }
    std::string bytes = "request=smtpd_access_policy\n";
    for (const auto& [key, text] : attributes) bytes += key + "=" + text + "\n";
    return bytes + "\n";
  }

  void run_session(const std::shared_ptr<const Snapshot>& snapshot) {
    const YAML::Node session = case_["session"];
    ASSERT_TRUE(session && session.IsSequence() && session.size() > 0) << "no session";
    MessageMemory memory;
    for (const YAML::Node& step : session) {
      SCOPED_TRACE(request_bytes(step));
      run_step(snapshot, step, memory);
    }
  }

  void run_step(const std::shared_ptr<const Snapshot>& snapshot, const YAML::Node& step,
                MessageMemory& memory) {
    const std::string bytes = request_bytes(step);
    PolicyRequestReader reader({});
    ASSERT_EQ(reader.read(bytes), PolicyRequestReader::State::complete) << reader.error();
    const auto stage = stage_of(reader.request().protocol_state);
    ASSERT_TRUE(stage) << "no stage";
    Transaction transaction;
    fill_transaction(reader.request(), *stage, transaction);

    Decision decision(snapshot, transaction, nullptr, now());
    Names asked;
    const ZoneMap dns = zone();
    while (decision.step() == Decision::Step::need_facts) {
      const std::vector<DnsQuestion> questions = decision.questions();
      for (const DnsQuestion& question : questions) {
        asked.push_back(std::string(to_string(question.type)) + " " + question.name.text());
        decision.add(question, {std::make_shared<const DnsAnswer>(dns.answer(question))});
      }
    }
    const Verdict& verdict = decision.verdict();
    memory.enter(transaction);
    std::string reply;
    write_reply(verdict, memory.header_for(verdict), reply);
    ASSERT_TRUE(step["reply"]) << "a step without reply tests nothing";
    EXPECT_EQ(reply, "action=" + step["reply"].as<std::string>() + "\n\n");
    expect_why(step, verdict, asked);
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
    expect_text("waits_for", verdict.waits_for);
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
}  // namespace postern

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (postern::register_scenarios() == 0) return 1;
  return RUN_ALL_TESTS();
}
