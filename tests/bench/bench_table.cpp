#include "tests/bench/bench_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern {

bool LeastTimes::ReportContext(const Context&) {
  return true;
}

void LeastTimes::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    const double time = run.cpu_accumulated_time * 1e9 / static_cast<double>(run.iterations);
    const auto [least, is_new] = times_.emplace(run.run_name.function_name, time);
    if (!is_new) least->second = std::min(least->second, time);
  }
}

std::string time_text(double nanoseconds) {
  if (nanoseconds >= 1e5) return fmt::format("{:.1f} ms", nanoseconds / 1e6);
  if (nanoseconds >= 1e4) return fmt::format("{:.1f} µs", nanoseconds / 1e3);
  return fmt::format("{:.0f} ns", nanoseconds);
}

void BenchTable::add_times(const std::string& figure, double ours, const std::string& reference,
                           double theirs) {
  add(figure, time_text(ours), reference, time_text(theirs), ours / theirs);
}

void BenchTable::add_bytes(const std::string& figure, double ours, const std::string& reference,
                           double theirs) {
  add(figure, fmt::format("{:.1f} B", ours), reference, fmt::format("{:.1f} B", theirs),
      ours / theirs);
}

void BenchTable::add(const std::string& figure, const std::string& ours,
                     const std::string& reference, const std::string& theirs, double ratio) {
  text_ += fmt::format("| {} | {} | {} | {} | {} |\n", figure, ours, reference, theirs,
                       ratio < 0.01 ? fmt::format("{:.5f}", ratio) : fmt::format("{:.2f}", ratio));
}

}  // namespace postern
