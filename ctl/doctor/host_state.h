// What was seen on the machine beside the MTAs' files: sockets, name servers, hosts files, the
// store. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "common/dns/dns.h"
#include "ctl/doctor/store_server.h"

namespace postern::doctor {

// One socket, as a user of this system gets to it.
struct SocketStatus {
  std::string address;  // `unix:PATH` with the path that the kernel sees; `inet:ADDRESS:PORT`
  std::string user;     // who looks; unix only
  enum class State {
    answers,
    missing,    // no such file
    no_socket,  // something else is there
    barred,     // the user may not get there, or not write to it
    nobody,     // it is there, and nobody listens
    unknown,    // could not be looked at
  } state = State::unknown;
  std::string detail;          // which file or folder, with owner and mode; the system's reason
  std::string open_folder;     // one above it that everybody may write to; empty: none
  bool for_everybody = false;  // whether any account here may connect
};

// What a name server said about two names that nobody has.
struct ServerStatus {
  std::string server;  // `127.0.0.1:53`
  struct Answer {
    std::string name;
    dns::DnsStatus status = dns::DnsStatus::temporary_failure;
    dns::DnsReason reason = dns::DnsReason::timeout;
    std::string record;  // the first one of what should not be there
  };
  std::vector<Answer> answers;
};

struct HostsLine {
  int number = 0;
  IpAddress address;
  std::vector<std::string> names;
};

struct HostsFile {
  std::vector<HostsLine> lines;  // that have an address and a name
};

struct HostsStatus {
  std::string file;
  HostsFile hosts;
};

// A file that a chrooted smtpd has its own copy of.
struct CopyStatus {
  std::string file;  // `/etc/hosts`
  std::string copy;  // `/var/spool/postfix/etc/hosts`
  enum class State { same, differs, missing } state = State::same;
};

// What systemd says of a unit of ours.
struct UnitStatus {
  std::string unit;    // `postern-policyd.socket`
  std::string state;   // ActiveState: `active`, `failed`
  std::string result;  // `success`, `exit-code`, `start-limit-hit`
};

// The files of the store (docs/store.md).
struct StoreStatus {
  std::string folder;
  struct Foreign {
    std::string path;
    std::string what;  // `belongs to root`, `is open to others (mode 0644)`
  };
  std::vector<Foreign> foreign;  // that are not the daemons' account's alone
  std::string account;
  enum class Place { disk, memory, network } place = Place::disk;
  std::string file_system;  // where it is no disk: `tmpfs`
  std::uint64_t bytes = 0;  // of the file
  std::uint64_t max_bytes = 0;
};

struct HostState {
  // Of the hosts that an MTA names for what may be ours: their addresses, none when there is none.
  // Who is not in it was not looked up.
  std::map<std::string, std::vector<IpAddress>, std::less<>> host_addresses;
  std::vector<UnitStatus> units;
  std::optional<StoreStatus> store;
  std::optional<StoreServerStatus> store_server;
  std::vector<SocketStatus> sockets;
  std::vector<ServerStatus> servers;
  std::optional<HostsStatus> hosts;
  std::vector<CopyStatus> copies;
  std::string host_name;  // of this machine; its own names in the hosts file are no surprise
};

// Null when it was not looked at.
const SocketStatus* find_socket(const HostState& host, const std::string& address,
                                const std::string& user);

// A hosts(5) file, at most 1 MiB of it.
HostsFile read_hosts(std::string_view text);

}  // namespace postern::doctor
