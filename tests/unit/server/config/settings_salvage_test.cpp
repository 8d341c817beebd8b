#include <gtest/gtest.h>

#include "server/config/settings_file.h"

namespace postern::config::settings_salvage_test {
namespace {

constexpr const char* kTop =
    "version: 1\n"
    "rules: /srv/rules.yaml\n"
    "state: /srv/state\n"
    "control: { folder: /srv/run, group: adm }\n";

void expect_places(const Settings& settings) {
  EXPECT_EQ(settings.rules_file, "/srv/rules.yaml");
  EXPECT_EQ(settings.state_folder, "/srv/state");
  ASSERT_TRUE(settings.control);
  EXPECT_EQ(settings.control->folder, "/srv/run");
}

TEST(SettingsSalvage, WhatIsFaultyTakesNothingElseAway) {
  for (const std::string rest : {
           "decision: { deadlien: 3s }\n",
           "decision: { deadline: soon }\n",
           "decision: { deadline: 3s\n",
           "decision:\n\tdeadline: 3s\n",
           "unknown: 1\n",
           "\tuser: nobody\n",
           "  junk\n",
           "milter\n",
           "log: \"info\n",
           "&a policyd: x\n",
           "]\n",
           "\xff\n",
       }) {
    expect_places(salvage_settings(kTop + rest));
    expect_places(salvage_settings("# first\n" + rest + kTop));
  }
}

TEST(SettingsSalvage, OfKeysThatStandTwiceTheFirstCounts) {
  expect_places(salvage_settings(std::string(kTop) + "rules: other.yaml\nstate: /other\n"));
}

TEST(SettingsSalvage, ADoorThatHasASectionIsThere) {
  const Settings good = salvage_settings("policyd:\n  listen: inet:127.0.0.1:10040\nx: y: z\n");
  ASSERT_EQ(good.policyd.listen.size(), 1U);
  EXPECT_EQ(good.policyd.listen.front().port, 10040);
  EXPECT_FALSE(good.milter.listen);
  const Settings bad = salvage_settings("policyd:\n\tlisten: x\nmilter: { listen: [\n");
  EXPECT_EQ(bad.policyd.listen.size(), 1U);
  EXPECT_TRUE(bad.milter.listen);
}

TEST(SettingsSalvage, PlacesThatAreNoneAreLeftOut) {
  const Settings settings = salvage_settings("rules: [a, b]\nstate: state\ncontrol: run\n");
  EXPECT_EQ(settings.rules_file, "");
  EXPECT_EQ(settings.state_folder, "");
  EXPECT_FALSE(settings.control);
}

TEST(SettingsSalvage, FromNothingComesNothing) {
  for (const char* text : {"", "\n", "- a\n- b\n", "{ version: 1 }", "\xef\xbb\xbf"}) {
    EXPECT_EQ(salvage_settings(text), Settings()) << text;
  }
}

}  // namespace
}  // namespace postern::config::settings_salvage_test
