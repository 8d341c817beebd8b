#include "server/config/settings_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace postern::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Change {
  const char* key;
  std::function<void(Settings&)> make;
};

dns::DnsServerGroup one_server() {
  return {{IpAddress::parse("192.0.2.53").value(), 53}};
}

const std::vector<Change> kLive = {
    {"rules", [](Settings& s) { s.rules_file = "/other"; }},
    {"decision.deadline", [](Settings& s) { s.decision.deadline = seconds{7}; }},
    {"decision.max_delayed", [](Settings& s) { s.decision.max_delayed = 7; }},
    {"log.level", [](Settings& s) { s.log.level = LogLevel::debug; }},
    {"log.pass", [](Settings& s) { s.log.pass = kNoLine; }},
    {"dns.upstreams", [](Settings& s) { s.dns.upstreams = {one_server()}; }},
    {"dns.attempt_timeout", [](Settings& s) { s.dns.attempt_timeout = seconds{1}; }},
    {"dns.query_timeout", [](Settings& s) { s.dns.query_timeout = seconds{1}; }},
    {"dns.passes", [](Settings& s) { s.dns.passes = 3; }},
    {"dns.max_in_flight", [](Settings& s) { s.dns.max_in_flight = 7; }},
    {"dns.down_after_failures", [](Settings& s) { s.dns.down_after_failures = 7; }},
    {"dns.down_probe_interval", [](Settings& s) { s.dns.down_probe_interval = seconds{7}; }},
    {"dns.case_randomization",
     [](Settings& s) { s.dns.case_randomization = resolver::CaseRandomization::never; }},
    {"dns.cache.max_size", [](Settings& s) { s.dns.cache.max_bytes = 7; }},
    {"dns.cache.min_ttl", [](Settings& s) { s.dns.cache.min_ttl = seconds{7}; }},
    {"dns.cache.max_ttl", [](Settings& s) { s.dns.cache.max_ttl = seconds{7}; }},
    {"dns.cache.max_negative_ttl", [](Settings& s) { s.dns.cache.max_negative_ttl = seconds{7}; }},
    {"dns.cache.failure_ttl", [](Settings& s) { s.dns.cache.failure_ttl = seconds{7}; }},
    {"dns.cache.max_failure_ttl", [](Settings& s) { s.dns.cache.max_failure_ttl = seconds{7}; }},
    {"policyd.max_connections", [](Settings& s) { s.policyd.max_connections = 7; }},
    {"policyd.max_request_size", [](Settings& s) { s.policyd.max_request_bytes = 7; }},
    {"policyd.max_request_attributes", [](Settings& s) { s.policyd.max_request_attributes = 7; }},
    {"policyd.idle_timeout", [](Settings& s) { s.policyd.idle_timeout = seconds{7}; }},
    {"policyd.request_timeout", [](Settings& s) { s.policyd.request_timeout = seconds{7}; }},
    {"policyd.stop_timeout", [](Settings& s) { s.policyd.stop_timeout = seconds{7}; }},
    {"milter.refuse_clients",
     [](Settings& s) { s.milter.refuse_clients = RefuseClients::at_greeting; }},
    {"milter.mixed_recipients",
     [](Settings& s) { s.milter.mixed_recipients = MixedRecipients::mildest; }},
    {"milter.max_connections", [](Settings& s) { s.milter.max_connections = 7; }},
    {"milter.max_waiting", [](Settings& s) { s.milter.max_waiting = 7; }},
    {"milter.stop_timeout", [](Settings& s) { s.milter.stop_timeout = seconds{7}; }},
};

const std::vector<Change> kAtRestart = {
    {"state", [](Settings& s) { s.state_folder = "/var/lib/postern"; }},
    {"control",
     [](Settings& s) {
       s.control = ControlSettings{"/run/postern", "", "", 0600};
     }},
    {"user", [](Settings& s) { s.user = "mail"; }},
    {"group", [](Settings& s) { s.group = "mail"; }},
    {"log.file", [](Settings& s) { s.log.file = "/var/log/postern"; }},
    {"log.format", [](Settings& s) { s.log.format = LogFormat::json; }},
    {"policyd.listen", [](Settings& s) { s.policyd.listen.emplace_back(); }},
    {"policyd.metrics", [](Settings& s) { s.policyd.metrics.emplace(); }},
    {"policyd.threads", [](Settings& s) { s.policyd.threads = 7; }},
    {"milter.listen", [](Settings& s) { s.milter.listen.emplace(); }},
    {"milter.metrics", [](Settings& s) { s.milter.metrics.emplace(); }},
};

TEST(SettingsChange, EqualSettingsDifferInNothing) {
  const auto change = compare_settings({}, {});
  EXPECT_THAT(change.live, IsEmpty());
  EXPECT_THAT(change.restart, IsEmpty());
}

TEST(SettingsChange, WhatIsLiveIsTaken) {
  for (const auto& [key, make] : kLive) {
    Settings read;
    make(read);
    const auto change = compare_settings({}, read);
    EXPECT_THAT(change.live, ElementsAre(key));
    EXPECT_THAT(change.restart, IsEmpty()) << key;
    EXPECT_EQ(settings_in_force({}, read), read) << key;
  }
}

TEST(SettingsChange, WhatIsNotStaysUntilARestart) {
  for (const auto& [key, make] : kAtRestart) {
    Settings read;
    make(read);
    const auto change = compare_settings({}, read);
    EXPECT_THAT(change.live, IsEmpty()) << key;
    EXPECT_THAT(change.restart, ElementsAre(key));
    EXPECT_EQ(settings_in_force({}, read), Settings{}) << key;
  }
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
}  // namespace postern::config
