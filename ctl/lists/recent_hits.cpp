#include "ctl/lists/recent_hits.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/counted.h"
#include "ctl/cli/progress.h"
#include "ctl/lists/logged_record.h"
#include "ctl/log/daemon_logs.h"
#include "rules/condition.h"
#include "rules/replay/message_count.h"
#include "rules/replay/recorded.h"
#include "server/config/configuration.h"
#include "server/journal/journal_files.h"

namespace postern::ctl {
namespace {

using journal::JournalTime;

constexpr std::chrono::hours kRecent{24};
constexpr std::uintmax_t kMaxLookedAt = 64ULL << 20;
constexpr std::size_t kMaxOfLog = std::size_t{32} << 20;  // its lines are shorter, and read whole

// One door's rules as they will be, and where they look at the lists that change.
struct DoorRules {
  replay::Judge judge;
  std::vector<PredicateId> changed;
};

class HitCounter {
 public:
  HitCounter(const RuleEditor& editor, const EntryLines& lines, UtcTime now)
      : editor_(editor), lines_(lines), now_(now) {}

  // Whether it has to be read whole.
  bool may_be_hit(const journal::JournalRecord& outline) {
    if (outline.transaction.stage < Stage::mail || outline.time < now_ - kRecent) return false;
    DoorRules* const rules = rules_of(outline.door);
    if (rules == nullptr) return false;
    const auto& predicates = rules->judge.snapshot()->predicates();
    Conditions conditions(predicates, outline.transaction, now_);
    return std::ranges::any_of(rules->changed, [&](PredicateId id) {
      const bool is_about_others =
          !outline.recipients.each.empty() && known_from(predicates[id].attribute) == Stage::rcpt;
      if (is_about_others) return true;
      const Match match = conditions.judge(id);
      return match.truth == Truth::yes && is_one_of_them(match.list->file_of(match.entry),
                                                         match.list->entries().line(match.entry));
    });
  }

  void add(const journal::JournalRecord& record) {
    const replay::Past past = replay::past_of(record);
    DoorRules& rules = *rules_of(record.door);
    facts_.use(&record);
    const auto judgement = replay::judge_record(rules.judge, record, now_, nullptr);
    facts_.use(nullptr);
    const MatchedEntry& entry = judgement.verdict.entry;
    if (judgement.undecided || !is_one_of_them(entry.file, entry.line)) return add_other(record);
    hit_.add(record);
    differences_.add(past, judgement);
  }

  void add_other(const journal::JournalRecord& outline) {
    if (outline.transaction.stage >= Stage::mail)
      differences_.add_standing(replay::past_of(outline));
  }

  RecentHits take() {
    RecentHits hits{hit_.messages(), hit_.passed(), {}, {}};
    for (const auto& [door, rules] : rules_) {
      if (rules && hits.lost.empty()) {
        hits.lost = differences_.good_mail_lost(rules->judge.snapshot()->well_known(), now_);
      }
    }
    return hits;
  }

 private:
  [[nodiscard]] bool is_one_of_them(std::string_view file, int number) const {
    return std::ranges::any_of(
        lines_, [&](const auto& line) { return line.second == number && line.first == file; });
  }

  std::optional<DoorRules> rules_with_edits(Door door) {
    Diagnostics ignored;  // they are told when the edit is checked
    auto snapshot = editor_.edited_rules(door, ignored);
    if (!snapshot) return std::nullopt;
    std::vector<PredicateId> changed;
    const auto& predicates = snapshot->predicates();
    for (PredicateId id = 0; id < predicates.size(); ++id) {
      const bool is_changed = std::ranges::any_of(predicates[id].lists, [&](const auto* list) {
        return std::ranges::any_of(lines_, [&](auto& line) { return line.first == list->file(); });
      });
      if (is_changed) changed.push_back(id);
    }
    return DoorRules{replay::Judge(std::move(snapshot), &facts_), std::move(changed)};
  }

  DoorRules* rules_of(Door door) {
    auto known = rules_.find(door);
    if (known == rules_.end()) known = rules_.emplace(door, rules_with_edits(door)).first;
    return known->second ? &*known->second : nullptr;
  }

  const RuleEditor& editor_;
  const EntryLines& lines_;
  UtcTime now_;
  replay::RecordedFacts facts_;
  std::map<Door, std::optional<DoorRules>> rules_;  // none: the rules do not load
  replay::Differences differences_;
  replay::MessageCount hit_;
};

// From when on there are records. Nothing: there is no journal here, or it cannot be read.
std::optional<JournalTime> count_journal(const config::Settings& settings, HitCounter& counter) {
  const std::string folder = config::journal_folder(settings);
  if (folder.empty()) return std::nullopt;
  const auto since = journal::begin_of_newest(folder, kMaxLookedAt);
  auto files = journal::JournalFiles::open({folder}, since, journal::Reading::outline);
  if (!files) return std::nullopt;
  // All but what may be hit is only looked at: DNS and findings are most of a record.
  while (const journal::JournalRecord* outline = files->next()) {
    const journal::JournalRecord* whole = counter.may_be_hit(*outline) ? files->in_full() : nullptr;
    whole != nullptr ? counter.add(*whole) : counter.add_other(*outline);
  }
  if (files->counts().records == 0) return std::nullopt;
  return since.value_or(JournalTime::min());
}

// The same of the daemons' log.
std::optional<JournalTime> count_log(const config::Settings& settings, HitCounter& counter,
                                     const CommandContext& context) {
  if (settings.log.file.empty()) return std::nullopt;
  auto logs = DaemonLogs::open({.files = {settings.log.file}, .once = true},
                               {.file_bytes = kMaxOfLog, .journal = {}}, context);
  std::optional<JournalTime> first;
  const auto take = [&](const LogEntry& entry) {
    const auto record = record_of(entry);
    if (!record) return;
    if (!first) first = record->time;
    counter.may_be_hit(*record) ? counter.add(*record) : counter.add_other(*record);
  };
  if (!logs || !logs->read(take)) return std::nullopt;
  return first;
}

}  // namespace

std::string RecentHits::text() const {
  std::string begin = since ? "since " + format_utc(*since) : "in the last 24 h";
  if (source == Source::log) begin += ", by the log,";
  begin += " this would have hit ";
  if (messages == 0) return begin + "no message";
  return begin + counted(messages, "message") + ", " + std::to_string(passed) + " of which came in";
}

std::optional<RecentHits> recent_hits(const RuleEditor& editor, const config::Settings& settings,
                                      const EntryLines& lines, const CommandContext& context) {
  using Source = RecentHits::Source;
  const Progress progress(context, "looking at the mail of the last day");
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  HitCounter counter(editor, lines, now);
  auto source = Source::journal;
  auto since = count_journal(settings, counter);
  if (!since) {
    source = Source::log;
    since = count_log(settings, counter, context);
  }
  if (!since) return std::nullopt;
  RecentHits hits = counter.take();
  hits.source = source;
  if (*since > now - kRecent) hits.since = std::chrono::ceil<std::chrono::seconds>(*since);
  return hits;
}

}  // namespace postern::ctl
