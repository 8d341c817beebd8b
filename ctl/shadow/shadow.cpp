// `posternctl shadow`: a candidate beside the rules in force, on live mail.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"
#include "ctl/shadow/candidate_files.h"
#include "ctl/shadow/promote.h"
#include "ctl/shadow/shadow_page.h"
#include "server/config/generation_store.h"

namespace postern::ctl {
namespace {

struct ShadowOptions {
  enum class What { start, status, promote, drop } what = What::status;
  std::string file;
  bool ask_dns = false;
  std::size_t examples = 10;
  bool follow = false;
  bool accept_changed = false;
  bool dry_run = false;
};

using Answers = std::vector<DaemonAnswer>;

constexpr int kMostExamples = 200;  // that a daemon keeps
constexpr std::chrono::seconds kFollowEvery{1};
// A candidate with lists of millions.
constexpr std::chrono::minutes kStartWait{2};

const boost::json::object& shadow_of(const DaemonAnswer& answer) {
  return object_of(answer.body, "shadow");
}

bool has_shadow(const DaemonAnswer& answer) {
  return answer.ok() && !shadow_of(answer).empty();
}

Answers ask(const config::Settings& settings, const std::string& method, const Console& console) {
  return ask_daemons(daemons_of(settings), {method, "/v1/shadow", {}}, kQuickAnswer,
                     print_waiting(console));
}

boost::json::object json_of(const Answers& answers) {
  boost::json::array daemons;
  for (const DaemonAnswer& answer : answers) {
    boost::json::object one{{"daemon", answer.daemon.name}};
    if (answer.ok()) {
      const auto* shadow = answer.body.if_contains("shadow");
      one["shadow"] = shadow == nullptr ? boost::json::value(nullptr) : *shadow;
    } else {
      one["error"] = answer.error;
    }
    daemons.push_back(std::move(one));
  }
  return {{"daemons", std::move(daemons)}};
}

// ---- start
// --------------------------------------------------------------------------------------

// What a daemon found in the files beyond what was found here: it reads them as another account.
void print_refused(const DaemonAnswer& answer, const Console& console) {
  console.problems(diagnostics_of(answer.body).to_string());
  console.error(answer.daemon.name, ": the shadow is not started");
}

CtlExit start(const ShadowOptions& options, const config::Settings& settings,
              const CommandContext& context) {
  const Console& console = context.console;
  const std::string file = candidate_path(options.file);
  if (!read_candidate(file, settings, console)) {
    console.error_line("no shadow is started: the rules have faults");
    return CtlExit::no;
  }
  const boost::json::object body{{"file", file}, {"ask_dns", options.ask_dns}};
  const auto answers =
      ask_daemons(daemons_of(settings), {"POST", "/v1/shadow", boost::json::serialize(body)},
                  kStartWait, print_waiting(console));
  CtlExit exit = print_faults(answers, console);
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok() || has_shadow(answer)) continue;
    print_refused(answer, console);
    exit = std::max(exit, CtlExit::no);
  }
  if (exit != CtlExit::ok) {
    // All doors or none.
    std::vector<DaemonPlace> started;
    for (const DaemonAnswer& answer : answers) {
      if (has_shadow(answer)) started.push_back(answer.daemon);
    }
    ask_daemons(started, {"DELETE", "/v1/shadow", {}}, kQuickAnswer);
  } else if (!console.is_json()) {
    for (const DaemonAnswer& answer : answers) {
      console.line(answer.daemon.name, ": ", text_of(shadow_of(answer), "file"),
                   " runs beside the rules: ", count_of(shadow_of(answer), "rules"), " rules, ",
                   count_of(shadow_of(answer), "lists"), " lists");
    }
  }
  if (console.is_json()) console.json(json_of(answers));
  return exit;
}

// ---- status
// --------------------------------------------------------------------------------------

// Prints what differs from now on, as it comes.
class Follower {
 public:
  Follower(const Answers& answers, const CommandContext& context) : context_(context) {
    for (const DaemonAnswer& answer : answers) {
      if (has_shadow(answer)) shown_[answer.daemon.name] = newest(answer);
    }
  }

  // Until no shadow runs any more, or nobody reads.
  CtlExit follow(const config::Settings& settings) {
    while (context_.console.is_read()) {
      std::this_thread::sleep_for(kFollowEvery);
      const auto answers =
          ask_daemons(daemons_of(settings), {"GET", "/v1/shadow", {}}, kQuickAnswer);
      if (std::ranges::none_of(answers, has_shadow)) return print_faults(answers, context_.console);
      for (const DaemonAnswer& answer : answers) {
        if (has_shadow(answer)) print_new(answer);
      }
      context_.console.flush();
    }
    return CtlExit::ok;
  }

 private:
  // The example that was shown last, of the shadow that began then.
  struct Shown {
    std::string since;
    std::uint64_t number = 0;
  };

  static Shown newest(const DaemonAnswer& answer) {
    const auto& examples = array_of(shadow_of(answer), "examples");
    return {text_of(shadow_of(answer), "since"),
            examples.empty() ? 0 : count_of(as_object(examples.front()), "number")};
  }

  void print_new(const DaemonAnswer& answer) {
    const Shown now = newest(answer);
    Shown& shown = shown_[answer.daemon.name];
    if (shown.since != now.since) shown.number = 0;
    const auto& examples = array_of(shadow_of(answer), "examples");
    for (auto item = examples.rbegin(); item != examples.rend(); ++item) {
      const auto& example = as_object(*item);
      if (count_of(example, "number") <= shown.number) continue;
      context_.console.line(answer.daemon.short_name(), ": ", example_line(example));
    }
    shown = now;
  }

  const CommandContext& context_;
  std::map<std::string, Shown> shown_;  // by daemon
};

CtlExit show_status(const ShadowOptions& options, const config::Settings& settings,
                    const CommandContext& context) {
  const auto answers = ask(settings, "GET", context.console);
  CtlExit exit = print_faults(answers, context.console);
  const bool runs = std::ranges::any_of(answers, has_shadow);
  if (!runs) exit = std::max(exit, CtlExit::no);
  if (context.console.is_json()) {
    context.console.json(json_of(answers));
    return exit;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) continue;
    if (!has_shadow(answer)) {
      context.console.line(answer.daemon.name, ": no shadow");
      continue;
    }
    context.console.page(shadow_text(shadow_of(answer), answer.daemon.name, options.examples, now));
  }
  if (!options.follow || !runs) return exit;
  context.console.flush();
  return std::max(exit, Follower(answers, context).follow(settings));
}

// ---- promote and drop
// --------------------------------------------------------------------------------------

CtlExit drop(const config::Settings& settings, const CommandContext& context) {
  const auto answers = ask(settings, "DELETE", context.console);
  const CtlExit exit = print_faults(answers, context.console);
  const bool ran = std::ranges::any_of(answers, has_shadow);
  if (context.console.is_json()) {
    context.console.json(json_of(answers));
  } else {
    for (const DaemonAnswer& answer : answers) {
      if (!answer.ok()) continue;
      const auto& shadow = shadow_of(answer);
      context.console.line(
          answer.daemon.name, ": ",
          shadow.empty() ? "no shadow" : "dropped " + text_of(shadow, "file"),
          shadow.empty() ? std::string()
                         : ", of " + std::to_string(count_of(shadow, "decisions")) + " decisions " +
                               std::to_string(count_of(shadow, "differences")) + " differ");
    }
  }
  return exit == CtlExit::ok && !ran ? CtlExit::no : exit;
}

// The answer of a daemon in whose place all others stand. Null, and said: there is none.
const DaemonAnswer* one_of_all(const Answers& answers, const Console& console) {
  const auto first = std::ranges::find_if(answers, has_shadow);
  if (first == answers.end()) {
    console.error("no shadow runs; want posternctl shadow start FILE");
    return nullptr;
  }
  for (const DaemonAnswer& answer : answers) {
    if (!has_shadow(answer)) continue;
    if (text_of(shadow_of(answer), "fingerprint") == text_of(shadow_of(*first), "fingerprint")) {
      continue;
    }
    console.error("the doors have DIFFERENT shadows: ", text_of(shadow_of(*first), "file"), " and ",
                  text_of(shadow_of(answer), "file"), "; drop them, and start one");
    return nullptr;
  }
  return &*first;
}

// What has changed since the start, and what to do; empty: nothing has.
std::string why_not_promoted(const CandidateFiles& candidate, const config::Settings& settings,
                             const boost::json::object& shadow) {
  if (config::fingerprint_of_files(candidate.read.files) != text_of(shadow, "fingerprint")) {
    return "it or one of its lists has changed since the shadow began, so nobody has seen what it "
           "does; drop and start it again";
  }
  if (config::fingerprint_of_files(load_rules_on_disk(settings).files) !=
      text_of(shadow, "live_fingerprint")) {
    return "the rules or lists in use have changed since the shadow began, which this would take "
           "back; bring them together, drop and start it again";
  }
  return {};
}

CtlExit promote_shadow(const ShadowOptions& options, const config::Settings& settings,
                       const CommandContext& context) {
  const Console& console = context.console;
  const auto answers = ask(settings, "GET", console);
  if (const CtlExit exit = print_faults(answers, console); exit != CtlExit::ok) return exit;
  const DaemonAnswer* const answer = one_of_all(answers, console);
  if (answer == nullptr) return CtlExit::no;
  const auto& shadow = shadow_of(*answer);
  const std::string file = text_of(shadow, "file");
  const auto candidate = read_candidate(file, settings, console);
  if (!candidate) {
    console.error_line("nothing is written: the rules have faults");
    return CtlExit::no;
  }
  if (const auto why = why_not_promoted(*candidate, settings, shadow);
      !why.empty() && !options.accept_changed) {
    console.error(file, ": ", why, ", or say --accept-changed");
    return CtlExit::no;
  }
  const auto purpose = options.dry_run ? EditPurpose::show : EditPurpose::write;
  const CtlExit exit = promote(file, *candidate, purpose, context);
  if (exit != CtlExit::ok || options.dry_run) return exit;
  return print_faults(ask(settings, "DELETE", console), console);
}

CtlExit run_shadow(const ShadowOptions& options, const CommandContext& context) {
  using What = ShadowOptions::What;
  if ((options.what == What::start) == options.file.empty()) {
    context.console.error(options.file.empty()
                              ? "shadow start: want the FILE of the rules, or their folder"
                              : "found a file, which only 'shadow start' takes");
    return CtlExit::usage;
  }
  const config::Settings settings = settings_in_use(context).settings;
  switch (options.what) {
    case What::start:
      return start(options, settings, context);
    case What::status:
      return show_status(options, settings, context);
    case What::promote:
      return promote_shadow(options, settings, context);
    case What::drop:
      return drop(settings, context);
  }
  return CtlExit::usage;
}

std::vector<OptionRow> shadow_options(ShadowOptions& to) {
  using What = ShadowOptions::What;
  return {{"ACTION", "start, status, promote or drop",
           one_of<What>(to.what, {{"start", What::start},
                                  {"status", What::status},
                                  {"promote", What::promote},
                                  {"drop", What::drop}})},
          {"[FILE]", "To start: a rule file, or a folder with rules.yaml", &to.file},
          {"--ask-dns", "To start: ask DNS for what the rules in force do not", &to.ask_dns},
          {"--examples NUMBER", "Of the status: the newest decisions that differ",
           NumberWithin{&to.examples, 0, kMostExamples}},
          {"--follow", "Of the status: then show those that differ as they come", &to.follow},
          {"--accept-changed", "To promote: though files have changed since the start",
           &to.accept_changed},
          {"--dry-run", "To promote: say what would be written", &to.dry_run}};
}

}  // namespace

extern const Command kShadowCommand{
    "shadow", "Runs a candidate beside the rules in force, and says where it differs",
    "Examples:\n"
    "  posternctl shadow start new/rules.yaml\n"
    "  posternctl shadow status --follow\n"
    "  posternctl shadow promote\n"
    "No mail is decided by it, and no mail waits for it. promote makes it the rules, as a\n"
    "change that undo takes back; drop ends it, and so does a restart of the daemon. 1: none\n"
    "runs, or the rules have faults, or something has changed since the start.",
    prepare<shadow_options, run_shadow>};

}  // namespace postern::ctl
