#include "server/service/decision_log.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "rules/explain/explanation.h"
#include "rules/explain/trace_lines.h"

namespace postern::service {
namespace {

constexpr std::chrono::seconds kSlow{1};

bool dns_failed(const std::vector<DnsEvidence>& evidence) {
  return std::any_of(evidence.begin(), evidence.end(), [](const DnsEvidence& one) {
    return !one.fact.answer || one.fact.answer->status == dns::DnsStatus::temporary_failure;
  });
}

}  // namespace

LogShare share_of(const explain::DecisionRecord& record, LogShare of_passes) {
  const Verdict& verdict = record.verdict;
  const LogShare share = louder(verdict.log_pass.value_or(of_passes), verdict.log_beside);
  if (share == kEveryLine) return kEveryLine;
  const bool everyday = verdict.action == Disposition::pass && verdict.delay.count() == 0 &&
                        verdict.would.empty() && verdict.cut_short.empty() && record.took < kSlow &&
                        !dns_failed(record.evidence);
  return everyday ? share : kEveryLine;
}

void DecisionLog::tell(std::string_view door, Decision& decision, const Transaction& transaction) {
  const auto match = state_.traces.match(transaction, Traces::Clock::now());
  if (!match) return;
  const explain::Explanation explanation =
      explain::explain(decision, decision.rules(), transaction, decision.now());
  const explain::TracedDecision traced{match->trace, match->number, door, explanation};
  const auto lines = explain::trace_lines(traced, LogFormat::text);
  if (state_.log.format() == LogFormat::json) {
    for (const std::string& members : explain::trace_lines(traced, LogFormat::json)) {
      state_.log.write_members(LogLevel::info, members);
    }
  } else {
    for (const std::string& line : lines) state_.log.info(line);
  }
  state_.traces.keep(match->trace, lines);
}

void DecisionLog::record(explain::DecisionRecord record) {
  // First of all, so that the next decision sees it; the store waits for nothing.
  if (state_.store && !record.verdict.effects.empty()) state_.store->apply(record.verdict.effects);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  state_.hits.record(record.verdict, now);
  state_.hits.record(record.transaction.stage, record.verdict, record.took);
  for (const std::string& line : state_.dns_lists.record(record.verdict.lists, now)) {
    state_.log.warning(line);
  }
  state_.tokens.record(record.transaction, record.verdict);
  if (state_.journal) state_.journal->record(record);
  state_.shadow.record(record);
  if (!state_.log.enabled(LogLevel::info)) return;
  const LogShare share = share_of(record, state_.settings.current().log.pass);
  if (share != kEveryLine) {
    if (!is_written(share, passes_.fetch_add(1, std::memory_order_relaxed))) return;
    record.sampled = share.one_of;
  }
  if (state_.log.format() == LogFormat::json) {
    state_.log.write_members(LogLevel::info, explain::decision_members(record));
  } else {
    state_.log.info(explain::decision_line(record));
  }
}

}  // namespace postern::service
