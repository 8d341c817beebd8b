// `posternctl radar`: campaigns in a log, with the command that stops each.
#include <istream>
#include <string>
#include <vector>

#include "common/os/random_bytes.h"
#include "common/os/text_file.h"
#include "ctl/cli/command.h"
#include "ctl/cli/installation.h"
#include "ctl/log/line_stream.h"
#include "ctl/maillog/mail_line.h"
#include "ctl/radar/radar_feed.h"
#include "ctl/radar/radar_page.h"
#include "rules/lists/domain_list.h"
#include "rules/snapshot.h"

namespace postern::ctl {
namespace {

constexpr const char* kSuffixFile = "/usr/share/publicsuffix/public_suffix_list.dat";
constexpr std::size_t kMaxSuffixFile = std::size_t{4} << 20;

enum class LogSource { decisions, mta };

struct RadarOptions {
  std::vector<std::string> files;  // none: standard input; `-` is it, too
  std::vector<std::string> learn;
  std::string show;
  LogSource source = LogSource::decisions;
};

radar::PublicSuffixes read_suffixes(const Console& console) {
  const auto text = os::read_text_file(kSuffixFile, kMaxSuffixFile);
  radar::PublicSuffixes suffixes(text ? std::string_view(*text) : std::string_view());
  if (!suffixes.has_list()) {
    console.note(kSuffixFile,
                 " is not there (package publicsuffix): who has registered a domain is "
                 "guessed from its last labels");
  }
  return suffixes;
}

std::vector<std::string> names_of(const Snapshot& snapshot, UtcTime now) {
  std::vector<std::string> names;
  for (const lists::DomainList* list : snapshot.well_known()) {
    for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
      const std::string_view name = list->entries().key(id);
      if (!name.empty() && list->entries().alive(id, now)) names.emplace_back(name);
    }
  }
  return names;
}

// Of the rules that are installed here; it works without.
std::vector<std::string> read_well_known(const CommandContext& context) {
  Diagnostics faults;
  const auto settings = read_settings_of_any_door(context.settings_file, faults);
  const config::RulesRead rules = settings ? load_rules_on_disk(*settings) : config::RulesRead{};
  if (rules.snapshot == nullptr) {
    context.console.note("no rules are read here: no domain counts as well known");
    return {};
  }
  return names_of(*rules.snapshot, std::chrono::floor<std::chrono::seconds>(context.now));
}

class LogsReader {
 public:
  LogsReader(RadarFeed& feed, LogSource source, const CommandContext& context)
      : feed_(feed),
        source_(source),
        context_(context),
        calendar_{std::chrono::floor<std::chrono::seconds>(context.now), utc_of_local} {}

  // False: one of them could not be read to its end; that is told.
  bool read(const std::vector<std::string>& names, radar::Mode mode) {
    bool all = true;
    for (const std::string& name : names) {
      const auto file = name == "-" ? nullptr : open_log(name);
      std::istream* const in = name == "-" ? &context_.in : file.get();
      if (in != nullptr && read(*in, mode)) continue;
      context_.console.error(name, ": cannot be read");
      all = false;
    }
    return all;
  }

 private:
  bool read(std::istream& in, radar::Mode mode) {
    return read_lines(
        in, kMaxLogLine, [&](std::string_view line) { read_line(line, mode); },
        [&] { feed_.add_overlong(); });
  }

  void read_line(std::string_view line, radar::Mode mode) {
    ++feed_.lines;
    if (source_ == LogSource::decisions) {
      feed_.add(read_log_entry(line, calendar_), mode);
    } else if (const auto event = read_mail_line(line, calendar_)) {
      feed_.add(*event, mode);
    }
  }

  RadarFeed& feed_;
  LogSource source_;
  const CommandContext& context_;
  LogCalendar calendar_;
};

CtlExit show_campaign(const RadarFeed& feed, const std::string& id, const Console& console) {
  const auto number = campaign_number(id);
  const radar::Campaign* campaign = number ? feed.campaigns().find(*number) : nullptr;
  if (campaign == nullptr) {
    console.error("--show: found '", id, "', want the name of a campaign in this log, like C1");
    return CtlExit::usage;
  }
  console.page(campaign_text(feed, *campaign));
  return CtlExit::ok;
}

CtlExit run_radar(const RadarOptions& options, const CommandContext& context) {
  RadarFeed feed({.suffixes = read_suffixes(context.console),
                  .well_known = read_well_known(context),
                  .own = {}},
                 os::random_secret());
  LogsReader reader(feed, options.source, context);
  const bool learned = reader.read(options.learn, radar::Mode::learn);
  const auto files = options.files.empty() ? std::vector<std::string>{"-"} : options.files;
  const bool all = reader.read(files, radar::Mode::watch) && learned;
  CtlExit exit = CtlExit::ok;
  if (context.console.is_json()) {
    context.console.json(radar_json(feed));
  } else if (!options.show.empty()) {
    exit = show_campaign(feed, options.show, context.console);
  } else {
    context.console.page(radar_text(feed));
  }
  if (!all) return CtlExit::failed;
  return exit == CtlExit::ok && feed.events == 0 ? CtlExit::no : exit;
}

std::vector<OptionRow> radar_options(RadarOptions& to) {
  return {{"[FILE]", "Log files, the oldest first; none: standard input", &to.files},
          {"--learn FILE",
           "Also a log, of the days before: what is in it is no news. Once for each", &to.learn},
          {"--mta", "Read what Postfix and sendmail have logged, not Postern's decisions",
           set(to.source, LogSource::mta)},
          {"--show CAMPAIGN", "Each proposal of one, like C7", &to.show}};
}

}  // namespace

extern const Command kRadarCommand{
    "radar", "Finds campaigns in a log, with the command that stops each",
    "Examples:\n"
    "  posternctl radar /var/log/postern/postern.log\n"
    "  posternctl radar --mta --learn mail.log.2.gz --learn mail.log.1 /var/log/mail.log\n"
    "Many new sender domains from one network, below one label, with one local part or\n"
    "HELO. Blocks nothing by itself. Strong ones are worth an alarm; weak ones want a look.\n"
    "Reads the decisions of both doors as `report` does, or an MTA's log. Needs no daemon.\n"
    "1: no mail is in it.",
    prepare<radar_options, run_radar>};

}  // namespace postern::ctl
