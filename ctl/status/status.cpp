// `posternctl status`: how the daemons are doing, and whether they do the same as each other and as
// the files say.
#include <boost/json.hpp>

#include "ctl/cli/command_options.h"
#include "ctl/cli/installation.h"
#include "ctl/status/status_text.h"
#include "server/config/reloader.h"

namespace postern::ctl {
namespace {

// As the daemons would read them now.
std::optional<std::string> fingerprint_on_disk(const config::Settings& settings) {
  Diagnostics ignored;
  const auto read =
      config::read_rules(settings.rules_file, 0,
                         {widest_door(settings), config::doors_of(settings)}, nullptr, ignored);
  for (const config::SourceFile& file : read.files) {
    if (!file.identity.there) return std::nullopt;
  }
  return config::fingerprint_of_files(read.files);
}

boost::json::object json_status(const std::vector<DaemonAnswer>& answers,
                                const std::vector<StatusProblem>& problems) {
  boost::json::array daemons;
  for (const DaemonAnswer& answer : answers) {
    boost::json::object item{{"daemon", answer.daemon.name}};
    if (answer.ok()) {
      item["status"] = answer.body;
    } else {
      item["error"] = answer.error;
    }
    daemons.push_back(std::move(item));
  }
  boost::json::array told;
  for (const StatusProblem& problem : problems) {
    const char* severity = problem.severity == CtlExit::ok ? "note" : "problem";
    told.push_back({{"severity", severity}, {"message", problem.text}});
  }
  return {{"well", exit_of(problems) == CtlExit::ok}, {"problems", told}, {"daemons", daemons}};
}

CtlExit run_status(const CommandContext& context) {
  const auto [settings, faults, barred] = settings_in_use(context);
  const auto answers = ask_daemons(daemons_of(settings), {"GET", "/v1/status", {}}, kQuickAnswer,
                                   print_waiting(context.console));
  auto problems =
      barred ? problems_but_of_files(answers) : problems_of(answers, fingerprint_on_disk(settings));
  if (faults > 0) problems.insert(problems.begin(), faulty_settings(context.settings_file, faults));
  if (context.console.is_json()) {
    context.console.json(json_status(answers, problems));
  } else {
    const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
    context.console.page(status_text(answers, problems, now));
  }
  return exit_of(problems);
}

}  // namespace

extern const Command kStatusCommand{
    "status", "Says how the daemons are doing, and first what is wrong",
    "Example:\n"
    "  posternctl status\n"
    "Says which generation of the rules each daemon has in force and since when, how the last\n"
    "reload ended, connections, cache and name servers; and whether the daemons differ from "
    "each\n"
    "other or from the files on disk. Writes nothing. 1: something is wrong; 3: one is silent.",
    prepare_plain<run_status>};

}  // namespace postern::ctl
