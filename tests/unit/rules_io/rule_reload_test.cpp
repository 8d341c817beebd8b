#include "rules/io/rule_reload.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "rules/io/configuration.h"
#include "tests/support/temporary_folder.h"

namespace postern {
namespace {

constexpr const char* kOne = "version: 1\nrules:\n  - name: a\n    then: log\n";
constexpr const char* kTwo =
    "version: 1\nrules:\n  - name: a\n    then: log\n  - name: b\n    then: log\n";

const Audience kAudience{Door::policy, {Door::policy}};

class RuleReload : public testing::Test {
 protected:
  std::string logged() {
    log_->flush();
    std::ostringstream text;
    text << std::ifstream(folder_.path("log")).rdbuf();
    return text.str();
  }

  std::shared_ptr<const Snapshot> read() {
    Diagnostics diagnostics;
    auto snapshot = read_rules(file_, 1, kAudience, diagnostics);
    EXPECT_TRUE(snapshot) << diagnostics.to_string();
    return snapshot;
  }

  TemporaryFolder folder_;
  std::string file_ = folder_.write("rules.yaml", kOne);
  std::unique_ptr<DaemonLog> log_ =
      std::move(*DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  SnapshotStore store_{read()};
};

TEST_F(RuleReload, TakesTheNewRulesAndCounts) {
  folder_.write("rules.yaml", kTwo);
  EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::done);
  EXPECT_EQ(store_.current()->generation(), 2U);
  EXPECT_EQ(store_.current()->rules().size(), 2U);
  EXPECT_NE(logged().find("generation 2"), std::string::npos);
}

TEST_F(RuleReload, KeepsTheOldRulesWhateverIsWrong) {
  struct Case {
    const char* name;
    const char* text;
  };
  for (const Case& one : {Case{"syntax", "version: ["}, Case{"key", "version: 1\nruels: []\n"},
                          Case{"empty", ""}, Case{"binary", "\xff\xfe"}}) {
    folder_.write("rules.yaml", one.text);
    EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::refused) << one.name;
    EXPECT_EQ(store_.current()->generation(), 1U) << one.name;
  }
  folder_.write("rules.yaml", kTwo);
  ASSERT_EQ(::chmod(file_.c_str(), 0666), 0);
  EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::refused)
      << "everybody may write";
  std::filesystem::remove(file_);
  EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::refused) << "gone";
}

TEST_F(RuleReload, LogsEveryFaultWithItsPlace) {
  folder_.write("rules.yaml", "version: 1\none: 1\ntwo: 2\nrules: []\n");
  EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::refused);
  const std::string log = logged();
  EXPECT_NE(log.find(file_ + ":2:1: error:"), std::string::npos) << log;
  EXPECT_NE(log.find(file_ + ":3:1: error:"), std::string::npos) << log;
  EXPECT_NE(log.find("generation 1 stays"), std::string::npos) << log;
}

TEST_F(RuleReload, ReadsListsBesideTheRuleFile) {
  std::filesystem::create_directory(folder_.path("lists"));
  folder_.write("lists/bad.txt", "spam.example\n");
  folder_.write("rules.yaml",
                "version: 1\nlists:\n  bad: { kind: domain, file: lists/bad.txt }\n"
                "rules:\n  - name: a\n    when: { sender_domain: bad }\n    then: reject\n");
  EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::done) << logged();
  folder_.write("rules.yaml",
                "version: 1\nlists:\n  bad: { kind: domain, file: lists/none.txt }\n"
                "rules:\n  - name: a\n    when: { sender_domain: bad }\n    then: reject\n");
  EXPECT_EQ(reload_rules(file_, kAudience, store_, *log_), Reload::refused);
  EXPECT_NE(logged().find("lists/none.txt: No such file"), std::string::npos) << logged();
}

}  // namespace
}  // namespace postern
