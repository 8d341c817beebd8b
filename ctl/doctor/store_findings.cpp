// The store, and rules that need it.
#include <array>
#include <string>

#include "ctl/doctor/finding.h"

namespace postern::doctor {
namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
// It has grown to what it may have: records have gone before their time, or soon will.
constexpr std::uint64_t kFullPercent = 95;

void check_store_missing(const MtaConfig& mta, FindingList& findings) {
  const PosternConfig& postern = mta.postern;
  if (postern.remembers.empty() || postern.has_store) return;
  findings.add(FindingSeverity::error, "postern.yaml: store",
               "no store, and the rule " + postern.remembers + " needs it",
               "Its check finds unknown for all mail: nothing is counted, and nobody is known.",
               "state: /var/lib/postern\nstore: { backend: embedded }");
}

void check_store_not_ours(const MtaConfig& mta, FindingList& findings) {
  if (!mta.host.store) return;
  const StoreStatus& store = *mta.host.store;
  for (const auto& [path, what] : store.foreign) {
    const bool is_open = what.starts_with("is open");
    findings.add(is_open ? FindingSeverity::warning : FindingSeverity::error, path, what,
                 is_open ? "Who reads key and records can find out by trying who has sent mail."
                         : "The daemons cannot use it, and mail is judged without the store.",
                 is_open ? "chmod go-rwx " + path : "chown " + store.account + ": " + path);
  }
}

void check_store_place(const MtaConfig& mta, FindingList& findings) {
  if (!mta.host.store || mta.host.store->place == StoreStatus::Place::disk) return;
  const StoreStatus& store = *mta.host.store;
  const bool is_network = store.place == StoreStatus::Place::network;
  findings.add(is_network ? FindingSeverity::error : FindingSeverity::warning, store.folder,
               "a file system of the kind " + store.file_system,
               is_network ? "The lock of the store is in memory that only one machine has: it "
                            "breaks, and a lost connection ends a daemon."
                          : "Each start of the machine forgets all limits and who is known.",
               "# in postern.yaml: state: on a local disk");
}

void check_store_full(const MtaConfig& mta, FindingList& findings) {
  if (!mta.host.store || mta.host.store->max_bytes == 0) return;
  const StoreStatus& store = *mta.host.store;
  if (store.bytes < store.max_bytes / 100 * kFullPercent) return;
  const std::uint64_t size = store.max_bytes / kMib;
  findings.add(FindingSeverity::note, "postern.yaml: store.size",
               "a file that has grown to its size of " + std::to_string(size) + " MiB",
               "Records go before their time, those first that were used longest ago for how long "
               "they are kept (postern_store_evictions_total).",
               "store: { size: " + std::to_string(2 * size) + "MiB }");
}

void check_store_server_plain(const MtaConfig& mta, FindingList& findings) {
  if (!mta.postern.plain_store_server) return;
  findings.add(FindingSeverity::warning, "postern.yaml: store.redis",
               mta.postern.plain_store_server->to_string() + " without TLS",
               "Whoever is on the way can read the password, and change what the server says.",
               "store: { redis: { tls: on } }");
}

}  // namespace

FindingKinds store_findings() {
  static constexpr std::array kFindings{
      FindingKind{"store-missing", check_store_missing},
      FindingKind{"store-not-ours", check_store_not_ours},
      FindingKind{"store-place", check_store_place},
      FindingKind{"store-full", check_store_full},
      FindingKind{"store-server-plain", check_store_server_plain},
  };
  return kFindings;
}

}  // namespace postern::doctor
