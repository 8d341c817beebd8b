#include "server/config/settings_change.h"

#include <functional>
#include <utility>

namespace postern::config {
namespace {

enum class Taken { live, at_restart };

struct Key {
  const char* name;
  Taken taken;
  std::function<bool(const Settings&, const Settings&)> same;
  std::function<void(const Settings& from, Settings& to)> copy;
};

// `members` lead from the settings to the value.
template <class... Members>
Key key(const char* name, Taken taken, Members... members) {
  return {name, taken,
          [members...](const Settings& a, const Settings& b) {
            return (a.*....*members) == (b.*....*members);
          },
          [members...](const Settings& from, Settings& to) {
            (to.*....*members) = (from.*....*members);
          }};
}

void add_common_keys(std::vector<Key>& keys) {
  using S = Settings;
  keys.push_back(key("rules", Taken::live, &S::rules_file));
  keys.push_back(key("state", Taken::at_restart, &S::state_folder));
  keys.push_back(key("control", Taken::at_restart, &S::control));
  keys.push_back(key("user", Taken::at_restart, &S::user));
  keys.push_back(key("group", Taken::at_restart, &S::group));
  using Decision = DecisionSettings;
  keys.push_back(key("decision.deadline", Taken::live, &S::decision, &Decision::deadline));
  keys.push_back(key("decision.max_work", Taken::live, &S::decision, &Decision::max_work));
  keys.push_back(key("decision.max_delayed", Taken::live, &S::decision, &Decision::max_delayed));
  keys.push_back(key("log.level", Taken::live, &S::log, &os::LogSettings::level));
  keys.push_back(key("log.file", Taken::at_restart, &S::log, &os::LogSettings::file));
  keys.push_back(key("log.format", Taken::at_restart, &S::log, &os::LogSettings::format));
  keys.push_back(key("log.pass", Taken::live, &S::log, &os::LogSettings::pass));
}

void add_dns_keys(std::vector<Key>& keys) {
  const auto add = [&keys](const char* name, auto member) {
    keys.push_back(key(name, Taken::live, &Settings::dns, member));
  };
  add("dns.upstreams", &resolver::DnsSettings::upstreams);
  add("dns.attempt_timeout", &resolver::DnsSettings::attempt_timeout);
  add("dns.query_timeout", &resolver::DnsSettings::query_timeout);
  add("dns.passes", &resolver::DnsSettings::passes);
  add("dns.max_in_flight", &resolver::DnsSettings::max_in_flight);
  add("dns.down_after_failures", &resolver::DnsSettings::down_after_failures);
  add("dns.down_probe_interval", &resolver::DnsSettings::down_probe_interval);
  add("dns.case_randomization", &resolver::DnsSettings::case_randomization);
}

void add_cache_keys(std::vector<Key>& keys) {
  const auto add = [&keys](const char* name, auto member) {
    keys.push_back(key(name, Taken::live, &Settings::dns, &resolver::DnsSettings::cache, member));
  };
  add("dns.cache.max_size", &resolver::DnsCacheSettings::max_bytes);
  add("dns.cache.min_ttl", &resolver::DnsCacheSettings::min_ttl);
  add("dns.cache.max_ttl", &resolver::DnsCacheSettings::max_ttl);
  add("dns.cache.max_negative_ttl", &resolver::DnsCacheSettings::max_negative_ttl);
  add("dns.cache.failure_ttl", &resolver::DnsCacheSettings::failure_ttl);
  add("dns.cache.max_failure_ttl", &resolver::DnsCacheSettings::max_failure_ttl);
}

void add_policyd_keys(std::vector<Key>& keys) {
  const auto add = [&keys](const char* name, Taken taken, auto member) {
    keys.push_back(key(name, taken, &Settings::policyd, member));
  };
  add("policyd.listen", Taken::at_restart, &PolicydSettings::listen);
  add("policyd.metrics", Taken::at_restart, &PolicydSettings::metrics);
  add("policyd.threads", Taken::at_restart, &PolicydSettings::threads);
  add("policyd.max_connections", Taken::live, &PolicydSettings::max_connections);
  add("policyd.max_request_size", Taken::live, &PolicydSettings::max_request_bytes);
  add("policyd.max_request_attributes", Taken::live, &PolicydSettings::max_request_attributes);
  add("policyd.idle_timeout", Taken::live, &PolicydSettings::idle_timeout);
  add("policyd.request_timeout", Taken::live, &PolicydSettings::request_timeout);
  add("policyd.stop_timeout", Taken::live, &PolicydSettings::stop_timeout);
}

void add_milter_keys(std::vector<Key>& keys) {
  const auto add = [&keys](const char* name, Taken taken, auto member) {
    keys.push_back(key(name, taken, &Settings::milter, member));
  };
  add("milter.listen", Taken::at_restart, &MilterSettings::listen);
  add("milter.metrics", Taken::at_restart, &MilterSettings::metrics);
  add("milter.refuse_clients", Taken::live, &MilterSettings::refuse_clients);
  add("milter.mixed_recipients", Taken::live, &MilterSettings::mixed_recipients);
  add("milter.max_connections", Taken::live, &MilterSettings::max_connections);
  add("milter.max_waiting", Taken::live, &MilterSettings::max_waiting);
  add("milter.max_header_size", Taken::live, &MilterSettings::max_header_bytes);
  add("milter.stop_timeout", Taken::live, &MilterSettings::stop_timeout);
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  add_common_keys(keys);
  add_dns_keys(keys);
  add_cache_keys(keys);
  add_policyd_keys(keys);
  add_milter_keys(keys);
  return keys;
}

}  // namespace

SettingsChange compare_settings(const Settings& running, const Settings& read) {
  SettingsChange change;
  for (const Key& key : all_keys()) {
    if (key.same(running, read)) continue;
    (key.taken == Taken::live ? change.live : change.restart).emplace_back(key.name);
  }
  return change;
}

Settings settings_in_force(const Settings& running, Settings read) {
  for (const Key& key : all_keys()) {
    if (key.taken == Taken::at_restart) key.copy(running, read);
  }
  return read;
}

}  // namespace postern::config
