#include <gtest/gtest.h>

#include "common/os/listener.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::silent_daemon_test {
namespace {

constexpr const char* kRules = R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject }
)";

// A daemon that hangs: who connects waits.
os::Listener hanging_at(const std::string& path) {
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  address.path = path;
  return os::Listener::open(address).value();
}

TEST(SilentDaemon, WhatHoldsIsToldInTheEnd) {
  InstallationFixture fixture;
  fixture.folder.write("rules.yaml", kRules);
  fixture.folder.write("lists/campaign.txt", "");
  fixture.start(InstallationFixture::reloads("done", 13));
  fixture.milter.reset();
  const os::Listener milter = hanging_at(fixture.folder.path("postern-milter.control"));
  const auto result = fixture.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(has(result.out, "added: phish.example"));
  EXPECT_TRUE(has(result.out,
                  "in force since generation 13 (policyd)\n"
                  "postern-milter: not reached: no answer in time: the daemon is busy "
                  "or hangs\n"
                  "a daemon that did not answer takes the changed files by itself"));
  EXPECT_EQ(result.err, "posternctl: written; waiting for postern-milter, 5s at most\n");
}

TEST(SilentDaemon, OneThatDoesNotRunIsNotWaitedFor) {
  InstallationFixture fixture;
  fixture.folder.write("rules.yaml", kRules);
  fixture.folder.write("lists/campaign.txt", "");
  const auto result = fixture.run({"block", "phish.example"});
  EXPECT_EQ(result.exit, 3);
  EXPECT_EQ(result.err, "");
  EXPECT_FALSE(has(result.out, "by itself"));
}

}  // namespace
}  // namespace postern::ctl::silent_daemon_test
