#include <gtest/gtest.h>
#include <sys/stat.h>

#include "server/config/generation_store.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::rollback_test {
namespace {

constexpr const char* kRules =
    "version: 1\nlists: { l: { kind: domain, file: lists/l.txt } }\n"
    "rules: [{ name: l, when: { sender_domain: l }, then: reject }]\n";
constexpr const char* kWithNew =
    "version: 1\nlists: { l: { kind: domain, file: lists/l.txt },\n"
    "  new: { kind: domain, file: lists/new.txt } }\n"
    "rules: [{ name: l, when: { sender_domain: [l, new] }, then: reject }]\n";

class Rollback : public testing::Test {
 protected:
  // As a daemon keeps what it has taken into service.
  void keep(const std::string& rules, const std::string& list, const std::string& at,
            const std::string& more = {}) {
    fixture_.folder.write("rules.yaml", rules);
    fixture_.folder.write("lists/l.txt", list);
    if (!more.empty()) fixture_.folder.write("lists/new.txt", more);
    std::vector<config::SourceFile> files{file("rules.yaml"), file("lists/l.txt")};
    if (!more.empty()) files.push_back(file("lists/new.txt"));
    auto store = config::GenerationStore::open(fixture_.folder.path("state"));
    ASSERT_TRUE(store) << store.error().text;
    ASSERT_TRUE(store->save(files, parse_expiry(at).value()));
    ASSERT_EQ(fixture_.run({"vouch"}).exit, 0);
  }

  [[nodiscard]] config::SourceFile file(const std::string& name) const {
    config::SourceFile source;
    source.path = fixture_.folder.path(name);
    source.text = fixture_.read(name);
    source.identity = os::identify_file(source.path);
    return source;
  }

  void keep_three() {
    keep(kRules, "a.example\n", "2026-11-21T10:00:00Z");
    keep(kRules, "a.example\nb.example\n", "2026-11-21T11:00:00Z");
    keep(kWithNew, "b.example\n", "2026-11-21T11:30:00Z", "n.example\n");
  }

  void stop() {
    fixture_.policyd.reset();
    fixture_.milter.reset();
  }

  InstallationFixture fixture_;
};

TEST_F(Rollback, WithoutGenerationsThereIsNone) {
  fixture_.folder.write("rules.yaml", kRules);
  EXPECT_EQ(fixture_.run({"rollback", "--yes"}).exit, 3);
  keep(kRules, "a.example\n", "2026-11-21T10:00:00Z");
  const auto result = fixture_.run({"rollback", "--yes"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "no earlier generation"));
}

TEST_F(Rollback, ListsWhatEachHasChanged) {
  keep_three();
  const auto result = fixture_.run({"rollback", "--list"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "2  2026-11-21T11:00:00Z (60m ago)  lists/l.txt +1/-0 lines"));
  EXPECT_TRUE(has(result.out, "lists/l.txt +0/-1 lines"));
  EXPECT_TRUE(has(result.out, "lists/new.txt new, +1/-0 lines <- runs"));
}

TEST_F(Rollback, PutsTheOneBeforeBack) {
  keep_three();
  fixture_.start(InstallationFixture::reloads("done", 4));
  const auto result = fixture_.run({"rollback", "--yes"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("rules.yaml"), kRules);
  EXPECT_EQ(fixture_.read("lists/l.txt"), "a.example\nb.example\n");
  EXPECT_TRUE(has(result.out,
                  "going back to generation 2, of 2026-11-21T11:00:00Z\n"
                  "  rules.yaml  +2/-3 lines\n"
                  "    2 - lists: { l: { kind: domain, file: lists/l.txt },\n"
                  "    3 -   new: { kind: domain, file: lists/new.txt } }\n"
                  "    4 - rules: [{ name: l, when: { sender_domain: [l, new] }, then: reject }]\n"
                  "    2 + lists: { l: { kind: domain, file: lists/l.txt } }\n"
                  "    3 + rules: [{ name: l, when: { sender_domain: l }, then: reject }]\n"
                  "  lists/l.txt  +1/-0 lines\n"
                  "    1 + a.example\n"));
  EXPECT_TRUE(has(result.out, "lists/new.txt stays, but is not used"));
  EXPECT_TRUE(has(result.out, "in force since generation 4 (policyd), 4 (milter)"));
  EXPECT_FALSE(std::filesystem::exists(fixture_.folder.path("rules.yaml.before-rollback")));
}

TEST_F(Rollback, OfALongChangeTheFirstLinesAreShown) {
  std::string many;
  for (int i = 0; i < 30; ++i) many += "d" + std::to_string(i) + ".example\n";
  keep(kRules, "a.example\n" + many, "2026-11-21T10:00:00Z");
  keep(kRules, "a.example\n", "2026-11-21T11:00:00Z");
  const auto result = fixture_.run({"rollback", "--dry-run"});
  EXPECT_TRUE(has(result.out, "    21 + d19.example\n    and 10 more lines\n"));
}

TEST_F(Rollback, ADryRunChangesNothing) {
  keep_three();
  const auto result = fixture_.run({"rollback", "1", "--dry-run"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.out, "would go back to generation 1"));
  EXPECT_EQ(fixture_.read("rules.yaml"), kWithNew);
}

TEST_F(Rollback, KeepsWhatIsInNoGeneration) {
  keep_three();
  fixture_.folder.write("lists/l.txt", "by hand\n");
  ASSERT_EQ(::chmod(fixture_.folder.path("lists/l.txt").c_str(), 0640), 0);
  EXPECT_EQ(fixture_.run({"rollback", "2", "--yes"}).exit, 3);  // no daemon, but written
  EXPECT_EQ(fixture_.read("lists/l.txt.before-rollback"), "by hand\n");
  EXPECT_EQ(fixture_.read("lists/l.txt"), "a.example\nb.example\n");
  struct stat status {};
  ASSERT_EQ(::stat(fixture_.folder.path("lists/l.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(Rollback, NeverWritesOverWhatItHasKept) {
  keep_three();
  fixture_.folder.write("lists/l.txt", "first\n");
  fixture_.run({"rollback", "2", "--yes"});
  fixture_.folder.write("lists/l.txt", "second\n");
  fixture_.run({"rollback", "2", "--yes"});
  EXPECT_EQ(fixture_.read("lists/l.txt.before-rollback"), "first\n");
  EXPECT_EQ(fixture_.read("lists/l.txt.before-rollback.2"), "second\n");
}

TEST_F(Rollback, WhatRunsIsAskedFor) {
  keep_three();
  fixture_.start([](const http::HttpRequest& request) {
    if (request.target == "/v1/status") return http::HttpResponse{200, R"({"generation": 2})"};
    return InstallationFixture::reloads("done", 4)(request);
  });
  EXPECT_TRUE(has(fixture_.run({"rollback", "--yes"}).out, "back to generation 2,"));
}

TEST_F(Rollback, WhatRunsIsKnownByItsContentAndNotItsNumberAlone) {
  keep_three();
  const auto second = config::GenerationStore::open_to_read(fixture_.folder.path("state"))->find(2);
  const auto files =
      config::GenerationStore::open_to_read(fixture_.folder.path("state"))->read(*second);
  std::string fingerprint = config::fingerprint_of_files(*files);
  const auto start = [&] {
    stop();
    fixture_.start([fingerprint](const http::HttpRequest&) {
      return http::HttpResponse{200, R"({"generation": 1, "fingerprint": ")" + fingerprint + "\"}"};
    });
  };
  start();
  EXPECT_TRUE(has(fixture_.run({"rollback", "--list"}).out, "lists/l.txt +1/-0 lines <- runs"));
  fingerprint = "of something that is not kept";
  start();
  EXPECT_FALSE(has(fixture_.run({"rollback", "--list"}).out, "<- runs"));
  EXPECT_TRUE(has(fixture_.run({"rollback", "--dry-run"}).out, "would go back to generation 3,"));
}

TEST_F(Rollback, TheFolderIsThatOfTheSettingsWhateverADaemonSays) {
  keep_three();
  const auto start = [&](const std::string& state) {
    stop();
    fixture_.start([state](const http::HttpRequest&) {
      return http::HttpResponse{200, R"({"generation": 3, "state": )" + state + "}"};
    });
  };
  start("\"" + fixture_.folder.path("state") + "\"");
  const auto own = fixture_.run({"rollback", "--list"});
  EXPECT_EQ(own.err, "");
  start("\"" + fixture_.folder.path("elsewhere") + "\"");
  const auto elsewhere = fixture_.run({"rollback", "--list"});
  EXPECT_EQ(elsewhere.exit, 0);
  EXPECT_EQ(elsewhere.out, own.out);
  EXPECT_TRUE(has(elsewhere.err, "note: postern-policyd keeps its generations in " +
                                     fixture_.folder.path("elsewhere") + "; these are of " +
                                     fixture_.folder.path("state")));
  start("null");
  const auto none = fixture_.run({"rollback", "--list"});
  EXPECT_EQ(none.exit, 0);
  EXPECT_TRUE(has(none.err, "note: postern-policyd keeps no generations now"));
}

TEST_F(Rollback, AManifestThatNamesAnyOtherFileIsRefused) {
  const TemporaryFolder other;
  const std::string victim = other.write("passwd", "old\n");
  config::SourceFile strange;
  strange.path = victim;
  strange.text = "new\n";
  keep(kRules, "a.example\n", "2026-11-21T10:00:00Z");
  auto store = config::GenerationStore::open(fixture_.folder.path("state"));
  ASSERT_TRUE(store->save({file("rules.yaml"), file("lists/l.txt"), strange},
                          parse_expiry("2026-11-21T11:00:00Z").value()));
  fixture_.folder.write("lists/l.txt", "by hand\n");
  const auto result = fixture_.run({"rollback", "2", "--yes"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.err, victim + ", which the present rules do not name"));
  EXPECT_EQ(fixture_.read("lists/l.txt"), "by hand\n");
  EXPECT_FALSE(std::filesystem::exists(fixture_.folder.path("lists/l.txt.before-rollback")));
  std::ifstream in(victim);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "old\n");
}

// The rule file that has to be put back is the one that does not parse, so it names no list.
TEST_F(Rollback, AfterASyntaxErrorAListElsewhereIsInNobodysWay) {
  const TemporaryFolder other;
  const std::string feed = other.write("feed.txt", "a.example\n");
  const std::string rules = "version: 1\nlists: { l: { kind: domain, file: " + feed +
                            " } }\n"
                            "rules: [{ name: r, when: { sender_domain: l }, then: reject }]\n";
  fixture_.folder.write("rules.yaml", rules);
  config::SourceFile list;
  list.path = feed;
  list.text = "a.example\n";
  auto store = config::GenerationStore::open(fixture_.folder.path("state"));
  ASSERT_TRUE(
      store->save({file("rules.yaml"), list}, parse_expiry("2026-11-21T10:00:00Z").value()));
  ASSERT_EQ(fixture_.run({"vouch"}).exit, 0);
  fixture_.start(InstallationFixture::reloads("done", 1));
  fixture_.folder.write("rules.yaml", "version: 1\n  lists: {\n");
  const auto result = fixture_.run({"rollback", "1", "--yes"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(fixture_.read("rules.yaml"), rules);
}

TEST_F(Rollback, AGenerationThatIsNotThere) {
  keep_three();
  EXPECT_EQ(fixture_.run({"rollback", "9", "--yes"}).exit, 1);
  EXPECT_EQ(fixture_.run({"rollback", "nine", "--yes"}).exit, 2);
}

TEST_F(Rollback, AGenerationOfAnotherRuleFile) {
  keep_three();
  fixture_.folder.write("postern.yaml",
                        "version: 1\nrules: other.yaml\nstate: " + fixture_.folder.path("state") +
                            "\npolicyd: { listen: \"inet:127.0.0.1:10040\" }\n");
  const auto result = fixture_.run({"rollback", "2", "--yes"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "other.yaml"));
}

}  // namespace
}  // namespace postern::ctl::rollback_test
