// Looks at everything beside the MTAs' files that findings are about. Blocks, for a bounded time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/ip_address.h"
#include "ctl/doctor/host_state.h"
#include "ctl/doctor/mistaken_address.h"
#include "ctl/doctor/mta_config.h"
#include "server/config/settings.h"

namespace postern::doctor {

struct HostFiles {
  std::string hosts = "/etc/hosts";
  // Of which a chrooted SMTP server has copies below the queue directory.
  std::vector<std::string> copied = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"};
};

HostState check_host(MtaConfig mta, const config::Settings& settings, const HostFiles& files = {});

// The parts of it. Of a host, as the system's resolver finds it: empty when it has none here.
std::vector<IpAddress> addresses_of_host(const std::string& host);

// Of the units with these names, those that systemd knows; none where no systemd runs.
std::vector<UnitStatus> check_units(const std::vector<std::string>& units,
                                    const std::string& systemctl = "systemctl");

// What `systemctl show --property=Id,LoadState,ActiveState,Result` has written: a block of lines a
// unit. Pure.
std::vector<UnitStatus> read_unit_states(const std::string& text);

// The store of the settings; nothing: they want none, or it is not made yet.
std::optional<StoreStatus> check_store(const config::Settings& settings);

// The server of a store that hosts share, asked within 2 seconds; nothing: the settings want none.
std::optional<StoreServerStatus> check_store_server(const config::StoreSettings& settings);

// Permissions are those of owner, group and mode, as of every folder above; access lists are not
// looked at. Who listens is found out by connecting, and hanging up at once.
SocketStatus check_socket(const SocketQuestion& question);

// Two names that do not exist: one below `.invalid` (RFC 6761 6.4), which a resolver may know by
// itself, and one below a top-level domain that does exist, made of random letters.
std::vector<std::string> names_of_nobody();

// All servers of `dns.upstreams` at once, 16 at most, each by itself.
std::vector<ServerStatus> ask_name_servers(const resolver::DnsSettings& dns,
                                           const std::vector<std::string>& names);

}  // namespace postern::doctor
