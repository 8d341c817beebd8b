#include "server/config/settings_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/server/config/settings_rows.h"

namespace postern::config::settings_change_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// All others are taken while the daemon serves.
const std::set<std::string> kAtRestart{"state",
                                       "store.backend",
                                       "store.size",
                                       "control",
                                       "user",
                                       "group",
                                       "log.file",
                                       "log.format",
                                       "policyd.listen",
                                       "policyd.metrics",
                                       "policyd.threads",
                                       "milter.listen",
                                       "milter.metrics",
                                       "store.redis.server",
                                       "store.redis.site",
                                       "store.redis.user",
                                       "store.redis.password_file",
                                       "store.redis.timeout",
                                       "store.redis.tls",
                                       "store.redis.tls_ca",
                                       "store.redis.tls_name",
                                       "store.redis.tls_certificate",
                                       "store.redis.tls_key"};

template <class Value>
void change(Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    value = static_cast<Value>(value == Value{} ? 1 : 0);
  } else if constexpr (std::is_same_v<Value, std::string>) {
    value += "/other";
  } else if constexpr (std::is_same_v<Value, LogShare>) {
    value = kNoLine;
  } else if constexpr (requires { value.emplace_back(); }) {
    value.emplace_back();
  } else if constexpr (requires { value.emplace(); }) {
    value.emplace();
  } else {
    ++value;
  }
}

TEST(SettingsChange, EqualSettingsDifferInNothing) {
  const auto change = compare_settings({}, {});
  EXPECT_THAT(change.live, IsEmpty());
  EXPECT_THAT(change.restart, IsEmpty());
}

TEST(SettingsChange, EachIsTakenOrWaitsForARestart) {
  std::set<std::string> at_restart;
  for_each_setting([&](const std::string& section, const Setting& setting, const auto& get,
                       const auto& /*form*/) {
    const std::string key = (section.empty() ? "" : section + '.') + std::string(setting.key);
    Settings read;
    change(get(read));
    const auto change = compare_settings({}, read);
    if (setting.taken == Taken::live) {
      EXPECT_THAT(change.live, ElementsAre(key));
      EXPECT_THAT(change.restart, IsEmpty()) << key;
      EXPECT_EQ(settings_in_force({}, read), read) << key;
    } else {
      at_restart.insert(key);
      EXPECT_THAT(change.live, IsEmpty()) << key;
      EXPECT_THAT(change.restart, ElementsAre(key));
      EXPECT_EQ(settings_in_force({}, read), Settings{}) << key;
    }
  });
  EXPECT_EQ(at_restart, kAtRestart);
}

TEST(SettingsChange, ASectionMayBeOff) {
  Settings read;
  read.journal.off = true;
  EXPECT_THAT(compare_settings({}, read).live, ElementsAre("journal"));
  EXPECT_TRUE(settings_in_force({}, read).journal.off);
}

TEST(SettingsChange, OneDoesNotHinderTheOther) {
  Settings read;
  read.log = {LogLevel::debug, "/var/log/postern"};
  const Settings in_force = settings_in_force({}, read);
  EXPECT_EQ(in_force.log.level, LogLevel::debug);
  EXPECT_EQ(in_force.log.file, "");
  EXPECT_THAT(compare_settings(in_force, read).live, IsEmpty());
  EXPECT_THAT(compare_settings(in_force, read).restart, ElementsAre("log.file"));
}

}  // namespace
}  // namespace postern::config::settings_change_test
