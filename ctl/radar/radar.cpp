// `posternctl radar`: campaigns in the journal or in a log, with the command that stops each.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/os/random_bytes.h"
#include "ctl/cli/command.h"
#include "ctl/cli/installation.h"
#include "ctl/lists/commands.h"
#include "ctl/radar/alert_memory.h"
#include "ctl/radar/journal_radar.h"
#include "ctl/radar/kept_radar.h"
#include "ctl/radar/radar_follow.h"
#include "ctl/radar/radar_logs.h"
#include "ctl/radar/radar_page.h"
#include "ctl/radar/radar_site.h"

namespace postern::ctl {
namespace {

struct RadarOptions {
  std::vector<std::string> words;  // files, or `show C7`, `block C7`, `dismiss C7`
  std::vector<std::string> learn;
  std::string show;
  std::string reason;
  std::optional<std::chrono::milliseconds> lasts;
  bool force = false;
  bool dry_run = false;
  LogSource source = LogSource::decisions;
  bool remember = false;
  bool follow = false;
};

UtcTime now_of(const CommandContext& context) {
  return std::chrono::floor<std::chrono::seconds>(context.now);
}

CtlExit told(const Error& error, CtlExit exit, const CommandContext& context) {
  context.console.error(error.text);
  return exit;
}

CtlExit show_campaign(const RadarFeed& feed, const std::string& name,
                      const CommandContext& context) {
  const auto campaign = campaign_named(feed, name);
  if (!campaign) return told(campaign.error(), CtlExit::usage, context);
  if (context.console.is_json()) {
    context.console.json(campaign_json(feed, *campaign));
  } else {
    context.console.page(campaign_text(feed, *campaign));
  }
  return CtlExit::ok;
}

CtlExit show_all(const RadarFeed& feed, const Console& console) {
  if (console.is_json()) {
    console.json(radar_json(feed));
  } else {
    console.page(radar_text(feed));
  }
  return feed.events == 0 && feed.campaigns().all().empty() ? CtlExit::no : CtlExit::ok;
}

CtlExit block_campaign(const RadarFeed& feed, const RadarOptions& options,
                       const CommandContext& context) {
  const auto campaign = campaign_named(feed, options.words[1]);
  if (!campaign) return told(campaign.error(), CtlExit::usage, context);
  BlockOptions wanted;
  wanted.values = entries_of(*campaign);
  wanted.lasts = options.lasts.value_or(kBlockFor);
  wanted.reason = block_reason(*campaign);
  if (!options.reason.empty()) wanted.reason += ": " + options.reason;
  wanted.force = options.force;
  wanted.dry_run = options.dry_run;
  return run_block(wanted, context);
}

CtlExit dismiss(const RadarFeed& feed, const std::string& state_folder, const RadarOptions& options,
                const CommandContext& context) {
  const std::string& name = options.words[1];
  const auto campaign = campaign_named(feed, name);
  if (!campaign) return told(campaign.error(), CtlExit::usage, context);
  const UtcTime now = now_of(context);
  std::vector<Dismissal> dismissals;
  for (const radar::Proposal& one : campaign->proposals) {
    dismissals.push_back({now, one.kind, one.key, options.reason, context.caller.user});
  }
  if (const auto added = add_dismissals(dismissals_path(state_folder), dismissals, now); !added) {
    return told(added.error(), CtlExit::failed, context);
  }
  context.console.line(name, " is dismissed for 90 days");
  return CtlExit::ok;
}

CtlExit read_logs(RadarFeed& feed, const RadarOptions& options, const CommandContext& context) {
  RadarLogs logs(feed, options.source, context);
  const bool learned = logs.read(options.learn, radar::Mode::learn);
  const auto files = options.words.empty() ? std::vector<std::string>{"-"} : options.words;
  const bool all = logs.read(files, radar::Mode::watch) && learned;
  const CtlExit exit = options.show.empty() ? show_all(feed, context.console)
                                            : show_campaign(feed, options.show, context);
  return all ? exit : CtlExit::failed;
}

// Logs that are read again and again, each time longer.
CtlExit read_logs_on(const RadarOptions& options, const std::string& state_folder,
                     const CommandContext& context) {
  auto kept = read_kept_radar(state_folder, read_radar_site(context), now_of(context));
  if (!kept) return told(kept.error(), CtlExit::failed, context);
  if (!kept->is_new) kept->feed->pass_over_what_is_known();
  const CtlExit exit = read_logs(*kept->feed, options, context);
  if (const auto saved = keep_radar(state_folder, *kept); !saved) {
    return told(saved.error(), CtlExit::failed, context);
  }
  return exit;
}

CtlExit read_logs_once(const RadarOptions& options, const std::string& state_folder,
                       const CommandContext& context) {
  RadarFeed feed(read_radar_site(context), os::random_secret());
  // Somebody else than those who may read the folder of the state has none.
  if (const auto known = read_dismissals(dismissals_path(state_folder), now_of(context))) {
    feed.dismiss(*known);
  }
  return read_logs(feed, options, context);
}

// Logs are read where nothing is installed, too.
std::string state_folder_here(const CommandContext& context) {
  Diagnostics ignored;
  const auto settings = read_settings_of_any_door(context.settings_file, ignored);
  return settings.value_or(config::Settings{}).state_folder;
}

bool says(const RadarOptions& options, std::string_view word) {
  return options.words.size() == 2 && options.words.front() == word;
}

void say_failing_hooks(const std::string& state_folder, const Console& console) {
  const auto hooks = read_alert_memory(alert_memory_path(state_folder));
  if (!hooks) return console.warning(hooks.error().text);
  for (const std::string& line : failing_hooks(*hooks)) console.note(line);
}

CtlExit run_on_journal(const RadarOptions& options, const CommandContext& context) {
  const RadarPlaces places = radar_places(context);
  if (options.follow) return follow_journal(places, context);
  const auto kept = read_journal_radar(places, context);
  if (!kept) return told(kept.error(), CtlExit::failed, context);
  if (says(options, "show")) return show_campaign(*kept->feed, options.words[1], context);
  if (says(options, "block")) return block_campaign(*kept->feed, options, context);
  if (says(options, "dismiss")) return dismiss(*kept->feed, places.state_folder, options, context);
  say_failing_hooks(places.state_folder, context.console);
  return show_all(*kept->feed, context.console);
}

CtlExit run_radar(const RadarOptions& options, const CommandContext& context) {
  const bool is_word = says(options, "show") || says(options, "block") || says(options, "dismiss");
  const bool reads_logs =
      !options.words.empty() || !options.learn.empty() || options.source == LogSource::mta;
  if (options.follow || is_word || !reads_logs) return run_on_journal(options, context);
  const std::string state_folder = state_folder_here(context);
  return options.remember ? read_logs_on(options, state_folder, context)
                          : read_logs_once(options, state_folder, context);
}

std::vector<OptionRow> radar_options(RadarOptions& to) {
  return {
      {"[FILE]",
       "Log files, the oldest first, or - ; none: the journal. Or show, block or dismiss, and a "
       "campaign of the journal",
       &to.words},
      {"--learn FILE", "Also a log, of the days before: what is in it is no news. Once for each",
       &to.learn},
      {"--mta", "Read what Postfix and sendmail have logged, not Postern's decisions",
       set(to.source, LogSource::mta)},
      {"--show CAMPAIGN", "Each proposal of one, like C7", &to.show},
      {"--remember", "Go on from the last time, and remember what these logs have", &to.remember},
      {"--follow",
       "Read the journal as it is written, and say each campaign",
       &to.follow,
       {.excludes = {"--learn", "--mta", "--show", "--remember"}}},
      {"--reason TEXT", "Of a dismissal: whose mail it is; of a block: also written beside it",
       &to.reason},
      {"--for TIME", "Of a block: until then only, as 12h; default: 7d",
       parsed(to.lasts, time_from_now)},
      {"--force", "Of a block: as of posternctl block", &to.force},
      {"--dry-run", "Of a block: say what would be written", &to.dry_run}};
}

}  // namespace

extern const Command kRadarCommand{
    "radar", "Finds campaigns in the journal or a log, with the command that stops each",
    "Examples:\n"
    "  posternctl radar                                   in the journal; --follow: as they come\n"
    "  posternctl radar show C7\n"
    "  posternctl radar block C7 --for 12h\n"
    "  posternctl radar dismiss C7 --reason 'newsletter of HR'\n"
    "  posternctl radar --mta --learn mail.log.2.gz --learn mail.log.1 /var/log/mail.log\n"
    "Many new sender domains from one network, below one label, with one local part or\n"
    "HELO. Blocks nothing by itself. Strong ones are worth an alarm; weak ones want a look.\n"
    "Reads the decisions of both doors as `report` does, or an MTA's log. Needs no daemon.\n"
    "1: no mail is in it.",
    prepare<radar_options, run_radar>};

}  // namespace postern::ctl
