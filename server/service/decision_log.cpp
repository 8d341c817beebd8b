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
  const auto match = traces_.match(transaction, Traces::Clock::now());
  if (!match) return;
  const explain::Explanation explanation =
      explain::explain(decision, decision.rules(), transaction, decision.now());
  const explain::TracedDecision traced{match->trace, match->number, door, explanation};
  const auto lines = explain::trace_lines(traced, LogFormat::text);
  if (log_.format() == LogFormat::json) {
    for (const std::string& members : explain::trace_lines(traced, LogFormat::json)) {
      log_.write_members(LogLevel::info, members);
    }
  } else {
    for (const std::string& line : lines) log_.info(line);
  }
  traces_.keep(match->trace, lines);
}

void DecisionLog::write(explain::DecisionRecord record) {
  if (!log_.enabled(LogLevel::info)) return;
  const LogShare share = share_of(record, settings_.current().log.pass);
  if (share != kEveryLine) {
    if (!is_written(share, passes_.fetch_add(1, std::memory_order_relaxed))) return;
    record.sampled = share.one_of;
  }
  if (log_.format() == LogFormat::json) {
    log_.write_members(LogLevel::info, explain::decision_members(record));
  } else {
    log_.info(explain::decision_line(record));
  }
}

}  // namespace postern::service
