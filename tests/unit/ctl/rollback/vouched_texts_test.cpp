#include "ctl/rollback/vouched_texts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::vouched_texts_test {
namespace {

constexpr const char* kRules =
    "version: 1\nlists: { l: { kind: domain, file: lists/l.txt, may_shrink: yes } }\n"
    "rules: [{ name: l, when: { sender_domain: l }, then: reject }]\n";

// FIPS 180-4; the digests are those of sha256sum(1).
TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

class Vouched : public testing::Test {
 protected:
  Vouched() { write("a.example\n"); }
  void write(const std::string& list) const {
    fixture_.folder.write("rules.yaml", kRules);
    fixture_.folder.write("lists/l.txt", list);
  }
  [[nodiscard]] std::string at(const std::string& name) const { return fixture_.folder.path(name); }
  [[nodiscard]] bool has_list(const std::string& text) const {
    return VouchedTexts::beside(at("rules.yaml")).has(at("lists/l.txt"), text);
  }
  InstallationFixture fixture_;
};

TEST_F(Vouched, AreTheTextsThatWereThere) {
  EXPECT_FALSE(has_list("a.example\n"));
  const auto result = fixture_.run({"vouch"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out, "rules.yaml: vouched for\nlists/l.txt: vouched for\n");
  EXPECT_TRUE(has_list("a.example\n"));
  EXPECT_FALSE(has_list("b.example\n"));
  EXPECT_FALSE(VouchedTexts::beside(at("rules.yaml")).has(at("other.txt"), "a.example\n"));
  EXPECT_EQ(fixture_.read(".rules.yaml.vouched"), sha256_of(kRules) + "  " + at("rules.yaml") +
                                                      "\n" + sha256_of("a.example\n") + "  " +
                                                      at("lists/l.txt") + "\n");
}

TEST_F(Vouched, ADryRunSaysWhatWouldBe) {
  const auto first = fixture_.run({"vouch", "--dry-run"});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_EQ(first.out, "rules.yaml: would be vouched for\nlists/l.txt: would be vouched for\n");
  EXPECT_EQ(fixture_.read(".rules.yaml.vouched"), "");
  fixture_.run({"vouch"});
  write("b.example\n");
  const std::string before = fixture_.read(".rules.yaml.vouched");
  EXPECT_EQ(fixture_.run({"vouch", "--dry-run"}).out,
            "rules.yaml: vouched for already\nlists/l.txt: would be vouched for\n");
  EXPECT_TRUE(has(fixture_.run({"vouch", "--dry-run", "--json"}).out, R"("dry_run":true)"));
  EXPECT_EQ(fixture_.read(".rules.yaml.vouched"), before);
}

TEST_F(Vouched, WhatDoesNotLoadIsNot) {
  fixture_.folder.write("rules.yaml", "rules: [\n");
  const auto result = fixture_.run({"vouch"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.err, "rules.yaml:"));
  EXPECT_EQ(fixture_.read(".rules.yaml.vouched"), "");
}

// A person changes files by hand, and tells posternctl in one of these ways.
TEST_F(Vouched, EveryCommandOfAChangeVouches) {
  fixture_.start(InstallationFixture::reloads("done", 2));
  int number = 0;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"check"},
                                             {"reload"},
                                             {"block", "x.example", "--list", "l"},
                                             {"unblock", "by-hand-3.example", "--list", "l"}}) {
    const std::string by_hand = "by-hand-" + std::to_string(number++) + ".example\n";
    write(by_hand);
    const auto result = fixture_.run(words);
    EXPECT_EQ(result.exit, 0) << words.front() << result.err;
    EXPECT_TRUE(has_list(by_hand)) << words.front();
    EXPECT_TRUE(has_list(fixture_.read("lists/l.txt"))) << "and what it has written";
  }
}

TEST_F(Vouched, LookingDoesNot) {
  fixture_.start(InstallationFixture::reloads("done", 2));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"rollback", "--list"},
                                             {"block", "x.example", "--list", "l", "--dry-run"}}) {
    fixture_.run(words);
    EXPECT_FALSE(has_list("a.example\n")) << words.front();
  }
  fixture_.folder.write("rules.yaml", "rules: [\n");
  EXPECT_EQ(fixture_.run({"check"}).exit, 1);
  EXPECT_EQ(fixture_.read(".rules.yaml.vouched"), "");
}

TEST_F(Vouched, ARegisterOfOthersIsNotBelieved) {
  ASSERT_EQ(fixture_.run({"vouch"}).exit, 0);
  const std::string path = at(".rules.yaml.vouched");
  for (const mode_t mode : {0664U, 0646U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_FALSE(has_list("a.example\n")) << mode;
  }
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(has_list("a.example\n"));
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  EXPECT_FALSE(has_list("a.example\n"));
  ASSERT_EQ(::chown(at("rules.yaml").c_str(), 65534, 65534), 0);
  EXPECT_TRUE(has_list("a.example\n")) << "who owns the rules could change them anyway";
}

TEST_F(Vouched, AFeedDoesNotDriveOutTheRules) {
  ASSERT_EQ(fixture_.run({"vouch"}).exit, 0);
  VouchedTexts vouched = VouchedTexts::beside(at("rules.yaml"));
  config::SourceFile file;
  file.path = at("lists/l.txt");
  file.identity.there = true;
  for (std::size_t i = 0; i <= kVouchedOfPath; ++i) {
    file.text = std::to_string(i);
    EXPECT_TRUE(vouched.add({file}));
  }
  EXPECT_FALSE(vouched.add({file}));
  EXPECT_FALSE(vouched.has(file.path, "0"));
  EXPECT_TRUE(vouched.has(file.path, "1"));
  EXPECT_TRUE(vouched.has(at("rules.yaml"), kRules));
}

TEST_F(Vouched, APathWithALineEndIsNoSecondLine) {
  VouchedTexts vouched = VouchedTexts::beside(at("rules.yaml"));
  config::SourceFile file;
  file.path = "/a\n" + sha256_of("evil") + "  /b";
  file.identity.there = true;
  EXPECT_FALSE(vouched.add({file}));
  EXPECT_FALSE(vouched.has("/b", "evil"));
}

}  // namespace
}  // namespace postern::ctl::vouched_texts_test
