// `posternctl replay`: rules on mail of the past, as an MTA's log or the journal tells of it.
#include <string>
#include <vector>

#include "common/base/duration.h"
#include "ctl/cli/command.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/progress.h"
#include "ctl/replay/replay_page.h"
#include "ctl/replay/replay_sources.h"
#include "ctl/replay/trial.h"
#include "server/config/configuration.h"

namespace postern::ctl {
namespace {

struct ReplayOptions {
  std::vector<std::string> files;  // none: standard input; `-` is it, too
  bool journal = false;            // the files are of the journal; none: that of the settings
  std::optional<std::chrono::milliseconds> since;
  TrialOptions trial;
  std::size_t allow = 0;
};

constexpr int kMostAllowed = 1'000'000'000;

Result<PastRead> read_past(const ReplayOptions& options, Trial& trial,
                           const CommandContext& context) {
  // What is shown as it is found says by itself that work goes on.
  std::optional<Progress> progress;
  if (options.trial.show.empty()) progress.emplace(context, "replaying");
  if (!options.journal) {
    return replay_logs(options.files.empty() ? std::vector<std::string>{"-"} : options.files, trial,
                       context);
  }
  const config::Settings settings = settings_in_use(context).settings;
  std::optional<UtcTime> since;
  if (options.since) {
    since = std::chrono::floor<std::chrono::seconds>(context.now - *options.since);
  }
  std::vector<std::string> paths = options.files;
  if (paths.empty()) paths.push_back(config::journal_folder(settings));
  if (paths.front().empty()) return failure("there is no journal; want 'state:' in the settings");
  return replay_journal(paths, since, settings, trial);
}

CtlExit run_replay(const ReplayOptions& options, const CommandContext& context) {
  const auto begun = std::chrono::steady_clock::now();
  Trial trial(options.trial, context);
  auto read = read_past(options, trial, context);
  if (!read) {
    context.console.problems(std::string(Console::kProgram) + read.error().text + "\n");
    return CtlExit::failed;
  }
  ReplayAnswer answer = trial.answer();
  answer.read = std::move(*read);
  answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  if (answer.differences->decisions() == 0) {
    context.console.error(
        options.journal ? "no decision is in the journal for that time"
                        : "no decision of Postfix or sendmail about mail from outside is in it");
    return CtlExit::failed;
  }
  if (context.console.is_json()) {
    context.console.json(replay_json(answer));
  } else {
    context.console.page(replay_text(answer));
  }
  return lost_or_unseen(answer) > options.allow ? CtlExit::no : CtlExit::ok;
}

std::vector<OptionRow> replay_options(ReplayOptions& to) {
  using AsOf = TrialOptions::AsOf;
  return {
      {"[FILE]", "Logs of Postfix or sendmail, the oldest first; none: standard input", &to.files},
      {"--journal",
       "The files are of the journal, or its folder; none: the journal of the settings",
       &to.journal},
      {"--since TIME",
       "Of the journal what is not older, like 24h or 7d",
       parsed(to.since, parse_duration),
       {.needs = {"--journal"}}},
      {"--against RULES|FILE",
       "A rule file, or a folder with rules.yaml, in the place of those here", &to.trial.against},
      {"--show CHANGE", "Each decision with that change, like 'pass -> reject', and why",
       &to.trial.show},
      {"--ask-dns", "Ask DNS now for what rules need and the record does not have",
       &to.trial.ask_dns},
      {"--as-of", "When entries expire: at the time of each mail, or as they have now",
       one_of(to.trial.as_of, {{"now", AsOf::now}, {"record", AsOf::record}})},
      {"--allow NUMBER", "End with 0 if no more good mails are lost",
       NumberWithin{&to.allow, 0, kMostAllowed}}};
}

}  // namespace

extern const Command kReplayCommand{
    "replay", "Tries rules on mail of the past, and names the good mail that they lose",
    "Examples:\n"
    "  posternctl replay --against new/rules.yaml /var/log/mail.log\n"
    "  posternctl replay --against new/rules.yaml --journal --since 7d\n"
    "Reads what Postfix and sendmail have logged, also packed, or the journal. Needs no\n"
    "daemon, writes nothing. What is not there leaves a decision undecided. 1: good mail is\n"
    "lost; 3: the past or the rules cannot be read.",
    prepare<replay_options, run_replay>};

}  // namespace postern::ctl
