#include "ctl/radar/journal_radar.h"

#include <filesystem>
#include <system_error>

#include "ctl/cli/installation.h"
#include "ctl/radar/journal_tail.h"
#include "ctl/radar/radar_page.h"
#include "ctl/radar/radar_site.h"

namespace postern::ctl {

RadarPlaces radar_places(const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  return {settings.state_folder, config::journal_folder(settings)};
}

Result<KeptRadar> read_journal_radar(const RadarPlaces& places, const CommandContext& context) {
  auto kept = read_kept_radar(places.state_folder, read_radar_site(context),
                              std::chrono::floor<std::chrono::seconds>(context.now));
  if (!kept) return kept;
  std::error_code failed;
  if (!std::filesystem::exists(places.journal, failed)) {
    context.console.note("there is no journal to read: name a log");
  }
  JournalTail tail(places.journal);
  tail.go_to(kept->place);
  const auto read = tail.read([&](const journal::JournalRecord& record) {
    ++kept->feed->lines;
    kept->feed->add(record, radar::Mode::watch);
  });
  if (!read) return tl::unexpected(read.error());
  return kept;
}

Result<radar::Campaign> campaign_named(const RadarFeed& feed, const std::string& name) {
  const auto number = campaign_number(name);
  const radar::Campaign* campaign = number ? feed.campaigns().find(*number) : nullptr;
  if (campaign != nullptr) return *campaign;
  return failure("found '" + name + "', want the name of a campaign that is known here, like C1");
}

}  // namespace postern::ctl
