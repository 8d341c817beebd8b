#include "ctl/rollback.h"

#include <algorithm>
#include <boost/json.hpp>
#include <ostream>

#include "common/escape.h"
#include "common/io/text_file.h"
#include "ctl/generation_table.h"
#include "ctl/installation.h"
#include "ctl/json_read.h"
#include "ctl/reload.h"
#include "ctl/restore_files.h"
#include "ctl/rollback_plan.h"
#include "ctl/state_folder.h"
#include "rules/io/rollback_mark.h"

namespace postern {
namespace {

constexpr std::size_t kMaxRestored = std::size_t{256} << 20;
// Of each file; and of each line.
constexpr std::size_t kMostLines = 20;
constexpr std::size_t kMostBytes = 160;

CtlExit tell_error(const std::string& text, CtlExit exit, const CommandContext& context) {
  context.err << "posternctl: " << printable(text) << "\n";
  return exit;
}

bool has_fingerprint(const GenerationStore& store, const StoredGeneration& generation,
                     const std::string& fingerprint) {
  const auto files = store.read(generation);
  return files && fingerprint_of_files(*files) == fingerprint;
}

// What runs, as a daemon says that answers; without one, what was kept last. Its number alone may
// be that of another generation: one that keeps none counts from its start.
std::uint64_t running_generation(const GenerationStore& store,
                                 const std::vector<StoredGeneration>& kept,
                                 const std::optional<DaemonAnswer>& running) {
  if (kept.empty()) return 0;
  if (!running) return kept.back().number;
  const std::uint64_t number = count_of(running->body, "generation");
  const std::string fingerprint = text_of(running->body, "fingerprint");
  const auto same_number = std::find_if(
      kept.begin(), kept.end(), [&](const StoredGeneration& one) { return one.number == number; });
  const bool is_kept = same_number != kept.end();
  if (fingerprint.empty() || (is_kept && has_fingerprint(store, *same_number, fingerprint))) {
    return number;
  }
  const auto same = std::find_if(kept.rbegin(), kept.rend(), [&](const StoredGeneration& one) {
    return has_fingerprint(store, one, fingerprint);
  });
  if (same != kept.rend()) return same->number;
  // What runs is none of them: all of them are from before.
  return is_kept || number < kept.front().number ? kept.back().number + 1 : number;
}

// A generation that this installation would not load is not put back.
bool would_load(const std::vector<SourceFile>& files, const Settings& settings,
                const CommandContext& context) {
  for (const Door door : {Door::policy, Door::milter}) {
    if (!doors_of(settings).contains(door)) continue;
    Diagnostics diagnostics;
    if (rules_of(files, 0, {door, doors_of(settings)}, diagnostics)) continue;
    context.err << diagnostics.to_string()
                << "nothing is written: that generation would not load here any more\n";
    return false;
  }
  return true;
}

// Whether the files are what a kept generation has.
OnDisk what_is_on_disk(const GenerationStore& store, const std::vector<StoredGeneration>& kept,
                       std::uint64_t number, const std::vector<SourceFile>& now) {
  const bool same = std::any_of(kept.begin(), kept.end(), [&](const StoredGeneration& one) {
    return one.number == number && has_fingerprint(store, one, fingerprint_of_files(now));
  });
  return same ? OnDisk::what_runs : OnDisk::something_else;
}

void tell_lines(const RestoredFile& file, const CommandContext& context) {
  const std::string now = file.now.value_or("");
  const auto changes = changed_lines(now, file.text);
  for (std::size_t i = 0; i < std::min(changes.size(), kMostLines); ++i) {
    const char* sign = changes[i].kind == ChangedLine::Kind::removed ? " - " : " + ";
    context.out << "    " << changes[i].number << sign
                << printable(changes[i].text.substr(0, kMostBytes)) << "\n";
  }
  if (changes.size() > kMostLines) {
    context.out << "    and " << changes.size() - kMostLines << " more lines\n";
  }
}

// What is to change, before it is written.
void tell_plan(const StoredGeneration& generation, const RollbackPlan& plan,
               const RollbackOptions& options, const CommandContext& context) {
  const auto shown = [&](const std::string& path) {
    return printable(short_path(path, context.settings_file));
  };
  context.out << (options.dry_run ? "would go back" : "going back") << " to generation "
              << generation.number << ", of " << format_utc(generation.since) << "\n";
  for (const RestoredFile& file : plan.files) {
    context.out << "  " << shown(file.path) << "  " << file.diff.to_string()
                << (file.now ? "" : " (was not there)") << "\n";
    tell_lines(file, context);
  }
  for (const std::string& path : plan.unused) {
    context.out << "  " << shown(path) << " stays, but is not used\n";
  }
  if (plan.files.empty()) context.out << "  the files are like that already\n";
  context.out.flush();
}

void tell_written(const WrittenFiles& written, const CommandContext& context) {
  for (const std::string& name : written.saved) {
    context.out << "  what was there, and in no generation, is in "
                << printable(short_path(name, context.settings_file)) << "\n";
  }
  if (!written.unmarked) return;
  context.err << "posternctl: note: the next rollback will not know this one as a rollback: "
              << printable(written.unmarked->text) << "\n";
}

boost::json::object json_of(const StoredGeneration& generation, const RollbackPlan& plan,
                            const std::vector<std::string>& saved) {
  boost::json::array files;
  for (const RestoredFile& file : plan.files) {
    files.push_back({{"file", printable(file.path)},
                     {"added", file.diff.added},
                     {"removed", file.diff.removed}});
  }
  boost::json::array kept;
  for (const std::string& name : saved) kept.push_back(boost::json::value(printable(name)));
  boost::json::array unused;
  for (const std::string& path : plan.unused) unused.push_back(boost::json::value(printable(path)));
  return {{"generation", generation.number}, {"files", files}, {"saved", kept}, {"unused", unused}};
}

RulesRead read_present_rules(const Settings& settings) {
  Diagnostics ignored;
  return read_rules(settings.rules_file, 0, {widest_door(settings), doors_of(settings)}, nullptr,
                    ignored);
}

CtlExit put_back(const StoredGeneration& generation, const std::vector<SourceFile>& wanted,
                 const std::vector<StoredGeneration>& kept, const SettingsInUse& in_use,
                 const RollbackOptions& options, const CommandContext& context) {
  const Settings& settings = in_use.settings;
  auto locks = options.dry_run ? std::vector<FolderLock>() : lock_folders(wanted);
  if (!locks) return tell_error(locks.error().text, CtlExit::failed, context);
  const auto now = read_present_rules(settings);
  const RollbackPlan plan = plan_rollback(wanted, now.files, kept, [](const std::string& path) {
    auto text = read_text_file(path, kMaxRestored);
    return text ? std::optional<std::string>(std::move(*text)) : std::nullopt;
  });
  const auto places = check_places(plan, now.files, {settings.rules_file, context.settings_file});
  if (!places) return tell_error(places.error().text, CtlExit::failed, context);
  if (context.output == Output::text) tell_plan(generation, plan, options, context);
  WrittenFiles written;
  std::vector<DaemonAnswer> answers;
  if (!options.dry_run) {
    if (auto done = write_plan(plan, wanted, generation.number, written); !done) {
      return tell_error(done.error().text, CtlExit::failed, context);
    }
    context.out.flush();
    locks->clear();  // not while a daemon is waited for
    // A kept generation is wanted as it is, however much shorter its lists are.
    answers =
        ask_reload(settings, {.shrunk = ShrunkLists::accept, .faulty = faulty_settings_of(in_use)},
                   tell_waiting(context, "written"));
    // Those who have taken the files have kept the mark with them.
    if (exit_of_reload(answers) == CtlExit::ok) {
      remove_rollback_mark(settings.rules_file);
    }
  }
  if (context.output == Output::json) {
    auto out = json_of(generation, plan, written.saved);
    out["dry_run"] = options.dry_run;
    out["daemons"] = json_reload(answers);
    context.out << out << "\n";
  } else if (!options.dry_run) {
    tell_written(written, context);
    tell_in_force(answers, "written", context);
  }
  return options.dry_run ? CtlExit::ok : exit_of_reload(answers);
}

// The generation that is meant; none: there is no such one.
std::optional<std::uint64_t> number_meant(const RollbackOptions& options,
                                          const GenerationStore& store,
                                          const std::vector<StoredGeneration>& kept,
                                          std::uint64_t runs, const Settings& settings) {
  if (options.generation) return options.generation;
  const auto now = read_present_rules(settings).files;
  return number_to_restore(kept, runs, what_is_on_disk(store, kept, runs, now),
                           restored_generation(now));
}

}  // namespace

CtlExit run_rollback(const RollbackOptions& options, const CommandContext& context) {
  const SettingsInUse in_use = settings_in_use(context);
  const Settings* settings = &in_use.settings;
  const auto running = ask_status(*settings, Door::policy, tell_waiting(context));
  const StateFolder state = state_folder_in_use(*settings, running);
  if (state.path.empty()) {
    return tell_error(
        "no generations are kept; want 'state: /var/lib/postern' in " + context.settings_file,
        CtlExit::no, context);
  }
  if (!state.note.empty()) context.err << "posternctl: note: " << printable(state.note) << "\n";
  const auto store = GenerationStore::open_to_read(state.path);
  if (!store) return tell_error(store.error().text, CtlExit::failed, context);
  const auto kept = store->list();
  const std::uint64_t runs = running_generation(*store, kept, running);
  if (options.list) {
    list_generations(kept, runs, context);
    return CtlExit::ok;
  }
  const auto number = number_meant(options, *store, kept, runs, *settings);
  if (!number) return tell_error("no earlier generation is kept", CtlExit::no, context);
  const auto generation = store->find(*number);
  if (!generation) return tell_error(generation.error().text, CtlExit::no, context);
  const auto wanted = store->read(*generation);
  if (!wanted) return tell_error(wanted.error().text, CtlExit::failed, context);
  if (wanted->front().path != settings->rules_file) {
    return tell_error("generation " + std::to_string(*number) + " is of the rule file " +
                          wanted->front().path + ", and the settings now name " +
                          settings->rules_file,
                      CtlExit::no, context);
  }
  if (!would_load(*wanted, *settings, context)) return CtlExit::no;
  return put_back(*generation, *wanted, kept, in_use, options, context);
}

}  // namespace postern
