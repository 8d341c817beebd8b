#include "tests/bench/bench_table.h"

#include <algorithm>
#include <array>
#include <cstdio>

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

namespace {

std::string fixed(double number, int digits) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string time_text(double nanoseconds) {
  if (nanoseconds >= 1e5) return fixed(nanoseconds / 1e6, 1) + " ms";
  if (nanoseconds >= 1e4) return fixed(nanoseconds / 1e3, 1) + " µs";
  return fixed(nanoseconds, 0) + " ns";
}

void BenchTable::add_times(const std::string& figure, double ours, const std::string& reference,
                           double theirs) {
  add(figure, time_text(ours), reference, time_text(theirs), ours / theirs);
}

void BenchTable::add_bytes(const std::string& figure, double ours, const std::string& reference,
                           double theirs) {
  add(figure, fixed(ours, 1) + " B", reference, fixed(theirs, 1) + " B", ours / theirs);
}

void BenchTable::add(const std::string& figure, const std::string& ours,
                     const std::string& reference, const std::string& theirs, double ratio) {
  text_ += "| " + figure + " | " + ours + " | " + reference + " | " + theirs + " | " +
           fixed(ratio, ratio < 0.01 ? 5 : 2) + " |\n";
}

}  // namespace postern
