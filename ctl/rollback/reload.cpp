#include "ctl/rollback/reload.h"

#include <algorithm>
#include <cmath>

#include "common/base/counted.h"
#include "common/base/duration.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

bool is_refused(const DaemonAnswer& answer) {
  const std::string outcome = text_of(answer.body, "outcome");
  return answer.reached() && (!answer.ok() || outcome == "refused" || outcome == "postponed");
}

std::string generation_of(const DaemonAnswer& answer) {
  return std::to_string(count_of(answer.body, "generation"));
}

std::string milliseconds_of(const DaemonAnswer& answer) {
  const double milliseconds = number_of(answer.body, "milliseconds");
  return std::to_string(std::lround(std::ceil(milliseconds))) + " ms";
}

std::string why_not_reached(const DaemonAnswer& answer) {
  return answer.silent ? "no answer in time: the daemon is busy or hangs" : answer.error;
}

// What becomes of the files where nobody has said so.
void print_what_holds(const std::vector<DaemonAnswer>& answers, const Console& console) {
  const bool silent = std::any_of(answers.begin(), answers.end(),
                                  [](const DaemonAnswer& answer) { return answer.silent; });
  if (!silent) return;
  console.line(
      "a daemon that did not answer takes the changed files by itself as soon as it goes "
      "on; to see whether it has: posternctl status");
}

// `; tried on 12345 decisions since 2026-11-28T21:00:00Z, good mail lost: 0`
std::string tried_text(const DaemonAnswer& answer) {
  const auto& tried = object_of(answer.body, "tried");
  const std::uint64_t decisions = count_of(tried, "decisions");
  if (decisions == 0) return {};
  return "; tried on " + counted(decisions, "decision") + " since " + text_of(tried, "since") +
         ", good mail lost: " + std::to_string(count_of(tried, "good_mail_lost"));
}

std::string outcome_line(const DaemonAnswer& answer) {
  if (!answer.reached()) return "not reached: " + why_not_reached(answer);
  if (!answer.ok()) return "failed: " + answer.error;
  const std::string outcome = text_of(answer.body, "outcome");
  if (outcome == "done") {
    return "done: generation " + generation_of(answer) + " is in force (" +
           milliseconds_of(answer) + ")" + tried_text(answer);
  }
  if (outcome == "unchanged") {
    return "nothing has changed: generation " + generation_of(answer) + " is in force";
  }
  if (outcome == "postponed") {
    return "NOT NOW: a file cannot be read; generation " + generation_of(answer) +
           " stays in force until the daemon, which tries again by itself, can read it";
  }
  return "REFUSED: generation " + generation_of(answer) + " stays in force" + tried_text(answer);
}

// What is in force and yet not as the settings want it.
void print_not_kept(const std::vector<DaemonAnswer>& answers, const Console& console) {
  for (const DaemonAnswer& answer : answers) {
    const std::string why = text_of(answer.body, "not_kept");
    if (why.empty()) continue;
    console.error_line(answer.daemon.name, ": generation ", generation_of(answer),
                       " is NOT KEPT, so that no rollback can bring it back: ", why,
                       "; the daemon tries again by itself");
  }
}

// Both daemons read the same files: what they say of them is told once, under all of their names.
void print_diagnostics(const std::vector<DaemonAnswer>& answers, const Console& console) {
  std::vector<std::string> told;
  for (const DaemonAnswer& answer : answers) {
    const std::string text = diagnostics_of(answer.body).to_string();
    if (text.empty() || std::find(told.begin(), told.end(), text) != told.end()) continue;
    const bool alone = std::all_of(answers.begin(), answers.end(), [&](const DaemonAnswer& other) {
      const std::string others = diagnostics_of(other.body).to_string();
      return !other.ok() || others.empty() || others == text;
    });
    if (!alone) console.error_line(answer.daemon.name, " says:");
    console.problems(text);
    told.push_back(text);
  }
}

}  // namespace

std::vector<DaemonAnswer> ask_reload(const config::Settings& settings, const ReloadRequest& wanted,
                                     const OnSilence& on_silence) {
  boost::json::object body{{"accept_shrunk", wanted.shrunk == config::ShrunkLists::accept}};
  // A daemon of an earlier version does not know it.
  if (wanted.faulty == config::FaultySettings::keep_running) body["accept_faulty_settings"] = true;
  if (!wanted.accepted_loss.empty()) body["accept_loss"] = wanted.accepted_loss;
  return ask_daemons(daemons_of(settings), {"POST", "/v1/reload", boost::json::serialize(body)},
                     wanted.wait, on_silence);
}

CtlExit exit_of_reload(const std::vector<DaemonAnswer>& answers) {
  if (std::any_of(answers.begin(), answers.end(), is_refused)) return CtlExit::no;
  const bool all = std::all_of(answers.begin(), answers.end(),
                               [](const DaemonAnswer& answer) { return answer.reached(); });
  return all ? CtlExit::ok : CtlExit::failed;
}

void print_reload(const std::vector<DaemonAnswer>& answers, const Console& console) {
  print_diagnostics(answers, console);
  for (const DaemonAnswer& answer : answers) {
    console.line(answer.daemon.name, ": ", outcome_line(answer));
  }
  print_not_kept(answers, console);
}

void print_in_force(const std::vector<DaemonAnswer>& answers, std::string_view done,
                    const Console& console) {
  const bool nobody = std::none_of(answers.begin(), answers.end(),
                                   [](const DaemonAnswer& answer) { return answer.reached(); });
  if (nobody) {
    console.line(done, "; no daemon was reached:");
    for (const DaemonAnswer& answer : answers) {
      console.line("  ", answer.daemon.name, ": ", why_not_reached(answer));
    }
    return print_what_holds(answers, console);
  }
  if (exit_of_reload(answers) == CtlExit::no) {
    console.line(done, ", but not in force:");
    return print_reload(answers, console);
  }
  std::string where;
  for (const DaemonAnswer& answer : answers) {
    if (!answer.reached()) continue;
    where += (where.empty() ? " " : ", ") + generation_of(answer) + " (" +
             answer.daemon.short_name() + ")";
  }
  console.line("in force since generation", where);
  for (const DaemonAnswer& answer : answers) {
    if (!answer.reached()) {
      console.line(answer.daemon.name, ": ", outcome_line(answer));
    }
  }
  print_not_kept(answers, console);
  print_what_holds(answers, console);
}

boost::json::array json_reload(const std::vector<DaemonAnswer>& answers) {
  boost::json::array out;
  for (const DaemonAnswer& answer : answers) {
    boost::json::object item{{"daemon", answer.daemon.name}};
    if (answer.ok()) {
      item["reload"] = answer.body;
    } else {
      item["error"] = answer.error;
    }
    out.push_back(std::move(item));
  }
  return out;
}

namespace {

struct ReloadOptions {
  config::ShrunkLists shrunk = config::ShrunkLists::refuse;
  std::string accepted_loss;
  std::chrono::milliseconds wait = kQuickAnswer;
};

CtlExit run_reload(const ReloadOptions& options, const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  vouch_for(settings.rules_file, load_rules_on_disk(settings).files, context);
  const auto answers = ask_reload(
      settings,
      {.shrunk = options.shrunk, .accepted_loss = options.accepted_loss, .wait = options.wait},
      print_waiting(context.console));
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"daemons", json_reload(answers)}});
  } else {
    print_reload(answers, context.console);
    print_what_holds(answers, context.console);
  }
  return exit_of_reload(answers);
}

Result<std::chrono::milliseconds> time_to_wait(const std::string& text) {
  auto time = parse_duration(text);
  if (time && *time < std::chrono::seconds{1}) return failure("want 1s or more");
  return time;
}

Result<std::string> candidate_of(const std::string& text) {
  const bool is_name = text.size() == config::kCandidateName &&
                       text.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_name) return failure("want the name that the refusal says, like 3f9a0c51");
  return text;
}

std::vector<OptionRow> reload_options(ReloadOptions& to) {
  return {{"--accept-shrunk", "Also lists and rule files that lost half of what they had",
           set(to.shrunk, config::ShrunkLists::accept)},
          {"--accept-loss NAME", "The good mail that these rules lose; the refusal says their name",
           parsed(to.accepted_loss, candidate_of)},
          {"--wait TIME", "For the answer: lists of millions take longer than 5s",
           parsed(to.wait, time_to_wait)}};
}

}  // namespace

extern const Command kReloadCommand{
    "reload", "Has the daemons read settings, rules and lists again",
    "Examples:\n"
    "  posternctl reload\n"
    "  posternctl reload --wait 2m    after a change of lists of millions\n"
    "  posternctl reload --accept-loss 3f9a0c51    as 'reload: replay_guard:' names the files\n"
    "The daemons take changed files by themselves; this says what became of them. Writes\n"
    "nothing. 1: refused; the rules from before stay in force. 3: a daemon did not answer\n"
    "within 5 seconds; it takes the files by itself.",
    prepare<reload_options, run_reload>};

}  // namespace postern::ctl
