#include "ctl/radar/kept_radar.h"

#include <utility>

#include "common/os/random_bytes.h"
#include "ctl/radar/radar_memory.h"

namespace postern::ctl {

Result<KeptRadar> read_kept_radar(const std::string& state_folder, radar::Site site, UtcTime now) {
  if (state_folder.empty()) return failure("the settings name no 'state:' to remember anything in");
  const auto memory = read_memory(memory_path(state_folder));
  if (!memory) return tl::unexpected(memory.error());
  const auto dismissals = read_dismissals(dismissals_path(state_folder), now);
  if (!dismissals) return tl::unexpected(dismissals.error());
  KeptRadar kept;
  if (*memory) {
    kept.secret = (*memory)->secret;
    kept.feed = std::make_unique<RadarFeed>(site, kept.secret);
    kept.place = (*memory)->place;
  }
  if (!*memory || !kept.feed->load(**memory)) {
    kept = {.feed = nullptr, .secret = os::random_secret(), .place = {}, .is_new = true};
    kept.feed = std::make_unique<RadarFeed>(std::move(site), kept.secret);
  }
  kept.feed->dismiss(*dismissals);
  return kept;
}

Result<void> keep_radar(const std::string& state_folder, const KeptRadar& kept) {
  RadarMemory memory{.secret = kept.secret, .tables = {}, .campaigns = {}, .place = kept.place};
  kept.feed->save(memory);
  return write_memory(memory_path(state_folder), memory);
}

}  // namespace postern::ctl
