#include "ctl/command_set.h"
#include "ctl/log/trace.h"
#include "ctl/report/report.h"

namespace postern::ctl {
namespace {

void add_report(CommandSet& commands) {
  auto report = commands.add<report::ReportOptions>(
      "report", "Counts what was decided, in the log of an hour or a day",
      "Examples:\n"
      "  posternctl report --day yesterday /var/log/postern/postern.log\n"
      "  journalctl -u 'postern-*' -o short-iso --since -1h | posternctl report\n"
      "By rule, by finding, the most refused domains and clients, what DNS failed for. Reads text\n"
      "and JSON lines, also behind syslog and of containers, packed or not. Needs no daemon. 1: "
      "no\n"
      "decision is in it.",
      report::run_report);
  auto& options = *report.options;
  report.app->add_option("FILE", options.files, "Log files, in any order; none: standard input");
  auto* since = report.app->add_option("--since", options.since, "From so long ago: 1h, 7d");
  since->type_name("TIME");
  report.app->add_option("--day", options.day, "A day: 2026-11-21, today, yesterday; local time")
      ->type_name("DAY")
      ->excludes(since);
  report.app->add_option("--top", options.top, "Rows of each table")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 20000))
      ->capture_default_str();
}

void add_trace(CommandSet& commands) {
  auto trace = commands.add<TraceOptions>(
      "trace", "Has the daemons log all about the mail of one client or sender",
      "Examples:\n"
      "  posternctl trace --client 192.0.2.7 --for 10m --follow\n"
      "  posternctl trace --sender-domain .partner.example\n"
      "  posternctl trace --list\n"
      "  posternctl trace --stop\n"
      "For each decision, a line per rule: why it matched or not, and what DNS answered. It ends "
      "by\n"
      "itself. Both daemons, 8 traces at once. 1: refused, or no such trace.",
      run_trace);
  const auto options = trace.options;
  CLI::App& app = *trace.app;
  app.add_option("--client", options->client, "An address or a network")->type_name("ADDRESS");
  app.add_option("--sender-domain", options->sender_domain,
                 "Of the envelope sender; .a.example is all below it, too")
      ->type_name("DOMAIN");
  app.add_option("--instance", options->instance, "One message: instance or queue_id of its lines")
      ->type_name("ID");
  app.add_option("--for", options->time, "How long, at most 24h")
      ->type_name("TIME")
      ->capture_default_str();
  auto* follow =
      app.add_flag("--follow", options->follow, "Show the lines as they come, until the end");
  auto* list = app.add_flag_callback(
      "--list", [options] { options->what = TraceOptions::What::list; }, "Those that are set");
  auto* stop = app.add_flag_callback(
      "--stop", [options] { options->what = TraceOptions::What::stop; }, "End them");
  stop->excludes(list)->excludes(follow);
  list->excludes(follow);
  app.add_option("--id", options->id, "Which of them to stop; default: all")
      ->type_name("NUMBER")
      ->needs(stop);
}

}  // namespace

void add_log_commands(CommandSet& commands) {
  add_report(commands);
  add_trace(commands);
}

}  // namespace postern::ctl
