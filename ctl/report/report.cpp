// `posternctl report`: what was decided in an hour or a day, counted in the log.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "common/base/duration.h"
#include "ctl/cli/command.h"
#include "ctl/log/log_time.h"
#include "ctl/log/named_log.h"
#include "ctl/report/report_counts.h"
#include "ctl/report/report_page.h"
#include "server/control/control_json.h"

namespace postern::report {
namespace {

struct ReportOptions {
  std::vector<std::string> files;  // none: standard input; `-` is it, too
  std::string since;               // `1h`: from then until now
  std::string day;                 // `2026-11-21`, `today`, `yesterday`; local time
  std::size_t top = 10;
  std::optional<std::uint64_t> clients_over;  // only the clients that were refused more often
};

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::sys_seconds;

local_days local_day_of(std::chrono::system_clock::time_point now) {
  const std::time_t time = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::localtime_r(&time, &parts);
  return local_days(
      std::chrono::year_month_day(std::chrono::year(parts.tm_year + 1900),
                                  std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
                                  std::chrono::day(static_cast<unsigned>(parts.tm_mday))));
}

std::optional<local_days> day_named(const std::string& text,
                                    std::chrono::system_clock::time_point now) {
  if (text == "today") return local_day_of(now);
  if (text == "yesterday") return local_day_of(now) - days{1};
  return ctl::parse_day(text);
}

Result<ReportWindow> window_of(const ReportOptions& options,
                               std::chrono::system_clock::time_point now) {
  ReportWindow window;
  if (!options.since.empty()) {
    const auto time = parse_duration(options.since);
    if (!time) return failure("--since " + options.since + ": " + time.error().text);
    window.from = std::chrono::floor<std::chrono::seconds>(now - *time);
  }
  if (!options.day.empty()) {
    const auto day = day_named(options.day, now);
    if (!day) {
      return failure("--day: found '" + options.day + "', want 2026-11-21, today or yesterday");
    }
    window.from = ctl::utc_of_local(*day);
    window.to = ctl::utc_of_local(*day + days{1});
  }
  return window;
}

class LogReader {
 public:
  LogReader(ReportWindow window, UtcTime now)
      : calendar_(ctl::local_calendar(now)), counts_(window) {}

  // False: it could not be read to its end.
  bool read(const std::string& name, const ctl::CommandContext& context) {
    return ctl::read_named_log(
        name, context.in,
        [this](std::string_view line) { counts_.add(ctl::read_log_entry(line, calendar_), line); },
        [this] { counts_.add_overlong(); });
  }

  [[nodiscard]] const ReportCounts& counts() const { return counts_; }

 private:
  ctl::LogCalendar calendar_;
  ReportCounts counts_;
};

// One address a line, for another program; most refused first.
void print_clients(const ReportCounts& counts, std::uint64_t over,
                   const ctl::CommandContext& context) {
  boost::json::array clients;
  for (const auto& client : counts.refused_clients.top(TopCounts::kMaxTexts)) {
    if (client.times <= over) continue;
    clients.push_back(boost::json::object{{"client", control::json_text(client.text)},
                                          {"refused", client.times}});
    if (!context.console.is_json()) context.console.line(client.text);
  }
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"clients", std::move(clients)}});
  }
}

ctl::CtlExit run_report(const ReportOptions& options, const ctl::CommandContext& context) {
  const auto window = window_of(options, context.now);
  if (!window) {
    context.console.error(window.error().text);
    return ctl::CtlExit::usage;
  }
  LogReader reader(*window, std::chrono::floor<std::chrono::seconds>(context.now));
  ctl::CtlExit exit = ctl::CtlExit::ok;
  for (const std::string& name :
       options.files.empty() ? std::vector<std::string>{"-"} : options.files) {
    if (reader.read(name, context)) continue;
    context.console.error(name, ": cannot be read");
    exit = ctl::CtlExit::failed;
  }
  if (options.clients_over) {
    print_clients(reader.counts(), *options.clients_over, context);
  } else if (context.console.is_json()) {
    context.console.json(report_json(reader.counts(), options.top));
  } else {
    context.console.page(report_text(reader.counts(), options.top));
  }
  if (exit == ctl::CtlExit::ok && reader.counts().decision_lines == 0) return ctl::CtlExit::no;
  return exit;
}

constexpr int kMostRows = 20000;

std::vector<ctl::OptionRow> report_options(ReportOptions& to) {
  return {{"[FILE]", "Log files, in any order; none: standard input", &to.files},
          {"--since TIME", "From so long ago: 1h, 7d", &to.since},
          {"--day DAY",
           "A day: 2026-11-21, today, yesterday; local time",
           &to.day,
           {.excludes = {"--since"}}},
          {"--top NUMBER", "Rows of each table", ctl::NumberWithin{&to.top, 1, kMostRows}},
          {"--clients-over NUMBER", "Only the clients that were refused more often, one a line",
           &to.clients_over}};
}

}  // namespace

extern const ctl::Command kReportCommand{
    "report", "Counts what was decided, in the log of an hour or a day",
    "Examples:\n"
    "  posternctl report --day yesterday /var/log/postern/postern.log\n"
    "  journalctl -u 'postern-*' -o short-iso --since -1h | posternctl report\n"
    "By rule, by finding, the most refused domains and clients, what DNS failed for. Reads text\n"
    "and JSON lines, also behind syslog and of containers, packed or not. Needs no daemon. 1: "
    "no\n"
    "decision is in it.",
    ctl::prepare<report_options, run_report>};

}  // namespace postern::report
