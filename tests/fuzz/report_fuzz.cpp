// Lines of a log, whatever they hold, are counted or passed over; what is said of them fits a
// terminal and is JSON, and nothing is counted twice.
#include "ctl/report/report_page.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "common/base/line_splitter.h"
#include "common/json/parse_json.h"
#include "tests/fuzz/require.h"

namespace postern::report_fuzz {
namespace {

constexpr UtcTime kNow{std::chrono::seconds{1795284000}};  // 2026-11-21T18:00:00Z

bool fits_a_terminal(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\n' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::uint64_t sum_of_actions(const report::ReportCounts& counts) {
  std::uint64_t sum = 0;
  for (const report::ActionCounts& door : counts.by_door) {
    for (const std::uint64_t count : door) sum += count;
  }
  return sum;
}

void check(std::string_view text) {
  const ctl::LogCalendar calendar{
      kNow, [](ctl::LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  for (const report::ReportWindow& window :
       {report::ReportWindow{}, report::ReportWindow{kNow - std::chrono::hours{24}, kNow}}) {
    report::ReportCounts counts(window);
    std::istringstream in{std::string(text)};
    const bool whole = read_lines(
        in, ctl::kMaxLogLine,
        [&](std::string_view line) { counts.add(ctl::read_log_entry(line, calendar), line); },
        [&] { counts.add_overlong(); });
    require(whole);
    require(sum_of_actions(counts) == counts.decisions);
    require(counts.decisions >= counts.decision_lines);
    require(counts.slowest.size() <= report::ReportCounts::kMaxSlow);
    require(fits_a_terminal(report::report_text(counts, 10)));
    const std::string json = boost::json::serialize(report::report_json(counts, 10));
    require(fits_a_terminal(json) && json::parse_json(json).has_value());
  }
}

}  // namespace
}  // namespace postern::report_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::report_fuzz::check(postern::as_text(data, size));
  return 0;
}
