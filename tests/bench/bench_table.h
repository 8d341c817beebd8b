// One table of what was measured: ours, a reference from the same run, and their ratio. Times are
// CPU times, the least of several runs: what else the machine does counts as little as can be.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace postern {

// Keeps the least CPU time of every benchmark, in nanoseconds an iteration, by its name.
class LeastTimes : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  [[nodiscard]] double of(const std::string& name) const { return times_.at(name); }

 private:
  std::map<std::string, double> times_;
};

// `12.3 ms`, `45 ns`.
std::string time_text(double nanoseconds);

class BenchTable {
 public:
  void add_times(const std::string& figure, double ours, const std::string& reference,
                 double theirs);
  void add_bytes(const std::string& figure, double ours, const std::string& reference,
                 double theirs);
  // As Markdown.
  [[nodiscard]] std::string to_string() const { return text_; }

 private:
  void add(const std::string& figure, const std::string& ours, const std::string& reference,
           const std::string& theirs, double ratio);
  std::string text_ = "| figure | ours | reference | | ratio |\n|---|---:|---|---:|---:|\n";
};

}  // namespace postern
