#include <gtest/gtest.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::block_what_never_matches_test {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  trusted: { kind: network, file: lists/trusted.txt }
  clients: { kind: network, file: lists/clients.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
  people: { kind: address, file: lists/people.txt }
  greetings: { kind: domain, file: lists/greetings.txt }
  spared: { kind: domain, file: lists/spared.txt }
rules:
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: spared, when: { sender_domain: spared }, then: pass }
  - { name: clients, when: { client: clients }, then: reject }
  - { name: greetings, when: { helo: greetings }, then: reject }
  - { name: people, when: { sender: people }, then: reject }
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
)";

class BlockWhatNeverMatches : public testing::Test {
 protected:
  BlockWhatNeverMatches() {
    fixture_.folder.write("rules.yaml", kRules);
    for (const char* list : {"trusted", "clients", "campaign", "people", "greetings", "spared"}) {
      fixture_.folder.write(file_of(list), "");
    }
    fixture_.start(InstallationFixture::reloads("done", 13));
  }

  static std::string file_of(const std::string& list) { return "lists/" + list + ".txt"; }

  // Nothing is written, and the command line was wrong.
  void expect_refused(const std::string& command, const std::string& value, const std::string& list,
                      const std::string& why) {
    const CtlResult result = fixture_.run({command, value, "--list", list, "--force"});
    EXPECT_EQ(result.exit, 2) << value << "\n" << result.out;
    EXPECT_TRUE(has(result.err, why)) << value;
    EXPECT_EQ(fixture_.read(file_of(list)), "") << value;
  }

  void expect_taken(const std::string& value, const std::string& list) {
    const CtlResult result = fixture_.run({"block", value, "--list", list});
    EXPECT_EQ(result.exit, 0) << value << "\n" << result.err;
    EXPECT_TRUE(has(fixture_.read(file_of(list)), value));
  }

  InstallationFixture fixture_;
};

TEST_F(BlockWhatNeverMatches, ANetworkWithAMistakeIsNamedWithIt) {
  const auto result = fixture_.run({"block", "192.0.2.0/33"});
  EXPECT_EQ(result.exit, 2);
  EXPECT_TRUE(has(result.err, "and '192.0.2.0/33' has prefix length 33; it is 0 to 32\n"));
  EXPECT_EQ(fixture_.read("lists/clients.txt"), "");
  EXPECT_EQ(fixture_.run({"block", "192.0.2.0/24"}).exit, 0);
  EXPECT_TRUE(has(fixture_.read("lists/clients.txt"), "192.0.2.0/24"));
}

TEST_F(BlockWhatNeverMatches, AnAddressAmongSenderDomains) {
  const auto result =
      fixture_.run({"block", "198.51.100.7", "--list", "campaign", "--reason", "ticket 4711"});
  EXPECT_EQ(result.exit, 2);
  EXPECT_EQ(result.err,
            "posternctl: list 'campaign' is of kind domain for sender_domain, and '198.51.100.7' "
            "is an IP address, which no sender_domain is; such a value is for --list clients\n");
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "");
}

TEST_F(BlockWhatNeverMatches, EveryKindIsSentToItsList) {
  expect_refused("block", ".198.51.100.7", "campaign", "is an IP address");
  expect_refused("block", "198.51.100.0/24", "campaign", "is for --list clients\n");
  expect_refused("block", "2001:db8::7", "campaign", "is for --list clients\n");
  expect_refused("block", "[198.51.100.7]", "campaign", "is for --list clients\n");
  expect_refused("block", "helo:[198.51.100.7]", "campaign",
                 "is for --list clients, as 198.51.100.7, without brackets\n");
  expect_refused("block", "helo:[198.51.100.7]", "clients",
                 "want 198.51.100.7, without brackets\n");
  expect_refused("block", "ann@x.example", "campaign", "is for --list people\n");
  expect_refused("block", "a.example", "clients", "is for --list greetings or campaign\n");
  expect_refused("block", "a.example.7", "campaign", "ends in a number");
  expect_refused("block", "ann@198.51.100.7", "people", "has a domain that is an IP address");
  expect_refused("block", "a..example", "campaign", "empty label");
  expect_refused("block", std::string(64, 'a') + ".example", "campaign", "label of 64 characters");
  expect_refused("allow", "198.51.100.7", "spared", "is for --list trusted\n");
}

TEST_F(BlockWhatNeverMatches, WithoutAListForItTheKindIsNamed) {
  fixture_.folder.write(
      "rules.yaml",
      "version: 1\nlists: { campaign: { kind: domain, file: lists/campaign.txt } }\n"
      "rules: [{ name: c, when: { sender_domain: campaign }, then: reject }]\n");
  expect_refused("block", "198.51.100.7", "campaign",
                 "such a value is for a list of kind network, which no rule uses for that; one "
                 "would, by 'client:'\n");
}

TEST_F(BlockWhatNeverMatches, WhatCanMatchIsTaken) {
  expect_taken("1.2.3.4.example", "campaign");
  expect_taken("4711.example", "campaign");
  expect_taken("xn--bcher-kva.example", "campaign");
  expect_taken("198.51.100.7", "clients");
  expect_taken("198.51.100.7", "greetings");
  expect_taken("ann@4711.example", "people");
  expect_taken("198.51.100.8", "clients");
  ASSERT_EQ(fixture_.run({"block", "[198.51.100.9]"}).exit, 0);
  EXPECT_TRUE(has(fixture_.read("lists/clients.txt"), "\n198.51.100.9 "));
}

TEST_F(BlockWhatNeverMatches, WhatStandsThereCanBeTakenOut) {
  fixture_.folder.write("lists/campaign.txt", "198.51.100.7\n");
  EXPECT_EQ(fixture_.run({"unblock", "198.51.100.7", "--list", "campaign"}).exit, 0);
  EXPECT_EQ(fixture_.read("lists/campaign.txt"), "");
}

TEST_F(BlockWhatNeverMatches, CheckWarnsOfWhatStandsThere) {
  fixture_.folder.write("lists/campaign.txt", "a.example\n198.51.100.7\n");
  fixture_.folder.write("lists/greetings.txt", "198.51.100.7\n");
  const auto result = fixture_.run({"check"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(has(result.err,
                  "lists/campaign.txt:2:1: warning: entry '198.51.100.7' of list "
                  "'campaign' never matches: it is an IP address"));
  EXPECT_FALSE(has(result.err, "greetings"));
  EXPECT_TRUE(has(result.out, "; 1 warnings, "));
}

}  // namespace
}  // namespace postern::ctl::block_what_never_matches_test
