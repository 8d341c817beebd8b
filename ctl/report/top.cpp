// `posternctl top`: what goes on now, in the log of the daemons.
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/log/daemon_logs.h"
#include "ctl/report/recent_counts.h"
#include "ctl/report/top_page.h"

namespace postern::report {
namespace {

// Of each log so much is looked at for the hour before: half a million decisions or more.
constexpr std::size_t kLastBytes = std::size_t{256} << 20;
constexpr std::chrono::seconds kRefreshEvery{2};
constexpr int kTallestTable = 100;
// To the upper left corner, and nothing left of what stood there (ECMA-48: CUP, ED).
constexpr std::string_view kClear = "\x1b[H\x1b[2J";

// Anew each time: somebody may make the window larger.
std::optional<TerminalSize> size_of_terminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return std::nullopt;
  }
  return TerminalSize{size.ws_row, size.ws_col};
}

struct TopOptions : ctl::FollowOptions {
  std::size_t rows = 5;
};

ctl::CtlExit run_top(const TopOptions& options, const ctl::CommandContext& context) {
  using std::chrono::steady_clock;
  const auto fail = [&](const Error& error) {
    context.console.error(error.text);
    return ctl::CtlExit::failed;
  };
  auto logs = ctl::DaemonLogs::open(options, {kLastBytes, "--since=-65min"}, context);
  if (!logs) return fail(logs.error());
  const auto begun = steady_clock::now();
  const auto now = [&] {
    return std::chrono::floor<std::chrono::seconds>(context.now + (steady_clock::now() - begun));
  };
  RecentCounts counts;
  const auto count = [&](const ctl::LogEntry& entry) {
    counts.add(entry.fields, entry.time.value_or(now()), now());
  };
  const bool refreshes = context.terminal != ctl::Terminal::none && !options.once &&
                         !context.console.is_json() && !logs->is_stream();
  for (;;) {
    if (auto read = logs->read(count); !read) return fail(read.error());
    const RecentPage page = counts.page(now(), options.rows);
    if (context.console.is_json()) {
      context.console.json(top_json(page, now()));
    } else {
      const auto size = refreshes ? size_of_terminal() : std::nullopt;
      context.console.page(std::string(refreshes ? kClear : "") +
                           (size ? top_text_within(page, now(), *size) : top_text(page, now())));
    }
    context.console.flush();
    if (!refreshes || !context.console.is_read()) return ctl::CtlExit::ok;
    std::this_thread::sleep_for(kRefreshEvery);
  }
}

std::vector<ctl::OptionRow> top_options(TopOptions& to) {
  return {{"[FILE]", ctl::kFollowedFiles, &to.files},
          {"--rows NUMBER", "Of each table", ctl::NumberWithin{&to.rows, 1, kTallestTable}},
          {"--once", "One page, also on a terminal", &to.once}};
}

}  // namespace

extern const ctl::Command kTopCommand{
    "top", "Shows what goes on now: who comes, what is refused, what grew",
    "Examples:\n"
    "  posternctl top                    of the last five minutes, anew every two seconds\n"
    "  posternctl top --once --rows 20\n"
    "  ssh mx2 journalctl -u \"'postern-*'\" -o json --since -65min | posternctl top -\n"
    "Rules, sender domains, senders, clients, networks and HELO names, each with what passed, "
    "what\n"
    "was refused (also deferred, discarded, held), and how much it was in five minutes of the "
    "hour\n"
    "before; first what grew most. From the log file of the settings, or from the journal. "
    "Without\n"
    "a terminal, and with --json, one page. Writes nothing.",
    ctl::prepare<top_options, run_top>};

}  // namespace postern::report
