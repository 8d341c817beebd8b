#include "server/service/dns_list_health.h"

#include <algorithm>
#include <set>
#include <utility>

namespace postern::service {
namespace {

std::set<std::string_view> zones_of(const Snapshot& rules) {
  std::set<std::string_view> zones;
  for (const Rule& rule : rules.rules()) {
    if (rule.check() == nullptr) continue;
    for (const std::string_view zone : rule.check()->check->dns_lists()) zones.insert(zone);
  }
  return zones;
}

}  // namespace

std::vector<std::string> DnsListHealth::record(const std::vector<DnsListReport>& reports,
                                               UtcTime now) {
  std::vector<std::string> lines;
  if (reports.empty()) return lines;
  const std::lock_guard lock(mutex_);
  for (auto one = reports.begin(); one != reports.end(); ++one) {
    const DnsListReport& report = *one;
    // Of several rules that ask one list the same, DNS is asked once.
    const auto is_same = [&](const DnsListReport& earlier) {
      return earlier.zone == report.zone && earlier.says == report.says;
    };
    if (std::any_of(reports.begin(), one, is_same)) continue;
    Kept& kept = kept_for(report.zone);
    kept.asked = now;
    ++kept.health.answers.at(static_cast<std::size_t>(report.says));
    switch (report.says) {
      case ListSays::unlisted:
      case ListSays::listed:
        note_right(kept, now, lines);
        break;
      case ListSays::broken:
      case ListSays::refused:
        note_trouble(kept, report, now, lines);
        break;
      case ListSays::unknown:
      case ListSays::waiting:
        break;
    }
  }
  return lines;
}

DnsListHealth::Kept& DnsListHealth::kept_for(std::string_view zone) {
  if (const auto found = zones_.find(zone); found != zones_.end()) return found->second;
  if (zones_.size() >= kMaxZones) {
    zones_.erase(std::min_element(zones_.begin(), zones_.end(), [](const auto& a, const auto& b) {
      return a.second.asked < b.second.asked;
    }));
  }
  Kept& kept = zones_[std::string(zone)];
  kept.health.zone = zone;
  return kept;
}

void DnsListHealth::note_trouble(Kept& kept, const DnsListReport& report, UtcTime now,
                                 std::vector<std::string>& lines) {
  auto& trouble = kept.health.trouble;
  const UtcTime since = trouble ? trouble->since : now;
  trouble = {report.says, report.detail, since};
  const bool is_due = !kept.warned || now >= *kept.warned + kLogInterval || now < *kept.warned;
  if (!is_due) return;
  kept.warned = now;
  kept.trouble_told = true;
  lines.push_back("DNS list " + kept.health.zone +
                  (report.says == ListSays::refused ? " refuses to answer: " : " is broken: ") +
                  report.detail + "; it lists nobody (see posternctl status)");
}

void DnsListHealth::note_right(Kept& kept, UtcTime now, std::vector<std::string>& lines) {
  if (!kept.health.trouble) return;
  const auto trouble_for = std::max(now - kept.health.trouble->since, std::chrono::seconds{0});
  kept.health.trouble.reset();
  if (!std::exchange(kept.trouble_told, false)) return;
  lines.push_back("DNS list " + kept.health.zone + " answers as a list again, after " +
                  std::to_string(trouble_for.count()) + " s");
}

std::vector<DnsListHealth::Health> DnsListHealth::of(const Snapshot& rules) const {
  const auto zones = zones_of(rules);
  const std::lock_guard lock(mutex_);
  std::vector<Health> all;
  for (const std::string_view zone : zones) {
    const auto found = zones_.find(zone);
    if (found != zones_.end()) all.push_back(found->second.health);
  }
  return all;
}

}  // namespace postern::service
