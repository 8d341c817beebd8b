#include "server/config/configuration.h"

#include <utility>

#include "common/os/host_name.h"
#include "common/os/text_file.h"
#include "common/os/zone_index.h"
#include "common/resolver/resolv_conf.h"
#include "common/yaml/config_map.h"
#include "server/config/outside_files.h"
#include "server/config/settings_file.h"

namespace postern::config {
namespace {

constexpr std::size_t kMaxYaml = yaml::YamlLimits{}.max_bytes;
constexpr std::size_t kMaxResolvConf = std::size_t{1} << 20;

// Of a file that could not be read: why, if it may be the next time.
std::optional<Error> if_it_passes(const os::SystemError& error) {
  return error.is_not_now() ? std::optional<Error>(error) : std::nullopt;
}

std::vector<dns::DnsServerGroup> servers_of(const SystemDns& system, Diagnostics& diagnostics,
                                            std::optional<Error>& why_not_now) {
  const auto text = os::read_text_file(system.resolv_conf, kMaxResolvConf);
  if (!text) why_not_now = if_it_passes(text.error());
  if (text) {
    dns::DnsServerGroup servers =
        resolver::parse_resolv_conf(*text, system.resolv_conf, diagnostics);
    if (!servers.empty()) return {std::move(servers)};
  }
  const std::string why = text ? "names no server that can be asked" : text.error().text;
  if (!system.otherwise.empty()) {
    diagnostics.warning({system.resolv_conf}, why + "; asking the servers from before");
    return system.otherwise;
  }
  diagnostics.warning(
      {system.resolv_conf},
      why + "; asking 127.0.0.1, as resolv.conf(5) has it for a file that names none");
  return {{{IpAddress::from_v4(0x7f000001)}}};
}

// They may come later, so that the servers are asked all the same.
void warn_of_missing_interfaces(const std::vector<dns::DnsServerGroup>& upstreams,
                                const std::string& file, Diagnostics& diagnostics) {
  for (const dns::DnsServerGroup& group : upstreams) {
    for (const dns::DnsServer& server : group) {
      if (server.zone.empty() || os::zone_index(server.zone)) continue;
      diagnostics.warning({file}, "DNS server " + server.to_string() +
                                      ": this machine has no interface '" + server.zone + "' now");
    }
  }
}

// Its section of the settings; the daemon is named after it.
std::string section_of(Door door) {
  return door == Door::policy ? "policyd" : "milter";
}

// Programs that start in other folders, and what was kept before, are to mean the same files.
void find_places(const std::string& file, Settings& settings) {
  for (std::string* path : {&settings.rules_file, &settings.log.file}) {
    if (!path->empty()) *path = absolute_path(resolve_beside(file, *path));
  }
}

}  // namespace

DoorSet doors_of(const Settings& settings) {
  DoorSet doors;
  if (!settings.policyd.listen.empty()) doors.add(Door::policy);
  if (settings.milter.listen) doors.add(Door::milter);
  return doors;
}

LoadTarget load_target(const Settings& settings, Door door) {
  const std::string machine = os::host_name();
  return {door, doors_of(settings), settings.milter.mixed_recipients, kThisMachine,
          !settings.authserv_id.empty() ? settings.authserv_id
          : DomainName::parse(machine)  ? machine
                                        : "localhost"};
}

SettingsRead read_settings_now(const std::string& file, Door door, Diagnostics& diagnostics,
                               const SystemDns& system) {
  const auto text = os::read_text_file(file, kMaxYaml);
  if (!text) {
    diagnostics.error({file}, text.error().text);
    return {std::nullopt, if_it_passes(text.error())};
  }
  auto settings = load_settings(*text, file, diagnostics);
  if (!settings) return {};
  if (!doors_of(*settings).contains(door)) {
    const std::string section = section_of(door);
    diagnostics.error({file},
                      "settings: " + yaml::found_want("no section '" + section + ":'",
                                                      "one: postern-" + section + " needs it"));
    return {};
  }
  SettingsRead read;
  find_places(file, *settings);
  std::vector<dns::DnsServerGroup>& upstreams = settings->dns.upstreams;
  const bool by_system = upstreams.empty();
  if (by_system) upstreams = servers_of(system, diagnostics, read.not_now);
  warn_of_missing_interfaces(upstreams, by_system ? system.resolv_conf : file, diagnostics);
  read.settings = std::move(settings);
  return read;
}

std::optional<Settings> read_settings(const std::string& file, Door door, Diagnostics& diagnostics,
                                      const SystemDns& system) {
  return read_settings_now(file, door, diagnostics, system).settings;
}

std::string journal_folder(const Settings& settings) {
  if (!has_journal(settings)) return {};
  const std::string& folder = settings.journal.folder;
  return folder.empty() ? settings.state_folder + "/journal" : folder;
}

std::string store_folder(const Settings& settings) {
  const bool has_store =
      settings.store.backend != StoreBackend::off && !settings.state_folder.empty();
  return has_store ? settings.state_folder + "/store" : std::string();
}

SalvagedSettings read_what_can_be_read(const std::string& file) {
  const auto text = os::read_text_file(file, kMaxYaml);
  SalvagedSettings salvaged;
  Settings& settings = salvaged.settings;
  if (text) settings = salvage_settings(*text);
  salvaged.names_control = settings.control.has_value();
  if (!settings.control) settings.control.emplace().folder = kDefaultControlFolder;
  if (settings.rules_file.empty()) settings.rules_file = kDefaultRulesFile;
  find_places(file, settings);
  if (settings.state_folder.empty()) settings.state_folder = kDefaultStateFolder;
  if (settings.dns.upstreams.empty()) {
    Diagnostics ignored;
    std::optional<Error> never_tried_again;
    settings.dns.upstreams = servers_of({}, ignored, never_tried_again);
  }
  return salvaged;
}

}  // namespace postern::config
