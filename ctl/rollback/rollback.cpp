// `posternctl rollback`: the files of an earlier generation come back over the present ones.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "common/os/text_file.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/rollback/edit_history.h"
#include "ctl/rollback/generation_table.h"
#include "ctl/rollback/reload.h"
#include "ctl/rollback/restore_files.h"
#include "ctl/rollback/rollback_plan.h"
#include "ctl/rollback/rollback_report.h"
#include "ctl/rollback/vouched_texts.h"
#include "server/config/rollback_mark.h"

namespace postern::ctl {
namespace {

struct RollbackOptions {
  std::optional<std::uint64_t> generation;  // none: the one before what runs
  bool list = false;                        // only say what there is
  bool dry_run = false;
  bool yes = false;  // nobody is asked
  std::string
      vouch;  // digest_of_unvouched() of what is to be written although nobody vouches for it
};

CtlExit print_error(const std::string& text, CtlExit exit, const CommandContext& context) {
  context.console.error(text);
  return exit;
}

// What runs, as a daemon says that answers; without one, what was kept last. Its number alone may
// be that of another generation: one that keeps none counts from its start.
std::uint64_t running_generation(const std::vector<config::StoredGeneration>& kept,
                                 const std::optional<DaemonAnswer>& running) {
  if (kept.empty()) return 0;
  if (!running) return kept.back().number;
  const std::uint64_t number = count_of(running->body, "generation");
  const std::string fingerprint = text_of(running->body, "fingerprint");
  const auto same_number =
      std::find_if(kept.begin(), kept.end(),
                   [&](const config::StoredGeneration& one) { return one.number == number; });
  const bool is_kept = same_number != kept.end();
  if (fingerprint.empty() ||
      (is_kept && config::fingerprint_of_files(*same_number) == fingerprint)) {
    return number;
  }
  const auto same =
      std::find_if(kept.rbegin(), kept.rend(), [&](const config::StoredGeneration& one) {
        return config::fingerprint_of_files(one) == fingerprint;
      });
  if (same != kept.rend()) return same->number;
  // What runs is none of them: all of them are from before.
  return is_kept || number < kept.front().number ? kept.back().number + 1 : number;
}

// A generation that this installation would not load is not put back.
bool would_load(const std::vector<config::SourceFile>& files, const config::Settings& settings,
                const CommandContext& context) {
  for (const Door door : {Door::policy, Door::milter}) {
    if (!config::doors_of(settings).contains(door)) continue;
    const auto read = config::RuleSource::edited(files, settings.state_folder)
                          .load(config::load_target(settings, door));
    if (read.snapshot) continue;
    context.console.problems(read.diagnostics.to_string());
    context.console.error_line("nothing is written: that generation would not load here any more");
    return false;
  }
  return true;
}

// Whether the files are what a kept generation has.
OnDisk what_is_on_disk(const std::vector<config::StoredGeneration>& kept, std::uint64_t number,
                       const std::vector<config::SourceFile>& now) {
  const bool same = std::any_of(kept.begin(), kept.end(), [&](const config::StoredGeneration& one) {
    return one.number == number &&
           config::fingerprint_of_files(one) == config::fingerprint_of_files(now);
  });
  return same ? OnDisk::what_runs : OnDisk::something_else;
}

// By its copy and not by what a manifest says, which may have been written so that the text is
// lost.
bool is_kept(const std::vector<config::StoredGeneration>& kept, const std::string& path,
             const std::string& text) {
  for (const config::StoredGeneration& generation : kept) {
    for (const config::StoredFile& file : generation.files) {
      if (file.path != path || file.bytes != text.size()) continue;
      const auto copy = config::read_copy(file);
      if (copy && copy->text == text) return true;
    }
  }
  return false;
}

std::vector<ChangedText> changed_texts(const RollbackPlan& plan) {
  std::vector<ChangedText> changed;
  for (const RestoredFile& file : plan.files) {
    changed.push_back({file.path, file.now.value_or(""), file.text});
  }
  return changed;
}

// A generation that is to come back, in memory: what is shown of it is what is written.
class Rollback {
 public:
  Rollback(const SettingsInUse& in_use, const RollbackOptions& options,
           const CommandContext& context, const std::vector<config::StoredGeneration>& kept,
           const config::StoredGeneration& generation,
           const std::vector<config::SourceFile>& wanted)
      : in_use_(in_use),
        settings_(in_use.settings),
        options_(options),
        context_(context),
        kept_(kept),
        generation_(generation),
        wanted_(wanted) {}

  CtlExit run() const {
    const auto now = load_rules_on_disk(settings_);
    const RollbackPlan plan = plan_over(now.files);
    if (const auto places =
            check_places(plan, now.files, {settings_.rules_file, context_.settings_file});
        !places) {
      return print_error(places.error().text, CtlExit::failed, context_);
    }
    const bool text = !context_.console.is_json();
    if (text)
      print_plan(generation_, plan, options_.dry_run ? Tense::would : Tense::will, context_);
    if (options_.dry_run) {
      if (!text) print_json(plan, {}, {});
      return CtlExit::ok;
    }
    WrittenFiles written;
    if (!plan.files.empty()) {
      if (const std::string bar = what_bars(plan); !bar.empty()) {
        return print_error("nothing is written: " + bar, CtlExit::no, context_);
      }
      vouch_for(settings_.rules_file, now.files, context_);  // so that this can be taken back
      if (auto done = write(plan, written); !done) {
        return print_error(done.error().text, CtlExit::failed, context_);
      }
      vouch_for(settings_.rules_file, wanted_, context_);
      keep_in_history(settings_.rules_file, changed_texts(plan), std::nullopt, context_);
    }
    return reload(plan, written);
  }

 private:
  [[nodiscard]] RollbackPlan plan_over(const std::vector<config::SourceFile>& now) const {
    const VouchedTexts vouched = VouchedTexts::beside(settings_.rules_file);
    PlanFacts facts;
    facts.on_disk = [](const std::string& path) {
      auto text = os::read_text_file(path, config::kMaxListFile);
      return text ? std::optional<std::string>(std::move(*text)) : std::nullopt;
    };
    facts.is_kept = [this](const std::string& path, const std::string& text) {
      return is_kept(kept_, path, text);
    };
    facts.is_vouched = [&](const std::string& path, const std::string& text) {
      return vouched.has(path, text);
    };
    return plan_rollback(wanted_, now, facts);
  }

  // Why it may not be written; empty: it may.
  [[nodiscard]] std::string what_bars(const RollbackPlan& plan) const {
    const bool can_ask = context_.terminal == Terminal::both_ways && !context_.console.is_json();
    if (!unvouched(plan).empty()) return what_bars_unvouched(plan, can_ask);
    if (options_.yes) return {};
    if (!can_ask) return "there is nobody to be asked; want --yes";
    return is_answered("yes", "write this? yes or no: ") ? "" : "the answer was not yes";
  }

  [[nodiscard]] std::string what_bars_unvouched(const RollbackPlan& plan, bool can_ask) const {
    const std::string number = std::to_string(generation_.number);
    if (!can_be_shown(plan)) {
      return "nobody vouches for generation " + number +
             ", and it has too many changes to be looked at here; look into " +
             generation_.files.front().stored + ", and copy by hand what is right";
    }
    const std::string digest = digest_of_unvouched(plan);
    if (options_.vouch == digest) return {};
    if (!options_.vouch.empty()) {
      return "that generation is not what --vouch was said of; look at what it changes";
    }
    if (!can_ask) {
      return "nobody but the account of the daemons has kept what is marked; if all of its lines "
             "are right: posternctl rollback " +
             number + " --vouch " + digest;
    }
    return is_answered("vouch", "do you vouch for what is marked? type vouch, or no: ")
               ? ""
               : "nobody vouches for what is marked";
  }

  [[nodiscard]] bool is_answered(const std::string& word, const std::string& question) const {
    context_.console.problems(question);
    std::string answer;
    std::getline(context_.in, answer);
    return answer == word;
  }

  // The locks are taken when the person has answered; what has changed meanwhile was not shown.
  [[nodiscard]] Result<void> write(const RollbackPlan& plan, WrittenFiles& written) const {
    const auto locks = lock_folders(wanted_);
    if (!locks) return tl::unexpected(locks.error());
    if (!is_same_plan(plan, plan_over(load_rules_on_disk(settings_).files))) {
      return failure(
          "somebody has changed the files since they were shown; nothing is written, "
          "try again");
    }
    return write_plan(plan, wanted_, generation_.number, written);
  }

  [[nodiscard]] CtlExit reload(const RollbackPlan& plan, const WrittenFiles& written) const {
    context_.console.flush();
    // A kept generation is wanted as it is, however much shorter its lists are.
    const auto answers = ask_reload(
        settings_, {.shrunk = config::ShrunkLists::accept, .faulty = faulty_settings_of(in_use_)},
        print_waiting(context_.console, "written"));
    // Those who have taken the files have kept the mark with them.
    if (exit_of_reload(answers) == CtlExit::ok) {
      config::remove_rollback_mark(settings_.rules_file);
    }
    if (context_.console.is_json()) {
      print_json(plan, written.saved, answers);
    } else {
      print_written(written, context_);
      print_in_force(answers, "written", context_.console);
    }
    return exit_of_reload(answers);
  }

  void print_json(const RollbackPlan& plan, const std::vector<std::string>& saved,
                  const std::vector<DaemonAnswer>& answers) const {
    auto out = json_of_plan(generation_, plan, saved);
    out["dry_run"] = options_.dry_run;
    out["daemons"] = json_reload(answers);
    context_.console.json(out);
  }

  const SettingsInUse& in_use_;
  const config::Settings& settings_;
  const RollbackOptions& options_;
  const CommandContext& context_;
  const std::vector<config::StoredGeneration>& kept_;
  const config::StoredGeneration& generation_;
  const std::vector<config::SourceFile>& wanted_;
};

// The generation that is meant; none: there is no such one.
std::optional<std::uint64_t> number_meant(const RollbackOptions& options,
                                          const std::vector<config::StoredGeneration>& kept,
                                          std::uint64_t runs, const config::Settings& settings) {
  if (options.generation) return options.generation;
  const auto now = load_rules_on_disk(settings).files;
  return number_to_restore(kept, runs, what_is_on_disk(kept, runs, now),
                           config::restored_generation(now));
}

CtlExit run_rollback(const RollbackOptions& options, const CommandContext& context) {
  const SettingsInUse in_use = settings_in_use(context);
  const config::Settings* settings = &in_use.settings;
  const auto running = ask_status(*settings, Door::policy, print_waiting(context.console));
  const StateFolder state = state_folder_in_use(*settings, running);
  if (!state.note.empty()) context.console.note(state.note);
  if (state.path.empty()) {
    return print_error(
        "no generations are kept; want 'state: /var/lib/postern' in " + context.settings_file,
        CtlExit::no, context);
  }
  const auto store = config::GenerationStore::open_to_read(state.path);
  if (!store) return print_error(store.error().text, CtlExit::failed, context);
  const config::GenerationList found = store->look();
  const auto& kept = found.whole;
  const std::uint64_t runs = running_generation(kept, running);
  if (options.list) {
    list_generations(found, runs, VouchedTexts::beside(settings->rules_file), context);
    return CtlExit::ok;
  }
  const auto number = number_meant(options, kept, runs, *settings);
  if (!number) return print_error("no earlier generation is kept", CtlExit::no, context);
  const auto generation = store->find(*number);
  if (!generation) return print_error(generation.error().text, CtlExit::no, context);
  const auto wanted = store->read(*generation);
  if (!wanted) return print_error(wanted.error().text, CtlExit::failed, context);
  if (wanted->front().path != settings->rules_file) {
    return print_error("generation " + std::to_string(*number) + " is of the rule file " +
                           wanted->front().path + ", and the settings now name " +
                           settings->rules_file,
                       CtlExit::no, context);
  }
  if (!would_load(*wanted, *settings, context)) return CtlExit::no;
  return Rollback(in_use, options, context, kept, *generation, *wanted).run();
}

std::vector<OptionRow> rollback_options(RollbackOptions& to) {
  return {
      {"[GENERATION]", "A generation of --list", &to.generation},
      {"--list", "Say which there are, and do nothing", &to.list},
      {"--dry-run", "Say what would change", &to.dry_run},
      {"--yes", "Do not ask; without a terminal needed", &to.yes},
      {"--vouch DIGEST",
       "Write also what nobody vouches for, if it is what was shown with this digest", &to.vouch}};
}

}  // namespace

extern const Command kRollbackCommand{
    "rollback", "Puts the rule and list files of an earlier generation back",
    "Examples:\n"
    "  posternctl rollback --list       what there was, and what each changed\n"
    "  posternctl rollback --dry-run    what would change\n"
    "  posternctl rollback              to the generation before the one that runs\n"
    "  posternctl rollback 11 --yes     to that one, unasked\n"
    "Shows what will change, asks, writes over the rule file and its lists, those that\n"
    "differ, and reloads. What is in no generation is kept as FILE.before-rollback. The\n"
    "settings stay. Generations are kept by the account of the daemons; what it alone has\n"
    "had, and not the rule files (posternctl help vouch), is marked, and wants more than a\n"
    "yes.",
    prepare<rollback_options, run_rollback>};

}  // namespace postern::ctl
