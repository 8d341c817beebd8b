#include "server/config/settings_file.h"

#include <charconv>

#include "common/base/duration.h"
#include "common/base/host_port.h"
#include "common/base/ip_scope.h"
#include "common/yaml/config_map.h"
#include "common/yaml/yaml_sections.h"

namespace postern::config {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;

constexpr std::size_t kMaxSocketPath = 107;  // sun_path of unix(7) with its NUL

// Sets `value` when the key is there and good; otherwise the default stays.
template <class T, class Found>
void set(T& value, const std::optional<Found>& found) {
  if (found) value = static_cast<T>(*found);
}

// The same for what is counted in whole seconds.
void set_seconds(seconds& value, yaml::ConfigMap& map, std::string_view key, seconds min,
                 seconds max) {
  const auto found = map.duration(key, min, max);
  if (!found) return;
  value = duration_cast<seconds>(*found);
  if (value == *found) return;
  map.diagnostics().error(
      map.find(key)->where,
      std::string(key) + ": " + yaml::found_want(format_duration(*found), "whole seconds"));
}

void load_upstreams(yaml::ConfigMap& dns, resolver::DnsSettings& settings) {
  const yaml::YamlNode* node = dns.find("upstreams");
  if (node == nullptr) return;
  Diagnostics& diagnostics = dns.diagnostics();
  if (node->kind == yaml::YamlNode::Kind::scalar && node->text == "system") return;
  if (node->kind != yaml::YamlNode::Kind::sequence || node->items.empty()) {
    diagnostics.error(node->where,
                      "upstreams: " + yaml::found_want("no list of groups",
                                                       "e.g. [[127.0.0.1], [192.0.2.53]] "
                                                       "or system"));
    return;
  }
  for (const yaml::YamlNode& group : node->items) {
    dns::DnsServerGroup servers;
    const auto add = [&](const yaml::YamlNode& server) {
      auto parsed = server.kind == yaml::YamlNode::Kind::scalar ? dns::DnsServer::parse(server.text)
                                                                : std::nullopt;
      if (!parsed) {
        diagnostics.error(
            server.where,
            "upstreams: " + yaml::found_want("'" + server.text + "'",
                                             "an address, with a port if it is not 53: "
                                             "127.0.0.1, 127.0.0.1:5353, '[::1]:5353', "
                                             "'fe80::53%eth0'"));
        return;
      }
      if (parsed->lacks_zone()) {
        diagnostics.warning(
            server.where,
            "upstreams: " + yaml::found_want("'" + server.text + "', which is link-local",
                                             "the interface that leads there as well: '" +
                                                 server.text + "%eth0'"));
      }
      servers.push_back(std::move(*parsed));
    };
    if (group.kind == yaml::YamlNode::Kind::sequence) {
      for (const yaml::YamlNode& server : group.items) add(server);
      if (group.items.empty()) {
        diagnostics.error(group.where, "upstreams: " + yaml::found_want("an empty group",
                                                                        "at least one address"));
      }
    } else {
      add(group);
    }
    settings.upstreams.push_back(std::move(servers));
  }
}

void load_cache(yaml::ConfigMap& dns, resolver::DnsCacheSettings& cache) {
  const yaml::YamlNode* node = dns.find("cache");
  if (node == nullptr) return;
  yaml::ConfigMap map(*node, "dns.cache", dns.diagnostics());
  set(cache.max_bytes, map.bytes("max_size", 1 << 16, std::size_t{1} << 36));
  set_seconds(cache.min_ttl, map, "min_ttl", seconds{0}, hours{1});
  set_seconds(cache.max_ttl, map, "max_ttl", seconds{1}, hours{24 * 7});
  set_seconds(cache.max_negative_ttl, map, "max_negative_ttl", seconds{0}, hours{24});
  set_seconds(cache.failure_ttl, map, "failure_ttl", seconds{1}, seconds{300});
  set_seconds(cache.max_failure_ttl, map, "max_failure_ttl", seconds{1}, seconds{300});
  map.finish();
  if (cache.min_ttl > cache.max_ttl) {
    map.diagnostics().error(map.where(), "dns.cache: min_ttl is above max_ttl");
  }
  if (cache.failure_ttl > cache.max_failure_ttl) {
    map.diagnostics().error(map.where(), "dns.cache: failure_ttl is above max_failure_ttl");
  }
}

void load_dns(yaml::ConfigMap& top, resolver::DnsSettings& dns) {
  const yaml::YamlNode* node = top.find("dns");
  if (node == nullptr) return;
  yaml::ConfigMap map(*node, "dns", top.diagnostics());
  load_upstreams(map, dns);
  set(dns.attempt_timeout, map.duration("attempt_timeout", milliseconds{50}, seconds{10}));
  set(dns.query_timeout, map.duration("query_timeout", milliseconds{50}, seconds{60}));
  set(dns.passes, map.integer("passes", 1, 5));
  set(dns.max_in_flight, map.integer("max_in_flight", 1, 60000));
  set(dns.down_after_failures, map.integer("down_after_failures", 1, 1000));
  set_seconds(dns.down_probe_interval, map, "down_probe_interval", seconds{1}, hours{1});
  set(dns.case_randomization, map.word("case_randomization", {"remote", "always", "never"}));
  load_cache(map, dns.cache);
  map.finish();
}

void load_decision(yaml::ConfigMap& top, DecisionSettings& decision) {
  const yaml::YamlNode* node = top.find("decision");
  if (node == nullptr) return;
  yaml::ConfigMap map(*node, "decision", top.diagnostics());
  // Postfix waits 100 s for a policy server, 30 s for a milter.
  set(decision.deadline, map.duration("deadline", milliseconds{100}, seconds{25}));
  set(decision.max_work, map.duration("max_work", milliseconds{10}, seconds{10}));
  set(decision.max_delayed, map.integer("max_delayed", 0, 100000));
  map.finish();
}

void load_log(yaml::ConfigMap& top, os::LogSettings& log) {
  const yaml::YamlNode* node = top.find("log");
  if (node == nullptr) return;
  yaml::ConfigMap map(*node, "log", top.diagnostics());
  set(log.level, map.word("level", {"error", "warning", "info", "debug"}));
  set(log.file, map.text("file"));
  set(log.format, map.word("format", {"text", "json"}));
  set(log.pass, map.log_share("pass"));
  map.finish();
}

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) return std::nullopt;
  return mode;
}

// Octal permissions.
void set_mode(std::uint32_t& mode, yaml::ConfigMap& map) {
  const auto text = map.text("mode");
  if (!text) return;
  if (const auto bits = parse_mode(*text)) {
    mode = *bits;
  } else {
    map.diagnostics().error(
        map.find("mode")->where,
        "mode: " + yaml::found_want("'" + *text + "'", "octal permissions, e.g. 0660"));
  }
}

std::optional<ListenAddress> load_unix_listener(const yaml::YamlNode& node,
                                                Diagnostics& diagnostics) {
  yaml::ConfigMap map(node, "listen", diagnostics);
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  if (map.require("unix") != nullptr) set(address.path, map.text("unix"));
  set(address.owner, map.text("owner"));
  set(address.group, map.text("group"));
  set_mode(address.mode, map);
  map.finish();
  if (!address.path.starts_with('/') || address.path.size() > kMaxSocketPath) {
    diagnostics.error(node.where,
                      "unix: " + yaml::found_want("'" + address.path + "'",
                                                  "an absolute path of at most " +
                                                      std::to_string(kMaxSocketPath) + " bytes"));
    return std::nullopt;
  }
  return address;
}

std::optional<ListenAddress> parse_listener(std::string_view text) {
  ListenAddress address;
  if (text.starts_with("unix:/") && text.size() - 5 <= kMaxSocketPath) {
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = text.substr(5);
    return address;
  }
  if (!text.starts_with("inet:")) return std::nullopt;
  const auto parsed = parse_host_port(text.substr(5), std::nullopt);
  if (!parsed) return std::nullopt;
  address.address = parsed->address;
  address.port = parsed->port;
  return address;
}

// `examples` are of the door's own addresses.
std::optional<ListenAddress> load_listener(const yaml::YamlNode& node, std::string_view examples,
                                           Diagnostics& diagnostics) {
  if (node.kind == yaml::YamlNode::Kind::map) return load_unix_listener(node, diagnostics);
  auto address = parse_listener(node.text);
  if (!address) {
    diagnostics.error(
        node.where, "listen: " + yaml::found_want(
                                     "'" + node.text + "'",
                                     std::string(examples) +
                                         " or a map with 'unix:', 'owner:', 'group:' and 'mode:'"));
  }
  return address;
}

void load_policyd_listeners(const yaml::YamlNode& node, Diagnostics& diagnostics,
                            std::vector<ListenAddress>& listen) {
  const auto add = [&](const yaml::YamlNode& item) {
    auto address = load_listener(
        item, "inet:127.0.0.1:10040, 'inet:[::1]:10040', unix:/run/postern/policy", diagnostics);
    if (address) listen.push_back(std::move(*address));
  };
  if (node.kind != yaml::YamlNode::Kind::sequence) {
    add(node);
    return;
  }
  for (const yaml::YamlNode& item : node.items) add(item);
  if (node.items.empty()) {
    diagnostics.error(node.where,
                      "listen: " + yaml::found_want("an empty list", "at least one address"));
  }
}

// Whoever can connect can read it.
std::optional<ListenAddress> load_metrics(yaml::ConfigMap& door) {
  const yaml::YamlNode* node = door.find("metrics");
  if (node == nullptr) return std::nullopt;
  auto address = node->kind == yaml::YamlNode::Kind::scalar ? parse_listener(node->text)
                                                            : std::optional<ListenAddress>();
  const bool good = address && address->kind == ListenAddress::Kind::tcp &&
                    scope_of(address->address) == IpScope::loopback;
  if (good) return address;
  door.diagnostics().error(
      node->where, "metrics: " + yaml::found_want("'" + node->text + "'",
                                                  "a loopback address with its port, e.g. "
                                                  "inet:127.0.0.1:10049 or 'inet:[::1]:10049'"));
  return std::nullopt;
}

void load_policyd(const yaml::YamlNode& node, Diagnostics& diagnostics, PolicydSettings& policyd) {
  yaml::ConfigMap map(node, "policyd", diagnostics);
  const yaml::YamlNode* listen = map.require("listen");
  if (listen != nullptr) load_policyd_listeners(*listen, diagnostics, policyd.listen);
  policyd.metrics = load_metrics(map);
  set(policyd.threads, map.integer("threads", 1, 64));
  set(policyd.max_connections, map.integer("max_connections", 1, 1000000));
  set(policyd.max_request_bytes, map.bytes("max_request_size", 1024, std::size_t{1} << 20));
  set(policyd.max_request_attributes, map.integer("max_request_attributes", 40, 10000));
  set_seconds(policyd.idle_timeout, map, "idle_timeout", seconds{1}, hours{24});
  set_seconds(policyd.request_timeout, map, "request_timeout", seconds{1}, hours{1});
  set_seconds(policyd.stop_timeout, map, "stop_timeout", seconds{0}, seconds{300});
  map.finish();
}

constexpr std::size_t kLeastHeader = 1024;
constexpr std::size_t kMostHeader = 32768;

void load_milter(const yaml::YamlNode& node, Diagnostics& diagnostics, MilterSettings& milter) {
  yaml::ConfigMap map(node, "milter", diagnostics);
  const yaml::YamlNode* listen = map.require("listen");
  if (listen != nullptr && listen->kind == yaml::YamlNode::Kind::sequence) {
    diagnostics.error(listen->where, "listen: " + yaml::found_want("a list",
                                                                   "one address: libmilter "
                                                                   "has one socket"));
  } else if (listen != nullptr) {
    milter.listen = load_listener(
        *listen, "inet:127.0.0.1:10050, 'inet:[::1]:10050', unix:/run/postern/milter", diagnostics);
  }
  milter.metrics = load_metrics(map);
  set(milter.refuse_clients, map.word("refuse_clients", {"at_mail", "at_greeting"}));
  set(milter.mixed_recipients, map.word("mixed_recipients", {"split", "mildest"}));
  set(milter.max_connections, map.integer("max_connections", 1, 1000000));
  set(milter.max_waiting, map.integer("max_waiting", 1, 10000));
  set(milter.max_header_bytes, map.bytes("max_header_size", kLeastHeader, kMostHeader));
  set_seconds(milter.stop_timeout, map, "stop_timeout", seconds{0}, seconds{300});
  map.finish();
}

void load_doors(yaml::ConfigMap& top, Settings& settings) {
  const yaml::YamlNode* policyd = top.find("policyd");
  const yaml::YamlNode* milter = top.find("milter");
  if (policyd != nullptr) load_policyd(*policyd, top.diagnostics(), settings.policyd);
  if (milter != nullptr) load_milter(*milter, top.diagnostics(), settings.milter);
  const auto& metrics = settings.milter.metrics;
  if (metrics && metrics->port != 0 && metrics == settings.policyd.metrics) {
    top.diagnostics().error(
        yaml::find_member(*milter, "metrics")->where,
        "metrics: " + yaml::found_want("the address that 'policyd:' has", "one for each daemon"));
  }
  if (policyd == nullptr && milter == nullptr) {
    top.diagnostics().error(top.where(), top.what() + ": " +
                                             yaml::found_want("neither 'policyd:' nor 'milter:'",
                                                              "at least one of them"));
  }
}

// The longest name of a socket in that folder has to fit, too.
constexpr std::size_t kMaxControlFolder =
    kMaxSocketPath - std::string_view("/postern-policyd.control").size();

bool is_control_folder(std::string_view folder) {
  return folder.starts_with('/') && folder.size() <= kMaxControlFolder;
}

void load_control_folder(const yaml::YamlNode& node, Diagnostics& diagnostics,
                         std::string& folder) {
  folder = node.text;
  if (is_control_folder(folder)) return;
  diagnostics.error(
      node.where, "control: " + yaml::found_want("'" + folder + "'",
                                                 "the absolute path of a folder, of at "
                                                 "most " +
                                                     std::to_string(kMaxControlFolder) + " bytes"));
}

void load_control(yaml::ConfigMap& top, Settings& settings) {
  const yaml::YamlNode* node = top.find("control");
  if (node == nullptr) return;
  ControlSettings control;
  if (node->kind == yaml::YamlNode::Kind::scalar) {
    load_control_folder(*node, top.diagnostics(), control.folder);
  } else {
    yaml::ConfigMap map(*node, "control", top.diagnostics());
    if (map.require("folder") != nullptr && map.text("folder")) {
      load_control_folder(*map.find("folder"), top.diagnostics(), control.folder);
    }
    set(control.owner, map.text("owner"));
    set(control.group, map.text("group"));
    set_mode(control.mode, map);
    map.finish();
  }
  settings.control = std::move(control);
}

void load_state(yaml::ConfigMap& top, Settings& settings) {
  const auto folder = top.text("state");
  if (!folder) return;
  settings.state_folder = *folder;
  if (folder->starts_with('/')) return;
  top.diagnostics().error(
      top.find("state")->where,
      "state: " + yaml::found_want("'" + *folder + "'", "the absolute path of a folder"));
}

Settings load_all(const yaml::YamlNode& root, Diagnostics& diagnostics) {
  yaml::ConfigMap top(root, "settings", diagnostics);
  Settings settings;
  if (top.require("version") != nullptr) top.integer("version", 1, 1);
  if (top.require("rules") != nullptr) set(settings.rules_file, top.text("rules"));
  load_state(top, settings);
  load_control(top, settings);
  set(settings.user, top.text("user"));
  set(settings.group, top.text("group"));
  load_dns(top, settings.dns);
  load_decision(top, settings.decision);
  load_log(top, settings.log);
  load_doors(top, settings);
  top.finish();
  return settings;
}

}  // namespace

std::optional<Settings> load_settings(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  const auto root = yaml::parse_yaml_past_duplicates(text, file, diagnostics);
  if (!root) return std::nullopt;
  Settings settings = load_all(*root, diagnostics);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return settings;
}

Settings salvage_settings(std::string_view text) {
  const yaml::YamlNode root = yaml::readable_sections(text);
  Diagnostics ignored;
  Settings settings = load_all(root, ignored);
  if (settings.control && !is_control_folder(settings.control->folder)) settings.control.reset();
  if (!settings.state_folder.starts_with('/')) settings.state_folder.clear();
  if (yaml::find_member(root, "policyd") != nullptr && settings.policyd.listen.empty()) {
    settings.policyd.listen.emplace_back();
  }
  if (yaml::find_member(root, "milter") != nullptr && !settings.milter.listen) {
    settings.milter.listen.emplace();
  }
  return settings;
}

}  // namespace postern::config
