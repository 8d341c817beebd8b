// Which DNS lists that rules ask do not answer as lists do, for the log, `status` and metrics.
// Survives reloads; bounded in memory. All threads share it, and any thread may call any function.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_date.h"
#include "rules/model/dns_list_report.h"
#include "rules/snapshot.h"

namespace postern::service {

class DnsListHealth {
 public:
  // Over all generations; of more the one goes that was asked longest ago.
  static constexpr std::size_t kMaxZones = 1000;
  // A list in trouble has one line in that time.
  static constexpr std::chrono::hours kLogInterval{1};

  struct Trouble {
    ListSays says = ListSays::broken;  // or `refused`
    std::string detail;
    UtcTime since;
  };
  struct Health {
    std::string zone;
    std::array<std::uint64_t, 6> answers{};  // by ListSays, since the start
    std::optional<Trouble> trouble{};        // until it answers right again
  };

  DnsListHealth() = default;
  DnsListHealth(const DnsListHealth&) = delete;
  DnsListHealth& operator=(const DnsListHealth&) = delete;

  // Counts what the lists said for one decision. The lines that the log is to have for it.
  std::vector<std::string> record(const std::vector<DnsListReport>& reports, UtcTime now);

  // Of the lists that the rules ask, by zones; those that were not asked yet are left out.
  [[nodiscard]] std::vector<Health> of(const Snapshot& rules) const;

 private:
  struct Kept {
    Health health;
    UtcTime asked;
    std::optional<UtcTime> warned;  // of the trouble
    bool trouble_told = false;
  };

  Kept& kept_for(std::string_view zone);
  static void note_trouble(Kept& kept, const DnsListReport& report, UtcTime now,
                           std::vector<std::string>& lines);
  static void note_right(Kept& kept, UtcTime now, std::vector<std::string>& lines);

  mutable std::mutex mutex_;
  std::map<std::string, Kept, std::less<>> zones_;
};

}  // namespace postern::service
