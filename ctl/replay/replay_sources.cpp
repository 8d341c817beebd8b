#include "ctl/replay/replay_sources.h"

#include "ctl/log/named_log.h"
#include "ctl/maillog/mail_log.h"
#include "ctl/replay/mta_decisions.h"
#include "rules/replay/recorded.h"
#include "server/journal/journal_files.h"

namespace postern::ctl {
namespace {

// sendmail knows milters alone.
Door door_of(MailEvent::Mta mta, const Candidate& candidate) {
  const bool policy =
      mta == MailEvent::Mta::postfix && candidate.installed().contains(Door::policy);
  return policy ? Door::policy : Door::milter;
}

// False: it could not be read to its end.
bool read_log(const std::string& name, const CommandContext& context, const Trial& trial,
              MtaDecisions& decisions, std::uint64_t& lines) {
  MailLog log(local_calendar(context.now));
  const auto add = [&](const MailLogLine& said) {
    const auto* event = std::get_if<MailEvent>(&said);
    if (event != nullptr && !trial.fault()) decisions.add(*event);
  };
  const bool is_read = read_named_log(
      name, context.in,
      [&](std::string_view line) {
        ++lines;
        add(log.add(line));
      },
      [&] { ++lines; });
  add(log.end());
  return is_read;
}

}  // namespace

Result<PastRead> replay_logs(const std::vector<std::string>& names, Trial& trial,
                             const CommandContext& context) {
  PastRead read;
  MtaDecisions decisions({[&](const replay::Past& past, MailEvent::Mta mta) {
                            trial.judge(past, door_of(mta, trial.candidate()));
                          },
                          [&](const DomainName& to) { trial.add_written_to(to); }});
  for (const std::string& name : names) {
    if (!read_log(name, context, trial, decisions, read.lines)) {
      return failure(name + ": cannot be read");
    }
  }
  decisions.end();
  if (trial.fault()) return tl::unexpected(*trial.fault());
  read.own = decisions.own();
  read.without_beginning = decisions.without_beginning();
  return read;
}

Result<PastRead> replay_journal(const std::vector<std::string>& paths, std::optional<UtcTime> since,
                                const config::Settings& settings, Trial& trial) {
  auto files = journal::JournalFiles::open(paths);
  if (!files) return tl::unexpected(files.error());
  AsRecorded as_recorded(settings);
  const std::string none;
  while (const journal::JournalRecord* record = files->next()) {
    if (!replay::is_own_decision(*record)) continue;
    if (since && record->time < *since) {
      trial.learn(replay::past_of(*record));
      continue;
    }
    const auto& known = files->counts().fingerprints;
    const auto fingerprint = known.find(record->verdict.generation);
    const Needs* asked_then =
        as_recorded.add(*record, fingerprint == known.end() ? none : fingerprint->second);
    trial.judge(*record, asked_then);
    if (trial.fault()) return tl::unexpected(*trial.fault());
  }
  if (files->counts().incomplete) {
    return failure(files->counts().faults.empty() ? "the journal cannot be read to its end"
                                                  : files->counts().faults.front());
  }
  PastRead read;
  read.journal = files->counts();
  read.as_recorded = as_recorded.counts();
  return read;
}

}  // namespace postern::ctl
