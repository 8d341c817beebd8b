#include "rules/io/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace postern {
namespace {

using testing::HasSubstr;

const std::string kHead = "version: 1\nrules: rules.yaml\ndns: { upstreams: [[127.0.0.1]] }\n";
const std::string kPolicyd = "policyd: { listen: inet:127.0.0.1:1 }\n";
const std::string kMilter = "milter: { listen: inet:127.0.0.1:2 }\n";

class Configuration : public testing::Test {
 protected:
  std::optional<Settings> settings(const std::string& text, Door door) {
    return read_settings(folder_.write("postern.yaml", text), door, diagnostics_);
  }

  std::shared_ptr<const Snapshot> rules(const std::string& text, const Audience& audience) {
    return read_rules(folder_.write("rules.yaml", text), 1, audience, diagnostics_);
  }

  TemporaryFolder folder_;
  Diagnostics diagnostics_;
};

TEST_F(Configuration, ADoorNeedsItsSection) {
  EXPECT_TRUE(settings(kHead + kPolicyd, Door::policy));
  EXPECT_TRUE(settings(kHead + kMilter, Door::milter));
  EXPECT_EQ(diagnostics_.to_string(), "");
  EXPECT_FALSE(settings(kHead + kPolicyd, Door::milter));
  EXPECT_EQ(diagnostics_.to_string(),
            folder_.path("postern.yaml") +
                ": error: settings: found no section 'milter:', want one: postern-milter needs "
                "it\n");
}

TEST_F(Configuration, ThePolicyDoorNeedsItsSectionToo) {
  EXPECT_FALSE(settings(kHead + kMilter, Door::policy));
  EXPECT_THAT(diagnostics_.to_string(),
              HasSubstr("'policyd:', want one: postern-policyd needs it"));
}

TEST_F(Configuration, WithoutAnyDoorThatIsSaidOnce) {
  EXPECT_FALSE(settings(kHead, Door::milter));
  EXPECT_EQ(diagnostics_.errors(), 1) << diagnostics_.to_string();
}

TEST_F(Configuration, KnowsTheDoorsOfTheInstallation) {
  EXPECT_EQ(doors_of(*settings(kHead + kPolicyd, Door::policy)), DoorSet{Door::policy});
  EXPECT_EQ(doors_of(*settings(kHead + kMilter, Door::milter)), DoorSet{Door::milter});
  EXPECT_EQ(doors_of(*settings(kHead + kPolicyd + kMilter, Door::policy)), DoorSet::all());
  EXPECT_EQ(doors_of(Settings{}), DoorSet{});
}

TEST_F(Configuration, ReadsTheRulesForTheDoorThatJudges) {
  const std::string text =
      "version: 1\nrules: [{ name: a, when: { header.subject: spam.example }, then: reject }]\n";
  EXPECT_TRUE(rules(text, {Door::milter, DoorSet::all()}));
  EXPECT_TRUE(rules(text, {Door::policy, DoorSet::all()}));
  EXPECT_EQ(diagnostics_.errors(), 0) << diagnostics_.to_string();
  EXPECT_FALSE(rules(text, {Door::policy, {Door::policy}}));
}

TEST(ResolveBeside, KeepsAbsolutePathsAndJoinsOthers) {
  EXPECT_EQ(resolve_beside("/etc/postern/postern.yaml", "rules.yaml"), "/etc/postern/rules.yaml");
  EXPECT_EQ(resolve_beside("/etc/postern/postern.yaml", "/srv/rules.yaml"), "/srv/rules.yaml");
  EXPECT_EQ(resolve_beside("postern.yaml", "rules.yaml"), "rules.yaml");
}

}  // namespace
}  // namespace postern
