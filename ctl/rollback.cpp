#include "ctl/rollback.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <ostream>
#include <set>

#include "common/escape.h"
#include "common/io/atomic_file.h"
#include "common/io/system_error.h"
#include "common/io/text_file.h"
#include "ctl/installation.h"
#include "ctl/json_read.h"
#include "ctl/reload.h"
#include "ctl/rollback_plan.h"
#include "ctl/status_text.h"

namespace postern {
namespace {

constexpr std::size_t kMaxRestored = std::size_t{256} << 20;
constexpr int kMaxSaved = 1000;

CtlExit tell_error(const std::string& text, CtlExit exit, const CommandContext& context) {
  context.err << "posternctl: " << printable(text) << "\n";
  return exit;
}

// What runs, as the first daemon says that answers; without one, what was kept last.
std::uint64_t running_generation(const Settings& settings,
                                 const std::vector<StoredGeneration>& kept) {
  for (const auto& answer :
       ask_daemons(daemons_of(settings), {"GET", "/v1/status", {}}, kQuickAnswer)) {
    if (answer.ok()) return count_of(answer.body, "generation");
  }
  return kept.empty() ? 0 : kept.back().number;
}

std::string text_of_file(const GenerationStore& store, const StoredGeneration& generation,
                         const std::string& path) {
  const auto files = store.read(generation);
  if (!files) return {};
  const auto found = std::find_if(files->begin(), files->end(),
                                  [&](const SourceFile& file) { return file.path == path; });
  return found == files->end() ? std::string() : found->text;
}

const StoredFile* file_of(const StoredGeneration& generation, const std::string& path) {
  const auto found = std::find_if(generation.files.begin(), generation.files.end(),
                                  [&](const StoredFile& file) { return file.path == path; });
  return found == generation.files.end() ? nullptr : &*found;
}

struct FileChange {
  std::string path;
  std::string what;  // `+1/-0 lines`, `new`, `gone`
};

// What a generation has changed against the one before it.
std::vector<FileChange> changes(const GenerationStore& store, const StoredGeneration& before,
                                const StoredGeneration& after) {
  std::vector<FileChange> found;
  for (const StoredFile& file : after.files) {
    const StoredFile* old = file_of(before, file.path);
    if (old != nullptr && old->fingerprint == file.fingerprint) continue;
    const LineDiff diff = diff_lines(old == nullptr ? "" : text_of_file(store, before, file.path),
                                     text_of_file(store, after, file.path));
    found.push_back({file.path, (old == nullptr ? "new, " : "") + diff.to_string()});
  }
  for (const StoredFile& file : before.files) {
    if (file_of(after, file.path) == nullptr) found.push_back({file.path, "no longer used"});
  }
  return found;
}

CtlExit list_generations(const GenerationStore& store, const std::vector<StoredGeneration>& kept,
                         std::uint64_t running, const CommandContext& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  boost::json::array json;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto changed = i == 0 ? std::vector<FileChange>{} : changes(store, kept[i - 1], kept[i]);
    const std::string number = std::to_string(kept[i].number);
    const std::string since = format_utc(kept[i].since);
    boost::json::array files;
    std::string mark = kept[i].number == running ? "  runs" : "";
    rows.push_back({number, time_with_age(since, now), i == 0 ? "(the oldest that is kept)" : ""});
    if (i > 0 && changed.empty()) rows.back()[2] = "(the same)";
    for (std::size_t k = 0; k < changed.size(); ++k) {
      const std::string file = printable(short_path(changed[k].path, context.settings_file));
      if (k > 0) rows.push_back({"", "", ""});
      rows.back()[2] = file + " " + changed[k].what;
      files.push_back({{"file", printable(changed[k].path)}, {"what", changed[k].what}});
    }
    if (!mark.empty()) rows.back()[2] += " <- runs";
    json.push_back({{"generation", kept[i].number},
                    {"since", since},
                    {"runs", kept[i].number == running},
                    {"changed", files}});
  }
  if (context.output == Output::json) {
    context.out << boost::json::object{{"generations", json}} << "\n";
  } else {
    context.out << as_columns(rows);
  }
  return CtlExit::ok;
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

Result<std::vector<FolderLock>> lock_folders(const std::vector<SourceFile>& files) {
  std::set<std::string> folders;  // in one order for everybody, so that nobody waits in a circle
  for (const SourceFile& file : files) {
    const auto target = follow_links(file.path);
    if (!target) return tl::unexpected(target.error());
    folders.insert(std::filesystem::path(*target).parent_path().string());
  }
  std::vector<FolderLock> locks;
  locks.reserve(folders.size());
  for (const std::string& folder : folders) {
    auto lock = FolderLock::take(folder);
    if (!lock) return tl::unexpected(lock.error());
    locks.push_back(std::move(*lock));
  }
  return locks;
}

// A second name for what is there, so that it stays as it is when the first is given away.
Result<std::string> save_beside(const std::string& path) {
  const auto target = follow_links(path);
  if (!target) return tl::unexpected(target.error());
  for (int number = 1; number < kMaxSaved; ++number) {
    std::string saved = *target + ".before-rollback";
    if (number > 1) saved += "." + std::to_string(number);
    if (::link(target->c_str(), saved.c_str()) == 0) return saved;
    if (errno != EEXIST) return system_failure(fmt::format("keep {} as {}", path, saved));
  }
  return failure("cannot keep " + path + ": there are too many .before-rollback beside it");
}

Result<std::vector<FileReplacement>> prepare_all(const RollbackPlan& plan) {
  std::vector<FileReplacement> replacements;
  replacements.reserve(plan.files.size());
  for (const RestoredFile& file : plan.files) {
    auto replacement = FileReplacement::prepare(file.path, file.text);
    if (!replacement) return tl::unexpected(replacement.error());
    replacements.push_back(std::move(*replacement));
  }
  return replacements;
}

Result<void> save_all(const RollbackPlan& plan, std::vector<std::string>& saved) {
  for (const RestoredFile& file : plan.files) {
    if (!file.keep_now) continue;
    auto name = save_beside(file.path);
    if (!name) return tl::unexpected(name.error());
    saved.push_back(std::move(*name));
  }
  return {};
}

// All are got ready before the first is replaced. Saving comes first: it shows in the identity of a
// file, by which a replacement sees that somebody else has been there.
Result<void> write_plan(const RollbackPlan& plan, std::vector<std::string>& saved) {
  auto result = save_all(plan, saved);
  auto replacements = result ? prepare_all(plan) : tl::unexpected(result.error());
  if (!replacements) {
    for (const std::string& name : saved) ::unlink(name.c_str());
    return tl::unexpected(replacements.error());
  }
  std::string done;
  for (FileReplacement& replacement : *replacements) {
    if (auto committed = replacement.commit(); !committed) {
      return failure(committed.error().text +
                     (done.empty() ? "" : "; replaced before that:" + done));
    }
    done += " " + replacement.target();
  }
  for (const FileReplacement& replacement : *replacements) {
    if (auto settled = replacement.settle(); !settled) return settled;
  }
  return {};
}

bool is_below(const std::string& folder, const std::string& path) {
  const auto target = follow_links(path);
  const auto real = follow_links(folder);
  if (!target || !real) return false;
  const auto relative = std::filesystem::path(*target).lexically_relative(*real);
  return !relative.empty() && *relative.begin() != ".." && *relative.begin() != ".";
}

// The store belongs to the daemons' account, and this may be root: a manifest must not have it
// write anywhere. Only what the present rules name, or what lies beside them, is put back.
Result<void> check_places(const std::vector<SourceFile>& wanted, const std::vector<SourceFile>& now,
                          const Settings& settings, const std::string& settings_file) {
  const auto rules_folder = std::filesystem::path(settings.rules_file).parent_path().string();
  const auto own = follow_links(settings_file);
  for (const SourceFile& file : wanted) {
    const auto target = follow_links(file.path);
    const bool named = std::any_of(now.begin(), now.end(),
                                   [&](const SourceFile& one) { return one.path == file.path; });
    const bool is_settings = !target || !own || *target == *own;
    if (!is_settings && (named || is_below(rules_folder, file.path))) continue;
    return failure("that generation has " + file.path +
                   ", which the present rules do not name and which is not below " + rules_folder +
                   ": nothing is written");
  }
  return {};
}

// Whether what is on disk is what a kept generation has.
bool is_on_disk(const GenerationStore& store, const std::vector<StoredGeneration>& kept,
                std::uint64_t number, const std::vector<SourceFile>& now) {
  for (const StoredGeneration& one : kept) {
    if (one.number != number) continue;
    const auto files = store.read(one);
    return files && fingerprint_of_files(*files) == fingerprint_of_files(now);
  }
  return false;
}

// Without a number: what runs, when the files are something else, as after an edit that was
// refused; else the one before.
std::optional<std::uint64_t> number_to_restore(const GenerationStore& store,
                                               const std::vector<StoredGeneration>& kept,
                                               std::uint64_t running,
                                               const std::vector<SourceFile>& now) {
  const bool is_kept = std::any_of(
      kept.begin(), kept.end(), [&](const StoredGeneration& one) { return one.number == running; });
  if (is_kept && !is_on_disk(store, kept, running, now)) return running;
  return generation_before(kept, running);
}

void tell_plan(const RollbackPlan& plan, const std::vector<std::string>& saved,
               const CommandContext& context) {
  const auto shown = [&](const std::string& path) {
    return printable(short_path(path, context.settings_file));
  };
  std::vector<std::vector<std::string>> rows;
  for (const RestoredFile& file : plan.files) {
    rows.push_back(
        {"  " + shown(file.path), file.diff.to_string() + (file.now ? "" : " (was not there)")});
  }
  context.out << as_columns(rows);
  for (const std::string& name : saved) {
    context.out << "  what was there, and in no generation, is in " << shown(name) << "\n";
  }
  for (const std::string& path : plan.unused) {
    context.out << "  " << shown(path) << " stays, but is not used\n";
  }
  if (plan.files.empty()) context.out << "  the files are like that already\n";
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
                 const std::vector<StoredGeneration>& kept, const Settings& settings,
                 const RollbackOptions& options, const CommandContext& context) {
  const auto locks = lock_folders(wanted);
  if (!locks) return tell_error(locks.error().text, CtlExit::failed, context);
  const auto now = read_present_rules(settings);
  const auto places = check_places(wanted, now.files, settings, context.settings_file);
  if (!places) return tell_error(places.error().text, CtlExit::failed, context);
  const RollbackPlan plan = plan_rollback(wanted, now.files, kept, [](const std::string& path) {
    auto text = read_text_file(path, kMaxRestored);
    return text ? std::optional<std::string>(std::move(*text)) : std::nullopt;
  });
  std::vector<std::string> saved;
  std::vector<DaemonAnswer> answers;
  if (!options.dry_run) {
    if (auto written = write_plan(plan, saved); !written) {
      return tell_error(written.error().text, CtlExit::failed, context);
    }
    // A kept generation is wanted as it is, however much shorter its lists are.
    answers = ask_reload(settings, ShrunkLists::accept);
  }
  if (context.output == Output::json) {
    auto out = json_of(generation, plan, saved);
    out["dry_run"] = options.dry_run;
    out["daemons"] = json_reload(answers);
    context.out << out << "\n";
  } else {
    context.out << (options.dry_run ? "would go back" : "back") << " to generation "
                << generation.number << ", of " << format_utc(generation.since) << "\n";
    tell_plan(plan, saved, context);
    if (!options.dry_run) tell_in_force(answers, "written", context);
  }
  return options.dry_run ? CtlExit::ok : exit_of_reload(answers);
}

}  // namespace

CtlExit run_rollback(const RollbackOptions& options, const CommandContext& context) {
  const auto settings = settings_for(context);
  if (!settings) return CtlExit::failed;
  if (settings->state_folder.empty()) {
    return tell_error(
        "no generations are kept; want 'state: /var/lib/postern' in " + context.settings_file,
        CtlExit::no, context);
  }
  const auto store = GenerationStore::open_to_read(settings->state_folder);
  if (!store) return tell_error(store.error().text, CtlExit::failed, context);
  const auto kept = store->list();
  const std::uint64_t running = running_generation(*settings, kept);
  if (options.list) return list_generations(*store, kept, running, context);

  const auto number = options.generation ? options.generation
                                         : number_to_restore(*store, kept, running,
                                                             read_present_rules(*settings).files);
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
  return put_back(*generation, *wanted, kept, *settings, options, context);
}

}  // namespace postern
