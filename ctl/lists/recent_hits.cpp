#include "ctl/lists/recent_hits.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "ctl/cli/progress.h"
#include "rules/replay/recorded.h"
#include "server/config/configuration.h"
#include "server/journal/journal_files.h"

namespace postern::ctl {
namespace {

constexpr std::chrono::hours kRecent{24};
constexpr std::uintmax_t kMaxLookedAt = 64ULL << 20;

class HitCounter {
 public:
  HitCounter(const RuleEditor& editor, const EntryLines& lines, UtcTime now)
      : editor_(editor), lines_(lines), now_(now) {}

  void add(const journal::JournalRecord& record) {
    if (!replay::is_own_decision(record)) return;
    const replay::Past past = replay::past_of(record);
    if (record.time < now_ - kRecent) return differences_.add_standing(past);
    replay::Judge* const judge = judge_of(record.door);
    if (judge == nullptr) return;
    facts_.use(&record.dns);
    const auto judgement = replay::judge_record(*judge, record, now_, nullptr);
    facts_.use(nullptr);
    if (judgement.undecided || !is_by_them(judgement.verdict)) {
      return differences_.add_standing(past);
    }
    hit_.add(past.message);
    if (past.outcome.is_accepted()) passed_.add(past.message);
    differences_.add(past, judgement);
  }

  RecentHits take() {
    RecentHits hits{hit_.messages(), passed_.messages(), {}, {}};
    for (const auto& [door, judge] : judges_) {
      if (judge && hits.lost.empty()) {
        hits.lost = differences_.good_mail_lost(judge->snapshot()->well_known(), now_);
      }
    }
    return hits;
  }

 private:
  replay::Judge* judge_of(Door door) {
    const auto known = judges_.find(door);
    if (known != judges_.end()) return known->second.get();
    Diagnostics ignored;  // they are told when the edit is checked
    auto rules = editor_.edited_rules(door, ignored);
    auto judge = rules ? std::make_unique<replay::Judge>(std::move(rules), &facts_) : nullptr;
    return judges_.emplace(door, std::move(judge)).first->second.get();
  }

  [[nodiscard]] bool is_by_them(const Verdict& verdict) const {
    return std::ranges::any_of(lines_, [&](const auto& line) {
      return verdict.entry.line == line.second && verdict.entry.file == line.first;
    });
  }

  const RuleEditor& editor_;
  const EntryLines& lines_;
  UtcTime now_;
  replay::RecordedFacts facts_;
  std::map<Door, std::unique_ptr<replay::Judge>> judges_;  // null: the rules do not load
  replay::Differences differences_;
  replay::Tally hit_;
  replay::Tally passed_;
};

}  // namespace

std::string RecentHits::text() const {
  const std::string begin =
      (since ? "since " + format_utc(*since) : "in the last 24 h") + " this would have hit ";
  if (messages == 0) return begin + "no message";
  return begin + std::to_string(messages) + (messages == 1 ? " message, " : " messages, ") +
         std::to_string(passed) + " of which came in";
}

std::optional<RecentHits> recent_hits(const RuleEditor& editor, const config::Settings& settings,
                                      const EntryLines& lines, const CommandContext& context) {
  const std::string folder = config::journal_folder(settings);
  if (folder.empty()) return std::nullopt;
  const auto since = journal::begin_of_newest(folder, kMaxLookedAt);
  auto files = journal::JournalFiles::open({folder}, since);
  if (!files) return std::nullopt;
  const Progress progress(context, "looking into the journal");
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  HitCounter counter(editor, lines, now);
  while (const journal::JournalRecord* record = files->next()) counter.add(*record);
  if (files->counts().records == 0) return std::nullopt;
  RecentHits hits = counter.take();
  if (since && *since > now - kRecent) {
    hits.since = std::chrono::ceil<std::chrono::seconds>(*since);
  }
  return hits;
}

}  // namespace postern::ctl
