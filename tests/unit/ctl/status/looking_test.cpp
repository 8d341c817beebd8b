// check, status, reload, rules and cache against daemons that say what they are told to.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::looking_test {
namespace {

constexpr const char* kRules =
    "version: 1\nlists: { l: { kind: domain, file: lists/l.txt } }\n"
    "rules: [{ name: l, when: { sender_domain: l }, then: reject }]\n";

class Looking : public testing::Test {
 protected:
  Looking() {
    fixture_.folder.write("rules.yaml", kRules);
    fixture_.folder.write("lists/l.txt", "a.example\n");
  }

  InstallationFixture fixture_;
};

TEST_F(Looking, CheckOfWhatIsGood) {
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "good: 1 rules, 1 lists, 1 entries; 0 warnings, 0 notes\n");
}

TEST_F(Looking, CheckNamesWhatMatchesNearlyEverything) {
  fixture_.folder.write("lists/l.txt", "a.example\n~.\n");
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 0) << "it is a warning";
  EXPECT_TRUE(has(result.err, "l.txt:2: warning: entry '~.' of list 'l' is very broad"));
}

constexpr const char* kRemembering =
    "version: 1\nrules:\n"
    "  - { name: often, check: rate, key: client, limit: 9/1h, preset: standard }\n"
    "  - { name: grey, check: greylist, preset: standard }\n"
    "  - { name: fresh, check: first_seen, age: 1d, preset: standard }\n"
    "  - { name: resting, mode: off, check: greylist, preset: standard }\n"
    "  - { name: hosts, check: helo, preset: standard }\n";

TEST_F(Looking, CheckNamesEachRuleThatNeedsAStoreWhereThereIsNone) {
  const auto checked = [&](const std::string& store) {
    fixture_.folder.write("postern.yaml",
                          "version: 1\nrules: rules.yaml\n"
                          "policyd: { listen: \"inet:127.0.0.1:10040\" }\n" +
                              store);
    return fixture_.run({"check"});
  };
  fixture_.folder.write("rules.yaml", kRemembering);
  const std::string state = "state: " + fixture_.folder.path("state") + "\n";
  for (const std::string& none : {std::string(), state + "store: { backend: off }\n"}) {
    const auto result = checked(none);
    EXPECT_EQ(result.exit, 0) << "they are warnings: " << result.err;
    for (const std::string check : {"rate", "greylist", "first_seen"}) {
      EXPECT_TRUE(has(result.err, "found check: " + check + " without a store"));
    }
    EXPECT_TRUE(has(result.out, "; 3 warnings"));
    const auto file = fixture_.folder.path("rules.yaml");
    EXPECT_TRUE(has(fixture_.run({"check", file}).out, "; 3 warnings"));
  }
  for (const char* there : {"", "store: { backend: embedded }\n"}) {
    const auto result = checked(state + there);
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out, "; 0 warnings"));
  }
}

TEST_F(Looking, CheckByRootNamesWhatTheDaemonsCannotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root sees through every folder";
  fixture_.settings("user: nobody\npolicyd: { listen: \"inet:127.0.0.1:10040\" }\n");
  const auto list = fixture_.folder.path("lists/l.txt");
  ASSERT_EQ(::chmod(fixture_.folder.path("").c_str(), 0755), 0);
  EXPECT_EQ(fixture_.run({"check"}).err, "");
  ASSERT_EQ(::chmod(list.c_str(), 0600), 0);
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.err, list +
                                  ": warning: the daemons cannot read it as 'nobody' (user: of "
                                  "the settings): " +
                                  list + " has owner root, group root, mode 0600"));
  ASSERT_EQ(::chmod(fixture_.folder.path("").c_str(), 0700), 0);
  EXPECT_TRUE(has(fixture_.run({"check"}).err, "rules.yaml: warning: the daemons cannot read it"));
}

TEST_F(Looking, CheckWhereThereIsNoInstallationReadsNoKey) {
  fixture_.folder.write("other.yaml",
                        "version: 1\nrules:\n  - { name: b, check: dnsbl, on: { listed: log }, "
                        "zones: [{ zone: bl.example, key_file: /postern-has-no/key }] }\n");
  const auto file = fixture_.folder.path("other.yaml");
  const auto here = fixture_.run({"check", file});
  EXPECT_EQ(here.exit, 1);
  EXPECT_TRUE(has(here.err, "error: key_file: cannot open /postern-has-no/key"));
  ASSERT_TRUE(std::filesystem::remove(fixture_.folder.path("postern.yaml")));
  const auto elsewhere = fixture_.run({"check", file});
  EXPECT_EQ(elsewhere.exit, 0) << elsewhere.err;
  EXPECT_TRUE(has(elsewhere.err, file + ": warning: key_file: /postern-has-no/key is not read: "));
}

TEST_F(Looking, CheckFindsEverythingOnceAndInOneGo) {
  fixture_.folder.write("lists/l.txt", "a..b\nb.example\n");
  fixture_.folder.write("rules.yaml", std::string(kRules) + "nix: 1\n");
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "l.txt:1:1: error: "));
  EXPECT_TRUE(has(result.err, "rules.yaml:4:1: error: "));
  EXPECT_TRUE(has(result.out, "NOT GOOD: 2 errors"));
}

TEST_F(Looking, CheckOfSettingsThatAreWrong) {
  fixture_.settings("policyd: { listen: nowhere, nix: 1 }\n");
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "postern.yaml:6:20: error: "));
}

TEST_F(Looking, CheckNotesWhatIsOdd) {
  fixture_.folder.write(
      "lists/l.txt",
      "a.example\na.example\n.b.example\nx.b.example\nc.example expires=2026-11-01\n");
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.out, "l.txt:2: note: a.example is there already: a.example of line 1\n"));
  EXPECT_TRUE(
      has(result.out, "l.txt:4: note: x.b.example could go: covered by .b.example of line 3"));
  EXPECT_TRUE(has(result.out, "l.txt:5: note: c.example has expired"));
}

TEST_F(Looking, CheckOfAFileThatIsNotInstalled) {
  const auto other =
      fixture_.folder.write("new.yaml", "version: 1\nrules: [{ name: a, wen: {} }]\n");
  EXPECT_EQ(fixture_.run({"check", other}).exit, 1);
  EXPECT_EQ(fixture_.run({"check", fixture_.folder.path("rules.yaml")}).exit, 0);
  EXPECT_EQ(fixture_.run({"check", fixture_.folder.path("postern.yaml")}).exit, 0);
  EXPECT_EQ(fixture_.run({"check", fixture_.folder.path("missing.yaml")}).exit, 1);
}

TEST_F(Looking, CheckWithoutSettingsTakesRulesForAllDoors) {
  std::filesystem::remove(fixture_.folder.path("postern.yaml"));
  const auto rules = fixture_.folder.write(
      "header.yaml",
      "version: 1\nrules: [{ name: a, when: { header.subject: ~x }, then: hold }]\n");
  EXPECT_EQ(fixture_.run({"check", rules}).exit, 0);
}

TEST_F(Looking, CheckTellsPrograms) {
  const auto result = fixture_.run({"--json", "check"});
  EXPECT_TRUE(has(result.out, R"("good":true)"));
  EXPECT_TRUE(has(result.out, R"("entries":1)"));
}

TEST_F(Looking, StatusWithoutDaemons) {
  const auto result = fixture_.run({"status"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.out, "postern-policyd DOES NOT ANSWER"));
  EXPECT_TRUE(has(result.out, "postern-milter DOES NOT ANSWER"));
}

TEST_F(Looking, StatusWithoutAControlSection) {
  fixture_.folder.write(
      "postern.yaml", "version: 1\nrules: rules.yaml\npolicyd: { listen: \"inet:127.0.0.1:1\" }\n");
  const auto result = fixture_.run({"status"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.out, "no 'control:'"));
  EXPECT_FALSE(has(result.out, "postern-milter"));
}

TEST_F(Looking, ReloadTellsEachOutcome) {
  fixture_.start(InstallationFixture::reloads("unchanged", 12));
  const auto result = fixture_.run({"reload"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.out,
            "postern-policyd: nothing has changed: generation 12 is in force\n"
            "postern-milter: nothing has changed: generation 12 is in force\n");
}

TEST_F(Looking, ReloadTellsWhatIsWrongOnce) {
  fixture_.start(InstallationFixture::reloads(
      "refused", 12,
      R"([{"severity": "error", "file": "r.yaml", "line": 3, "column": 5, "message": "no"}])"));
  const auto result = fixture_.run({"reload"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(result.err, "r.yaml:3:5: error: no\n");
  EXPECT_TRUE(has(result.out, "postern-milter: REFUSED: generation 12 stays in force"));
}

TEST_F(Looking, ReloadSaysWhoseFaultWhenTheyDiffer) {
  fixture_.policyd = std::make_unique<FakeDaemon>(
      fixture_.folder.path("postern-policyd.control"),
      InstallationFixture::reloads("done", 13, R"([{"severity": "warning", "file": "r", "line": 1,
                                               "column": 1, "message": "mine"}])"));
  fixture_.milter = std::make_unique<FakeDaemon>(
      fixture_.folder.path("postern-milter.control"),
      InstallationFixture::reloads("done", 13, R"([{"severity": "warning", "file": "r", "line": 2,
                                               "column": 1, "message": "other"}])"));
  const auto result = fixture_.run({"reload"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.err,
            "postern-policyd says:\nr:1:1: warning: mine\n"
            "postern-milter says:\nr:2:1: warning: other\n");
}

TEST_F(Looking, ReloadAcceptsShrunkListsWhenTold) {
  fixture_.start([](const http::HttpRequest& request) {
    const bool accept = request.body.find(R"("accept_shrunk":true)") != std::string::npos;
    return InstallationFixture::reloads(accept ? "done" : "refused", 13)(request);
  });
  EXPECT_EQ(fixture_.run({"reload"}).exit, 1);
  EXPECT_EQ(fixture_.run({"reload", "--accept-shrunk"}).exit, 0);
}

TEST_F(Looking, ReloadAcceptsWhatIsLostByItsName) {
  fixture_.start([](const http::HttpRequest& request) {
    const bool accept = request.body.find(R"("accept_loss":"3f9a0c51")") != std::string::npos;
    const std::string tried =
        R"([], "tried": {"candidate": "3f9a0c51", "since": "2026-11-21T12:00:00Z", )"
        R"("decisions": 1, "good_mail_lost": 1})";
    return InstallationFixture::reloads(accept ? "done" : "refused", 13, tried)(request);
  });
  const auto refused = fixture_.run({"reload"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_TRUE(has(refused.out,
                  "postern-policyd: REFUSED: generation 13 stays in force; tried on 1 decision "
                  "since 2026-11-21T12:00:00Z, good mail lost: 1\n"));
  EXPECT_EQ(fixture_.run({"reload", "--accept-loss", "3f9a0c51"}).exit, 0);
  for (const char* wrong : {"", "yes", "3f9a0c5", "3F9A0C51", "3f9a0c511"}) {
    EXPECT_EQ(fixture_.run({"reload", "--accept-loss", wrong}).exit, 2) << wrong;
  }
}

TEST_F(Looking, DaemonsThatAnswerNonsense) {
  fixture_.start([](const http::HttpRequest&) { return http::HttpResponse{200, "<html>"}; });
  EXPECT_EQ(fixture_.run({"reload"}).exit, 1);
  EXPECT_EQ(fixture_.run({"status"}).exit, 3);
  EXPECT_EQ(fixture_.run({"cache", "a.example"}).exit, 1);
  EXPECT_EQ(fixture_.run({"rules"}).exit, 1);
}

http::HttpResponse counts(const http::HttpRequest& request) {
  if (request.target == "/v1/rules") {
    return {200, R"({"started": "2026-11-20T12:00:00Z", "decisions": 5, "rules": [
      {"name": "l", "mode": "log", "at": "rules.yaml:3", "hits": 0, "last": null, "would": 2,
       "would_last": "2026-11-21T11:00:00Z"}],
      "lists": [{"name": "l", "kind": "domain", "file": "lists/l.txt", "entries": 1, "hit": 1}]})"};
  }
  if (request.target == "/v1/entries?list=l&hit=yes&limit=10000") {
    return {200, R"({"entries": 2, "shown": [{"entry": "a.example", "line": 1, "hits": 2,
                                              "last": "2026-11-21T11:00:00Z"}]})"};
  }
  if (request.target == "/v1/entries?list=l&hit=no&limit=10000") {
    return {200, R"({"entries": 2, "shown": [{"entry": "b.example", "line": 2, "hits": 0}]})"};
  }
  return {404, R"({"error": "no such list"})"};
}

TEST_F(Looking, RulesAreCountedOverBothDoors) {
  fixture_.start(counts);
  const auto result = fixture_.run({"rules"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "postern-milter: 5 decisions since 2026-11-20T12:00:00Z"));
  EXPECT_TRUE(has(result.out, "would have acted 4 times, last 2026-11-21T11:00:00Z (60m ago)"));
  EXPECT_TRUE(has(result.out, "1 hit (policyd), 1 hit (milter)"));
}

TEST_F(Looking, EntriesThatHitAndThatNeverDid) {
  fixture_.start(counts);
  const auto hit = fixture_.run({"rules", "--list", "l"});
  EXPECT_TRUE(has(hit.out, "list l: 2 entries, 1 that hit\n"));
  EXPECT_TRUE(has(hit.out, "4     a.example  1"));
  const auto never = fixture_.run({"rules", "--list", "l", "--never"});
  EXPECT_TRUE(has(never.out, "1 that never hit"));
  EXPECT_TRUE(has(never.out, "b.example"));
  const auto nix = fixture_.run({"rules", "--list", "nix"});
  EXPECT_EQ(nix.exit, 1);
  EXPECT_TRUE(has(nix.err, "postern-policyd: no such list"));
}

http::HttpResponse cached(const http::HttpRequest& request) {
  if (request.method == "DELETE") return {200, R"({"forgotten": 2})"};
  if (request.target != "/v1/cache?name=a.example") return {200, R"({"answers": []})"};
  return {200, R"({"answers": [
    {"type": "MX", "status": "found", "reason": "answer", "server": "127.0.0.1:53",
     "ttl_seconds": 86400, "age_seconds": 3500, "kept_seconds": 100,
     "mx": [{"preference": 10, "exchange": "mx.a.example"}], "addresses": [], "names": []},
    {"type": "A", "status": "absent", "reason": "nxdomain", "ttl_seconds": 60, "age_seconds": 0,
     "kept_seconds": 60},
    {"type": "AAAA", "status": "temporary_failure", "reason": "timeout", "ttl_seconds": 0,
     "age_seconds": 2, "kept_seconds": 38}]})"};
}

TEST_F(Looking, CacheOfAName) {
  fixture_.start(cached);
  const auto result = fixture_.run({"cache", "A.example."});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "MX    found 10 mx.a.example        for 100s more  127.0.0.1:53"));
  EXPECT_TRUE(has(result.out, "A     absent (nxdomain)            for 60s more"));
  EXPECT_TRUE(has(result.out, "AAAA  temporary_failure (timeout)  for 38s more"));
  EXPECT_EQ(fixture_.run({"cache", "b.example"}).exit, 1);
  EXPECT_EQ(fixture_.run({"cache", "a..b"}).exit, 2);
}

TEST_F(Looking, CacheForgets) {
  fixture_.start(cached);
  const auto result = fixture_.run({"cache", "--flush", "a.example"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.out, "postern-milter: forgot 2 answers for a.example"));
}

http::HttpResponse remembered(const http::HttpRequest& request) {
  if (request.target != "/v1/store?key=%5B%22rate%22%2C%22people%22%2C%22a%40b.example%22%5D") {
    return {200, R"({"status": "absent"})"};
  }
  return {200, R"({"status": "found", "since_first_seconds": 600.5, "since_last_seconds": 4.2,
                   "marked": false, "members": 0, "debt_seconds": 36.0})"};
}

TEST_F(Looking, ARecordOfTheStore) {
  fixture_.start(remembered);
  const auto found = fixture_.run({"store", "get", "rate", "people", "a@b.example"});
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_TRUE(has(found.out, "first seen 10m ago, last 4s ago, full again in 36s"));
  EXPECT_EQ(fixture_.run({"store", "get", "seen", "people", "a@b.example"}).exit, 1);
  const auto wrong = fixture_.run({"store", "get", "mood", "people"});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_TRUE(has(wrong.err, "found the kind 'mood', want one of greylist, rate, distinct, seen"));
  EXPECT_EQ(fixture_.run({"store", "get", "rate"}).exit, 2);
}

}  // namespace
}  // namespace postern::ctl::looking_test
