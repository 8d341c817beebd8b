#include "server/replay/replay_guard.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "rules/replay/differences.h"
#include "rules/replay/recorded.h"
#include "server/config/configuration.h"
#include "server/journal/journal_files.h"

namespace postern::replay {
namespace {

using std::chrono::system_clock;

// Further sender domains are counted.
constexpr std::size_t kMostTold = 10;

class GuardTrial {
 public:
  GuardTrial(const std::shared_ptr<const Snapshot>& in_force,
             const std::shared_ptr<const Snapshot>& candidate, system_clock::time_point now,
             std::chrono::hours span)
      : in_force_(in_force, &facts_), candidate_(candidate, &facts_), now_(now), span_(span) {}

  void add(const journal::JournalRecord& record) {
    if (record.judged != Judged::deciding) return;
    const Past past = past_of(record);
    if (record.time < now_ - span_) return differences_.add_standing(past);
    tried_.since = tried_.decisions == 0 ? past.time : std::min(tried_.since, past.time);
    ++tried_.decisions;
    if (!past.outcome.is_accepted()) return differences_.add_standing(past);
    facts_.use(&record);
    judge(record, past);
    facts_.use(nullptr);
  }

  config::TriedRules take(const std::string& rules_file) {
    const auto good = differences_.good_mail_lost(candidate_.snapshot()->well_known(),
                                                  std::chrono::floor<std::chrono::seconds>(now_));
    tried_.lost = good.size() + differences_.lost_unseen();
    tell(good, rules_file);
    return std::move(tried_);
  }

 private:
  void judge(const journal::JournalRecord& record, const Past& past) {
    const Judgement judgement = judge_record(candidate_, record, now_, nullptr);
    if (judgement.undecided) ++tried_.undecided;
    if (!is_lost(judgement) || is_lost(judge_record(in_force_, record, now_, nullptr))) {
      return differences_.add_standing(past);
    }
    differences_.add(past, judgement);
  }
  static bool is_lost(const Judgement& judgement) {
    return !judgement.undecided && outcome_of(judgement.verdict).is_lost();
  }
  void tell(const std::vector<GoodMail>& good, const std::string& rules_file);

  RecordedFacts facts_;
  Judge in_force_;
  Judge candidate_;
  system_clock::time_point now_;
  std::chrono::hours span_;
  Differences differences_;
  config::TriedRules tried_;
};

struct LossOfDomain {
  const GoodMail* last = nullptr;  // never null once it is there
  std::uint64_t mails = 0;
};

std::string loss_text(const LossOfDomain& loss) {
  const LostMail& mail = loss.last->mail;
  std::string text = "good mail would be lost: " + mail.sender;
  if (!mail.recipient.empty()) text += " to " + mail.recipient;
  text += " at " + format_utc(mail.time);
  if (loss.mails > 1) text += " and " + std::to_string(loss.mails - 1) + " more";
  return text + "; " + mail.domain + " is " + to_string(loss.last->standing) + "; " +
         to_string(mail.now) + " by rule " + mail.rule;
}

void GuardTrial::tell(const std::vector<GoodMail>& good, const std::string& rules_file) {
  std::map<std::tuple<std::string, std::string, EntryPlace>, LossOfDomain> losses;
  for (const GoodMail& one : good) {  // in the order of time
    LossOfDomain& loss = losses[{one.mail.domain, one.mail.rule, one.mail.entry}];
    loss.last = &one;
    ++loss.mails;
  }
  std::vector<LossOfDomain> worst;
  worst.reserve(losses.size());
  for (const auto& [key, loss] : losses) worst.push_back(loss);
  std::ranges::stable_sort(worst, std::ranges::greater{}, &LossOfDomain::mails);
  for (std::size_t i = 0; i < std::min(worst.size(), kMostTold); ++i) {
    const EntryPlace& entry = worst[i].last->mail.entry;
    const Position where =
        entry.file.empty() ? Position{rules_file} : Position{entry.file, entry.line};
    tried_.lost_mail.push_back({Severity::error, where, loss_text(worst[i])});
  }
}

std::string span_text(const GuardBounds& bounds) {
  return std::to_string(bounds.span.count()) + " hours";
}

config::TriedRules not_tried(std::string why) {
  config::TriedRules tried;
  tried.not_tried = std::move(why);
  return tried;
}

}  // namespace

config::TriedRules try_on_journal(const std::shared_ptr<const Snapshot>& in_force,
                                  const std::shared_ptr<const Snapshot>& candidate,
                                  const config::Settings& settings, system_clock::time_point now,
                                  const GuardBounds& bounds) {
  const std::string folder = config::journal_folder(settings);
  if (folder.empty()) return not_tried("there is no journal: 'journal: off', or no 'state:'");
  auto files =
      journal::JournalFiles::open({folder}, journal::begin_of_newest(folder, bounds.bytes));
  if (!files) return not_tried(files.error().text);
  GuardTrial trial(in_force, candidate, now, bounds.span);
  while (const journal::JournalRecord* record = files->next()) trial.add(*record);
  config::TriedRules tried = trial.take(settings.rules_file);
  const journal::JournalCounts& counts = files->counts();
  const bool damaged = counts.incomplete || counts.unreadable > 0;
  if (damaged) tried.incomplete = counts.faults.empty() ? folder : counts.faults.front();
  if (tried.decisions == 0) {
    return not_tried(
        tried.incomplete.value_or("the journal has no decision of the last " + span_text(bounds)));
  }
  return tried;
}

}  // namespace postern::replay
