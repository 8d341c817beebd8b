#include "rules/model/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "rules/checks/check_list.h"
#include "rules/model/action.h"

namespace postern::check_test {
namespace {

TEST(Checks, AreFoundByName) {
  ASSERT_FALSE(checks::all_checks().empty());
  for (const CheckInfo* info : checks::all_checks())
    EXPECT_EQ(checks::find_check(info->name), info) << info->name;
  for (const char* name : {"", "sender_xm", "Sender_mx", "sender_mx ", "sender"}) {
    EXPECT_EQ(checks::find_check(name), nullptr) << name;
  }
}

// The loader takes presets as they are: nothing else looks at them before a rule file uses them.
TEST(Checks, PresetsNameFindingsAndActionsThatLoad) {
  for (const CheckInfo* info : checks::all_checks()) {
    for (const CheckPreset& preset : info->presets) {
      for (const PresetAction& entry : preset.actions) {
        const auto finding =
            std::find_if(info->findings.begin(), info->findings.end(),
                         [&](const FindingInfo& known) { return known.name == entry.finding; });
        ASSERT_NE(finding, info->findings.end()) << preset.name << " " << entry.finding;
        const auto action = parse_action(entry.action);
        ASSERT_TRUE(action.has_value()) << entry.action << ": " << action.error().text;
        const ActionKind kind = kind_of(*action);
        const bool permanent = kind == ActionKind::reject || kind == ActionKind::discard;
        if (finding->finding_class == FindingClass::temporary) {
          EXPECT_FALSE(permanent) << preset.name << " " << entry.finding;
        }
        if (finding->finding_class == FindingClass::good) {
          EXPECT_FALSE(permanent || kind == ActionKind::defer) << preset.name;
        }
      }
    }
  }
}

TEST(Checks, NamesAreTheirOwn) {
  std::set<std::string_view> names;
  for (const CheckInfo* info : checks::all_checks()) {
    EXPECT_TRUE(names.insert(info->name).second) << info->name;
    std::set<std::string_view> findings;
    for (const FindingInfo& finding : info->findings) {
      EXPECT_TRUE(findings.insert(finding.name).second) << finding.name;
    }
    std::set<std::string_view> keys = {"name", "mode",  "stage", "when",
                                       "then", "check", "on",    "preset"};
    for (std::string_view option : info->options) {
      EXPECT_TRUE(keys.insert(option).second) << option;
    }
    EXPECT_TRUE(std::any_of(
        info->findings.begin(), info->findings.end(),
        [](const auto& finding) { return finding.finding_class == FindingClass::temporary; }))
        << info->name << " has no finding for what it could not find out";
  }
}

TEST(CheckReport, States) {
  EXPECT_EQ(CheckReport::not_applicable().state, CheckReport::State::not_applicable);
  EXPECT_EQ(CheckReport::waiting().state, CheckReport::State::waiting);
  const CheckReport found = CheckReport::found(3, "x");
  EXPECT_EQ(found.state, CheckReport::State::found);
  EXPECT_EQ(found.finding, 3U);
  EXPECT_EQ(found.detail, "x");
}

}  // namespace
}  // namespace postern::check_test
