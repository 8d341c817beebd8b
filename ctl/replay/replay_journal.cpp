#include "ctl/replay/replay_journal.h"

#include "ctl/cli/installation.h"
#include "ctl/replay/replay_page.h"
#include "ctl/replay/replay_sources.h"
#include "ctl/replay/trial.h"
#include "server/config/configuration.h"

namespace postern::ctl {

Result<JournalReplayed> replay_last(const std::string& against, std::chrono::milliseconds span,
                                    const CommandContext& context) {
  const auto begun = std::chrono::steady_clock::now();
  const config::Settings settings = settings_in_use(context).settings;
  const std::string folder = config::journal_folder(settings);
  if (folder.empty()) return failure("there is no journal; want 'state:' in the settings");
  const TrialOptions options{.against = against, .show = {}};
  Trial trial(options, context);
  auto read = replay_journal({folder}, std::chrono::floor<std::chrono::seconds>(context.now - span),
                             settings, trial);
  if (!read) return tl::unexpected(read.error());
  ReplayAnswer answer = trial.answer();
  if (answer.differences->decisions() == 0) {
    return failure("no decision is in the journal for that time");
  }
  answer.read = std::move(*read);
  answer.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun);
  return JournalReplayed{replay_text(answer), replay_json(answer), lost_or_unseen(answer)};
}

}  // namespace postern::ctl
