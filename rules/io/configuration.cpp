#include "rules/io/configuration.h"

#include <cstddef>
#include <filesystem>

#include "common/config_map.h"
#include "common/io/resolver.h"
#include "common/io/text_file.h"
#include "common/settings_file.h"
#include "common/yaml_node.h"
#include "rules/rule_file.h"

namespace postern {
namespace {

constexpr std::size_t kMaxYaml = YamlLimits{}.max_bytes;
constexpr std::size_t kMaxList = std::size_t{256} << 20;  // some millions of entries
constexpr std::size_t kMaxResolvConf = std::size_t{1} << 20;
constexpr const char* kResolvConf = "/etc/resolv.conf";

DnsServerGroup system_dns_servers(Diagnostics& diagnostics) {
  const auto text = read_text_file(kResolvConf, kMaxResolvConf);
  if (text) return parse_resolv_conf(*text);
  diagnostics.warning({kResolvConf}, text.error().text + "; asking 127.0.0.1");
  return parse_resolv_conf("");
}

// Its section of the settings; the daemon is named after it.
std::string section_of(Door door) {
  return door == Door::policy ? "policyd" : "milter";
}

}  // namespace

std::string resolve_beside(const std::string& beside, const std::string& file) {
  return (std::filesystem::path(beside).parent_path() / file).lexically_normal().string();
}

DoorSet doors_of(const Settings& settings) {
  DoorSet doors;
  if (!settings.policyd.listen.empty()) doors.add(Door::policy);
  if (settings.milter.listen) doors.add(Door::milter);
  return doors;
}

std::optional<Settings> read_settings(const std::string& file, Door door,
                                      Diagnostics& diagnostics) {
  const auto text = read_text_file(file, kMaxYaml);
  if (!text) {
    diagnostics.error({file}, text.error().text);
    return std::nullopt;
  }
  auto settings = load_settings(*text, file, diagnostics);
  if (!settings) return std::nullopt;
  if (!doors_of(*settings).contains(door)) {
    const std::string section = section_of(door);
    diagnostics.error({file}, "settings: " + found_want("no section '" + section + ":'",
                                                        "one: postern-" + section + " needs it"));
    return std::nullopt;
  }
  settings->rules_file = resolve_beside(file, settings->rules_file);
  if (settings->dns.upstreams.empty()) {
    settings->dns.upstreams.push_back(system_dns_servers(diagnostics));
  }
  return settings;
}

std::shared_ptr<const Snapshot> read_rules(const std::string& file, std::uint64_t generation,
                                           const Audience& audience, Diagnostics& diagnostics) {
  const auto text = read_text_file(file, kMaxYaml);
  if (!text) {
    diagnostics.error({file}, text.error().text);
    return nullptr;
  }
  const ReadListFile read_list = [&file](const std::string& list) {
    return read_text_file(resolve_beside(file, list), kMaxList);
  };
  return load_rules(*text, file, read_list, generation, audience, diagnostics);
}

}  // namespace postern
