// An installation with a list of each kind that block and allow know, and a daemon that reloads.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl {

inline constexpr const char* kBlockRules = R"(version: 1
lists:
  trusted: { kind: network, file: lists/trusted.txt }
  campaign: { kind: domain, file: lists/campaign.txt }
  wide: { kind: domain, entries: [.wide.example] }
  no-mx-check: { kind: domain, file: lists/no-mx-check.txt }
  popular: { kind: domain, entries: [gmail.com] }
  noted: { kind: domain, file: lists/noted.txt }
well_known: [popular]
rules:
  - { name: trusted, when: { client: trusted }, then: pass }
  - { name: no-mx-check, when: { sender_domain: no-mx-check }, then: skip sender_mx }
  - { name: campaign, when: { sender_domain: [campaign, wide] }, then: reject }
  - { name: noted, when: { sender_domain: noted }, then: log }
  - { name: mx, check: sender_mx, preset: standard }
)";

inline constexpr const char* kCampaign =
    "# what runs now\n"
    "\n"
    "old.example   reason=\"ticket 1\" owner=ann   # by hand\n"
    "gone.example expires=2026-11-01\n";

class BlockFixture : public testing::Test {
 protected:
  BlockFixture() {
    fixture_.folder.write("rules.yaml", kBlockRules);
    fixture_.folder.write("lists/campaign.txt", kCampaign);
    for (const char* name : {"trusted", "no-mx-check", "noted"}) {
      fixture_.folder.write("lists/" + std::string(name) + ".txt", "");
    }
    fixture_.start(InstallationFixture::reloads("done", 13));
  }

  [[nodiscard]] std::string campaign() const { return fixture_.read("lists/campaign.txt"); }

  void expect_refused(const std::vector<std::string>& words, const std::string& why) {
    const CtlResult result = fixture_.run(words);
    EXPECT_EQ(result.exit, 1) << result.out;
    EXPECT_TRUE(has(result.err, why));
    EXPECT_EQ(campaign(), kCampaign);
  }

  InstallationFixture fixture_;
};

}  // namespace postern::ctl
