// The server of a store that hosts share.
#include <array>
#include <string>

#include "common/base/duration.h"
#include "ctl/doctor/finding.h"

namespace postern::doctor {
namespace {

using enum FindingSeverity;
using Persistence = StoreServerStatus::Persistence;

// What hosts and server may differ by chance.
constexpr std::chrono::seconds kClockTolerance{5};

const StoreServerStatus* asked_store_server(const MtaConfig& mta) {
  return mta.host.store_server && mta.host.store_server->failing.empty() ? &*mta.host.store_server
                                                                         : nullptr;
}

void check_store_server_away(const MtaConfig& mta, FindingList& findings) {
  if (!mta.host.store_server || mta.host.store_server->failing.empty()) return;
  const StoreServerStatus& server = *mta.host.store_server;
  findings.add(warning, "postern.yaml: store.redis", server.server + ": " + server.failing,
               "Each host judges by what it knows itself, and a limit holds on each of them.",
               "# docs/store.md says what each reason means");
}

void check_store_server_barred(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || server->barred_user.empty()) return;
  findings.add(note, server->server,
               "the user " + server->barred_user + " may not ask the server about itself",
               "Whether it keeps records, drops them, or is a replica is not known here.",
               "ACL SETUSER " + server->barred_user + " +info");
}

void check_store_server_replica(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || !server->primary) return;
  findings.add(warning, "postern.yaml: store.redis.server", server->server + " is a replica",
               "It takes no changes, so that each host judges by what it knows itself.",
               server->primary->empty()
                   ? "# the address of its primary"
                   : "store: { redis: { server: \"inet:" + *server->primary + "\" } }");
}

void check_store_server_memory(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || server->memory_policy.empty()) return;
  const std::string& policy = server->memory_policy;
  const std::string where = server->server + ": maxmemory-policy";
  const std::string write = "maxmemory-policy volatile-ttl";
  if (server->max_memory == 0) {
    findings.add(note, server->server + ": maxmemory", "no bound",
                 "A flood of senders takes all memory of the server's machine.",
                 "maxmemory 256mb\n" + write);
  } else if (policy == "noeviction") {
    findings.add(warning, where, policy + ", and a maxmemory",
                 "A server that is full takes no changes (OOM), and is then not in use.", write);
  } else if (policy.starts_with("allkeys-")) {
    findings.add(warning, where, policy,
                 "A server that is full drops also the key by which hosts see that they hash "
                 "alike, and records that have long to live.",
                 write);
  } else if (policy != "volatile-ttl") {
    findings.add(note, where, policy,
                 "A server that is full drops records however long they are to be kept.", write);
  }
}

void check_store_server_save(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || !server->has_save_failed) return;
  findings.add(warning, server->server, "its last save has failed (rdb_last_bgsave_status)",
               "With stop-writes-on-bgsave-error, which is the default, it takes no changes "
               "(MISCONF).",
               "# make room on its disk, then BGSAVE");
}

void check_store_server_forgets(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || server->persistence != Persistence::none) return;
  findings.add(note, server->server, "it writes no records down, neither by save nor by appendonly",
               "A restart of the server makes all limits free, and every sender new.",
               "appendonly yes");
}

void check_store_server_open(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || !server->is_open) return;
  findings.add(warning, server->server, "the default user needs no password",
               "Whoever can connect can read and change all that the server has.",
               "# once each client has a user of its own (docs/store.md has Postern's):\n"
               "ACL SETUSER default off");
}

void check_store_server_clock(const MtaConfig& mta, FindingList& findings) {
  const StoreServerStatus* server = asked_store_server(mta);
  if (server == nullptr || std::chrono::abs(server->ahead) <= kClockTolerance) return;
  const std::string apart = format_duration(std::chrono::abs(server->ahead));
  findings.add(warning, server->server,
               "its clock is " + apart + (server->ahead.count() > 0 ? " ahead of" : " behind") +
                   " this host's",
               "Records go by the server's clock: when it is set right, limits and waiting times "
               "jump by as much.",
               "# let both machines take their time from NTP (timedatectl)");
}

}  // namespace

FindingKinds store_server_findings() {
  static constexpr std::array kFindings{
      FindingKind{"store-server-away", check_store_server_away},
      FindingKind{"store-server-barred", check_store_server_barred},
      FindingKind{"store-server-replica", check_store_server_replica},
      FindingKind{"store-server-memory", check_store_server_memory},
      FindingKind{"store-server-save", check_store_server_save},
      FindingKind{"store-server-forgets", check_store_server_forgets},
      FindingKind{"store-server-open", check_store_server_open},
      FindingKind{"store-server-clock", check_store_server_clock},
  };
  return kFindings;
}

}  // namespace postern::doctor
