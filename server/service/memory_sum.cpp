#include "server/service/memory_sum.h"

#include <numeric>

#include "server/config/configuration.h"
#include "server/journal/journal.h"
#include "server/redis/shared_store.h"
#include "server/service/message_budget.h"
#include "server/state/lmdb_store.h"

namespace postern::service {
namespace {

constexpr std::size_t kKibibyte = 1024;
constexpr std::size_t kMebibyte = 1024 * kKibibyte;

// Program, threads and what the allocator keeps; log lines that wait (common/os/log.cpp), as they
// are gathered and as they are written; hits, traces, connections of posternctl and their answers.
constexpr std::size_t kProgram = 24 * kMebibyte;
constexpr std::size_t kLog = 32 * kMebibyte;
constexpr std::size_t kControl = 64 * kMebibyte;
// Settings and rules while they are read (common/yaml/yaml_amount.h); what is kept of the journal
// when they are tried on it afterwards is less than that (server/replay).
constexpr std::size_t kReading = 96 * kMebibyte;
// A question on its way with those who wait for it; TCP to a server, with the system's buffers and
// one answer (common/resolver/dns_transport.h).
constexpr std::size_t kQuestion = 8 * kKibibyte;
constexpr std::size_t kTcpConnections = 64;
constexpr std::size_t kTcpConnection = 144 * kKibibyte;
// A connection with its session; a request stands in its buffer, and up to twice in what is read
// out of it.
constexpr std::size_t kSession = 8 * kKibibyte;
constexpr std::size_t kRequestCopies = 3;
// A session of the milter; the stack of libmilter's thread, as far as it is used, for each
// callback.
constexpr std::size_t kThread = 64 * kKibibyte;

}  // namespace

std::vector<MemoryPart> memory_parts(const config::Settings& settings, Door door,
                                     std::size_t servers) {
  const bool has_journal = !config::journal_folder(settings).empty();
  const bool has_store = !config::store_folder(settings).empty();
  const bool is_shared = has_store && settings.store.backend == config::StoreBackend::redis;
  std::vector<MemoryPart> parts{
      {"program", kProgram},
      {"log", kLog},
      {"control", kControl},
      {"reading", kReading},
      {"journal", has_journal ? journal::Journal::kBytes : 0},
      {"store", has_store ? state::LmdbStore::kBytes : 0},
      {"shared store", is_shared ? redis::SharedStore::kBytes : 0},
      {"DNS cache", settings.dns.cache.max_bytes},
      {"DNS questions", settings.dns.max_in_flight * kQuestion},
      {"DNS over TCP", servers * kTcpConnections * kTcpConnection},
  };
  if (door == Door::policy) {
    const config::PolicydSettings& policyd = settings.policyd;
    parts.push_back({"connections", policyd.max_connections *
                                        (kSession + kRequestCopies * policyd.max_request_bytes)});
  } else {
    parts.push_back({"sessions", settings.milter.max_connections * kSession});
    parts.push_back({"threads", settings.milter.max_waiting * kThread});
    parts.push_back({"messages", MessageBudget::kBytes});
  }
  return parts;
}

std::size_t memory_sum(const std::vector<MemoryPart>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [](std::size_t sum, const MemoryPart& part) { return sum + part.bytes; });
}

}  // namespace postern::service
