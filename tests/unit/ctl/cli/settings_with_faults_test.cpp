#include <gtest/gtest.h>

#include <mutex>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::settings_with_faults_test {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
)";
constexpr const char* kDoors =
    "policyd: { listen: \"inet:127.0.0.1:10040\" }\n"
    "milter: { listen: \"inet:127.0.0.1:10050\" }\n";

class SettingsWithFaults : public testing::Test {
 protected:
  SettingsWithFaults() {
    std::filesystem::create_directories(fixture_.folder.path("used/lists"));
    for (const std::string folder : {"", "used/"}) {
      fixture_.folder.write(folder + "rules.yaml", kRules);
      fixture_.folder.write(folder + "lists/campaign.txt", "");
    }
  }

  // Daemons that have started with this settings file and use these rules.
  void start(const std::string& rules_file) {
    fixture_.start([this, rules_file](const http::HttpRequest& request) {
      if (request.target == "/v1/status") {
        return http::HttpResponse{200, R"({"settings_file": ")" +
                                           fixture_.folder.path("postern.yaml") +
                                           R"(", "rules_file": ")" + rules_file +
                                           R"(", "generation": 12, "state": null})"};
      }
      if (request.target == "/v1/reload") {
        const std::lock_guard lock(mutex_);
        asked_ = request.body;
      }
      return InstallationFixture::reloads("done", 13)(request);
    });
  }

  [[nodiscard]] std::string asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  std::mutex mutex_;
  std::string asked_;  // the body of a reload
  InstallationFixture fixture_;
};

TEST_F(SettingsWithFaults, ABlockGoesWhereTheDaemonsLookAndComesIntoForce) {
  fixture_.settings(std::string(kDoors) + "decision: { deadlien: 3s }\n");
  start(fixture_.folder.path("used/rules.yaml"));
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("used/lists/campaign.txt"), "phish.example owner=drj\n");
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "");
  EXPECT_TRUE(has(result.err, "postern.yaml:8:13: error: "));
  EXPECT_TRUE(has(result.err,
                  "posternctl: warning: the settings have faults: going on as "
                  "postern-policyd runs: rules " +
                      fixture_.folder.path("used/rules.yaml") + "\n"));
  EXPECT_TRUE(has(result.out, "in force since generation 13 (policyd), 13 (milter)"));
  EXPECT_TRUE(has(asked(), "\"accept_faulty_settings\":true"));
}

// Whoever has taken the daemon over may have put it there, with lists that are root's other files.
TEST_F(SettingsWithFaults, ARuleFileThatOthersMayWriteIsNotBelieved) {
  fixture_.settings(std::string(kDoors) + "decision: { deadlien: 3s }\n");
  start(fixture_.folder.path("used/rules.yaml"));
  for (const char* open : {"used", "used/rules.yaml"}) {
    const auto path = fixture_.folder.path(open);
    std::filesystem::permissions(path, std::filesystem::perms::group_write,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(fixture_.run({"block", "phish.example"}).exit, 0);
    EXPECT_EQ(fixture_.read("used/lists/campaign.txt"), "");
    EXPECT_EQ(fixture_.read("lists/campaign.txt"), "phish.example owner=drj\n");
    EXPECT_EQ(fixture_.run({"unblock", "phish.example"}).exit, 0);
    std::filesystem::permissions(path, std::filesystem::perms::group_write,
                                 std::filesystem::perm_options::remove);
  }
  fixture_.policyd.reset();
  fixture_.milter.reset();
  start(fixture_.folder.path("used/../used/rules.yaml"));
  EXPECT_EQ(fixture_.run({"block", "phish.example"}).exit, 0) << "as it was";
  EXPECT_EQ(fixture_.read("used/lists/campaign.txt"), "phish.example owner=drj\n");
}

TEST_F(SettingsWithFaults, OfGoodOnesNothingIsAcceptedThatIsFaulty) {
  start(fixture_.folder.path("used/rules.yaml"));
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "phish.example owner=drj\n");
  EXPECT_FALSE(has(asked(), "accept_faulty_settings"));
}

TEST_F(SettingsWithFaults, WithoutADaemonWhatCanBeReadCounts) {
  fixture_.settings(std::string(kDoors) + "decision:\n\tdeadline: 3s\n");
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "phish.example owner=drj\n");
  EXPECT_TRUE(has(result.err, "no daemon answers in " + fixture_.folder.path("")));
}

TEST_F(SettingsWithFaults, StatusSaysSoFirst) {
  fixture_.settings(std::string(kDoors) + "decision: { deadline: 3s\n");
  start(fixture_.folder.path("rules.yaml"));
  const auto result = fixture_.run({"status"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(
      result.out.starts_with("PROBLEM: " + fixture_.folder.path("postern.yaml") + " has 1 fault"))
      << result.out;
  EXPECT_TRUE(has(result.out, "postern-policyd  generation 12"));
}

TEST_F(SettingsWithFaults, EveryCommandThatAsksGoesOn) {
  fixture_.settings(std::string(kDoors) + "unknown: 1\n");
  start(fixture_.folder.path("rules.yaml"));
  EXPECT_EQ(fixture_.run({"unblock", "phish.example"}).exit, 1);
  EXPECT_TRUE(has(fixture_.run({"rollback"}).err, "cannot read " + fixture_.folder.path("state")));
  const auto explained =
      fixture_.run({"explain", "--files", "--dns", "none", "--sender", "a@phish.example"});
  EXPECT_EQ(explained.exit, 0) << explained.err;
  EXPECT_TRUE(has(fixture_.run({"reload"}).out, "generation 13 is in force"));
  EXPECT_EQ(fixture_.run({"check"}).exit, 1);
}

TEST_F(SettingsWithFaults, AFileThatIsNotThere) {
  std::filesystem::remove(fixture_.folder.path("postern.yaml"));
  const auto result = fixture_.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.err, "postern.yaml: error: "));
  EXPECT_TRUE(has(result.err, "no daemon answers in /run/postern"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "phish.example owner=drj\n");
  EXPECT_EQ(fixture_.run({"check"}).exit, 1);
}

}  // namespace
}  // namespace postern::ctl::settings_with_faults_test
