// Rules tried on decisions of the past, wherever these are told: judges each, counts what differs,
// and prints what is to be shown, for
// a person or as JSON lines. Blocks on files, and on DNS where it is to be asked. One thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ctl/replay/candidate.h"
#include "ctl/replay/replay_facts.h"
#include "ctl/replay/replay_page.h"
#include "rules/journal/record.h"
#include "rules/replay/differences.h"

namespace postern::ctl {

struct TrialOptions {
  std::string against;  // as of Candidate
  std::string show;     // a change, as of is_meant(); empty: none is shown
  enum class AsOf { now, record } as_of = AsOf::now;  // by when entries have expired
  bool ask_dns = false;
};

class Trial {
 public:
  // Both outlive it.
  Trial(const TrialOptions& options, const CommandContext& context);

  // What the log of an MTA tells.
  void judge(const replay::Past& past, Door door);
  // A record of the journal. `asked_then`: as of judge_record().
  void judge(const journal::JournalRecord& record, const Needs* asked_then);
  // What is only to tell how sender domains stand.
  void learn(const replay::Past& past) { differences_.add_standing(past); }
  void add_written_to(const DomainName& domain) { differences_.add_written_to(domain.text()); }

  // Why nothing is judged any more: the rules cannot be read.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  [[nodiscard]] const Candidate& candidate() const { return candidate_; }
  // Without what only the reader of the log knows.
  [[nodiscard]] ReplayAnswer answer();

 private:
  replay::Judge* judge_of(Door door);
  [[nodiscard]] std::chrono::system_clock::time_point time_for(const replay::Past& past) const;
  void take(const replay::Past& past, const replay::Judgement& judgement,
            const replay::Judge& judge);

  const TrialOptions& options_;
  const CommandContext& context_;
  Candidate candidate_;
  ReplayFacts facts_;
  std::unique_ptr<DnsSource> today_;  // null: nobody is asked
  std::map<Door, replay::Judge> judges_;
  replay::Differences differences_;
  std::optional<Error> fault_;
};

}  // namespace postern::ctl
