// `posternctl shadow` with daemons that say what they are told to.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "server/config/generation_store.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::shadow_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRules = R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
)";
constexpr const char* kMore = R"(  clients: { kind: network, file: lists/clients.txt }
  shared: { kind: domain, file: SHARED }
rules:
  - { name: clients, when: { client: clients }, then: reject }
  - { name: shared, when: { sender_domain: shared }, then: reject }
)";

constexpr const char* kFindings = R"("decisions": 1200, "differences": 3, "ask_dns": false,
  "since": "2026-11-21T11:00:00Z", "rules": 2, "lists": 3, "dropped": 4, "failed": 1,
  "failure": "no memory",
  "counts": {"same": {"decisions": 1190}, "refused": {"decisions": 2, "messages": 1},
             "let_in": {"decisions": 1, "messages": 1}, "undecided": {"decisions": 7}},
  "by_rule": [
    {"kind": "let_in", "live": "reject 550", "live_rule": "old", "candidate": "pass", "rule": null,
     "decisions": 1},
    {"kind": "refused", "live": "pass", "live_rule": null, "candidate": "reject 550", "rule": "new",
     "decisions": 2},
    {"kind": "undecided", "live": "pass", "candidate": null, "rule": "mx", "needs": "DNS",
     "decisions": 7}],
  "examples": [
    {"number": 3, "at": "2026-11-21T11:59:00Z", "stage": "rcpt", "client": "192.0.2.7",
     "client_name": "mx.a.example", "sender": "", "recipient": "joe@box.example",
     "kind": "refused", "live": "pass", "candidate": "reject 550", "rule": "new",
     "entry": "a.example", "entry_at": "lists/campaign.txt:3"},
    {"number": 2, "at": "2026-11-21T11:58:00Z", "stage": "connect", "client": "192.0.2.8",
     "sender": null, "kind": "let_in", "live": "reject 550", "live_rule": "old",
     "candidate": "pass", "rule": null}])";

class ShadowCommand : public testing::Test {
 protected:
  ShadowCommand() {
    fixture_.folder.write("rules.yaml", kRules);
    fixture_.folder.write("lists/campaign.txt", "old.example\n");
    fs::create_directories(fixture_.folder.path("new/lists"));
    fixture_.folder.write("new/rules.yaml", kRules);
    fixture_.folder.write("new/lists/campaign.txt", "new.example\n");
  }

  // Daemons with a shadow of the new rules, as they were when this was called.
  void run_shadow() { fixture_.start(daemon_with(fingerprint_of_new())); }

  [[nodiscard]] std::string fingerprint_of_new() const { return fingerprint_of("new/rules.yaml"); }
  [[nodiscard]] std::string fingerprint_of(const std::string& file) const {
    const auto read = config::RuleSource::files(fixture_.folder.path(file)).load(LoadTarget{});
    return config::fingerprint_of_files(read.files);
  }

  FakeDaemon::Answer daemon_with(const std::string& fingerprint) {
    const std::string shadow = R"({"shadow": {"file": ")" + fixture_.folder.path("new/rules.yaml") +
                               R"(", "fingerprint": ")" + fingerprint +
                               R"(", "live_fingerprint": ")" + fingerprint_of("rules.yaml") +
                               "\", " + kFindings + "}}";
    return [this, shadow](const http::HttpRequest& request) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request.method + " " + request.target);
      if (request.target == "/v1/shadow") return http::HttpResponse{200, shadow};
      return InstallationFixture::reloads("done", 13)(request);
    };
  }

  [[nodiscard]] long asked(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return std::count(asked_.begin(), asked_.end(), what);
  }
  CtlResult run(std::vector<std::string> words) {
    words.insert(words.begin(), "shadow");
    return fixture_.run(std::move(words));
  }

  InstallationFixture fixture_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
};

TEST_F(ShadowCommand, StatusShowsWhatDiffersTheNewestLast) {
  run_shadow();
  const auto result = run({"status"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "1200 decisions: 1190 the same, 3 differ, 7 undecided\n"));
  EXPECT_TRUE(has(result.out, "did not keep up: 4 decisions\n"));
  EXPECT_TRUE(has(result.out, "FAILED at 1 decision, the last: no memory\n"));
  EXPECT_TRUE(has(result.out, "  would be refused  2          1\n"));
  EXPECT_TRUE(has(result.out,
                  "  decisions  in force                candidate\n"
                  "  2          pass                    reject 550 by rule new\n"
                  "  1          reject 550 by rule old  pass\n"
                  "  undecided 7: rule mx needs DNS\n"));
  EXPECT_TRUE(has(result.out,
                  "  2026-11-21T11:58:00Z  connect  192.0.2.8: reject 550 by rule old -> pass\n"
                  "  2026-11-21T11:59:00Z  rcpt  192.0.2.7 (mx.a.example)  <> -> "
                  "<joe@box.example>: pass -> reject 550 by rule new, entry a.example at "
                  "lists/campaign.txt:3\n"));
  EXPECT_FALSE(has(run({"status", "--examples", "1"}).out, "192.0.2.8"));
  EXPECT_TRUE(has(fixture_.run({"--json", "shadow", "status"}).out, R"("differences":3)"));
}

// Each answer of the policy door while somebody follows, one a second; the last one ends it.
TEST_F(ShadowCommand, FollowersAreToldEachDecisionOnce) {
  const auto with = [&](const std::string& since, int number) {
    return R"({"shadow": {"since": ")" + since + R"(", "examples": [{"number": )" +
           std::to_string(number) + R"(, "client": "n)" + std::to_string(number) + R"("}]}})";
  };
  const std::string old = "2026-11-21T11:00:00Z";
  const std::vector<std::string> answers{with(old, 5), "", with(old, 5),
                                         with("2026-11-21T12:00:00Z", 4), R"({"shadow": null})"};
  std::atomic<std::size_t> next{0};
  fixture_.start([&](const http::HttpRequest&) {
    const std::string& answer = answers.at(std::min(next++, answers.size() - 1));
    return http::HttpResponse{answer.empty() ? 500U : 200U, answer};
  });
  fixture_.milter = nullptr;
  fixture_.milter = std::make_unique<FakeDaemon>(
      fixture_.folder.path("postern-milter.control"), [&](const http::HttpRequest&) {
        const bool is_over = next >= answers.size();
        return http::HttpResponse{200, is_over ? answers.back() : with(old, 1)};
      });
  const auto result = run({"status", "--examples", "0", "--follow"});
  EXPECT_FALSE(has(result.out, "n5")) << "it was there before: " << result.out;
  EXPECT_TRUE(has(result.out, "n4")) << "a new shadow counts from one: " << result.out;
}

TEST_F(ShadowCommand, WithoutOneItsEndIsOne) {
  fixture_.start([](const http::HttpRequest&) {
    return http::HttpResponse{200, R"({"shadow": null})"};
  });
  EXPECT_EQ(run({"status"}).exit, 1);
  EXPECT_EQ(run({"drop"}).exit, 1);
  const auto promoted = run({"promote"});
  EXPECT_EQ(promoted.exit, 1);
  EXPECT_TRUE(has(promoted.err, "no shadow runs"));
}

TEST_F(ShadowCommand, AFileIsForStartAlone) {
  EXPECT_EQ(run({"start"}).exit, 2);
  EXPECT_EQ(run({"status", "new"}).exit, 2);
}

TEST_F(ShadowCommand, FaultsAreSaidAndNobodyIsAsked) {
  run_shadow();
  fixture_.folder.write("new/rules.yaml", "version: 1\nrules: [{ name: x, then: fly }]\n");
  const auto result = run({"start", fixture_.folder.path("new")});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "new/rules.yaml:2:"));
  EXPECT_EQ(asked("POST /v1/shadow"), 0);
}

TEST_F(ShadowCommand, WhereOneDaemonRefusesTheOtherDropsItAgain) {
  fixture_.start(daemon_with(fingerprint_of_new()));
  fixture_.milter = nullptr;
  fixture_.milter = std::make_unique<FakeDaemon>(
      fixture_.folder.path("postern-milter.control"), [](const http::HttpRequest&) {
        return http::HttpResponse{409, R"({"error": "a shadow runs already: x"})"};
      });
  const auto result = run({"start", fixture_.folder.path("new")});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "postern-milter: a shadow runs already: x"));
  EXPECT_EQ(asked("DELETE /v1/shadow"), 1);
}

TEST_F(ShadowCommand, PromoteIsAChangeThatUndoTakesBack) {
  run_shadow();
  const auto dry = run({"promote", "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_TRUE(has(dry.out, "would promote new/rules.yaml: lists/campaign.txt +1/-1 lines\n"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "old.example\n");
  EXPECT_EQ(asked("DELETE /v1/shadow"), 0);
  const auto result = run({"promote"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "promoted new/rules.yaml: lists/campaign.txt +1/-1 lines\n"));
  EXPECT_TRUE(has(result.out, "in force since generation 13 (policyd), 13 (milter)\n"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "new.example\n");
  EXPECT_EQ(asked("DELETE /v1/shadow"), 2);
  EXPECT_EQ(fixture_.run({"undo"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "old.example\n");
}

TEST_F(ShadowCommand, ANewListComesAlongAndOneElsewhereStays) {
  const std::string shared = fixture_.folder.write("shared.txt", "shared.example\n");
  std::string rules = kRules;
  rules.resize(rules.find("rules:"));
  rules += kMore;
  rules.replace(rules.find("SHARED"), std::string("SHARED").size(), shared);
  fixture_.folder.write("new/rules.yaml", rules);
  fixture_.folder.write("new/lists/clients.txt", "192.0.2.0/24\n");
  run_shadow();
  const auto result = run({"promote"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("rules.yaml"), rules);
  EXPECT_EQ(fixture_.read("lists/clients.txt"), "192.0.2.0/24\n");
  EXPECT_EQ(fixture_.read("shared.txt"), "shared.example\n");
}

TEST_F(ShadowCommand, WhatHasChangedSinceTheStartIsPromotedOnlyWhenThatIsSaid) {
  run_shadow();
  fixture_.folder.write("new/lists/campaign.txt", "other.example\n");
  const auto refused = run({"promote"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_TRUE(has(refused.err, "has changed since the shadow began"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "old.example\n");
  EXPECT_EQ(run({"promote", "--accept-changed"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "other.example\n");
}

TEST_F(ShadowCommand, WhatWasBlockedMeanwhileIsNotTakenBackUnseen) {
  run_shadow();
  fixture_.folder.write("lists/campaign.txt", "old.example\nurgent.example\n");
  const auto refused = run({"promote"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_TRUE(has(refused.err, "the rules or lists in use have changed since the shadow began"));
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "old.example\nurgent.example\n");
}

TEST_F(ShadowCommand, AReloadThatIsRefusedLeavesTheShadow) {
  const auto shadows = daemon_with(fingerprint_of_new());
  fixture_.start([shadows](const http::HttpRequest& request) {
    if (request.target == "/v1/reload") return InstallationFixture::reloads("refused", 12)(request);
    return shadows(request);
  });
  const auto result = run({"promote"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.out, "written, but not in force:"));
  EXPECT_EQ(asked("DELETE /v1/shadow"), 0);
}

}  // namespace
}  // namespace postern::ctl::shadow_test
