#include "server/config/reloader.h"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <utility>

#include "common/base/words.h"
#include "rules/load/shrunk_lists.h"
#include "server/config/beside_change.h"
#include "server/config/rollback_mark.h"
#include "server/config/settings_change.h"

namespace postern::config {
namespace {

using std::chrono::steady_clock;

// The section that is another daemon's: what it says is of no concern here but that it is there.
std::string_view others_section(Door door) {
  return door == Door::policy ? "milter." : "policyd.";
}

void drop_others(std::vector<std::string>& keys, Door door) {
  std::erase_if(keys,
                [door](const std::string& key) { return key.starts_with(others_section(door)); });
}

std::string in_milliseconds(std::chrono::microseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(time.count()) / 1000);
  return text;
}

std::chrono::microseconds time_since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
}

}  // namespace

std::string_view to_string(ReloadTrigger trigger) {
  using enum ReloadTrigger;
  static constexpr Word<ReloadTrigger> kWords[] = {{"start", start},
                                                   {"files", files},
                                                   {"signal", signal},
                                                   {"control", control},
                                                   {"retry", retry}};
  return word_of(kWords, trigger);
}

UtcTime utc_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void log_diagnostics(const Diagnostics& diagnostics, os::DaemonLog& log) {
  const auto& all = diagnostics.all();
  const auto shown = std::min<std::size_t>(all.size(), Diagnostics::kShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool is_error = all[i].severity == Severity::error;
    log.write(is_error ? LogLevel::error : LogLevel::warning, all[i].to_string());
  }
  if (shown < all.size()) {
    log.warning("and " + std::to_string(all.size() - shown) + " more messages");
  }
}

struct Reloader::Attempt {
  steady_clock::time_point begin = steady_clock::now();
  ReloadReport report;
  std::optional<Settings> settings;  // that would be in force; nothing when they are faulty
  RulesRead rules;
  os::FileIdentities files;
  bool blocked = false;  // what there would be is not known: a file could not be read just now
  // Once there are no errors:
  std::string fingerprint;
  bool new_rules = false;
  BesideChange beside;
  [[nodiscard]] bool has_other_snapshot() const { return new_rules || beside.any(); }
  std::vector<std::string> changed;  // keys of settings
  std::vector<std::string> restart_needed;
};

Reloader::Reloader(Parts parts, ReloadReport first, const std::vector<SourceFile>& in_service,
                   os::FileIdentities looked_at)
    : parts_(std::move(parts)),
      last_(std::move(first)),
      since_(last_.at),
      fingerprint_(fingerprint_of_files(in_service)),
      files_(std::move(looked_at)),
      not_kept_(last_.not_kept),
      wants_retry_(last_.not_now || not_kept_) {
  files_.emplace(parts_.settings_file, os::identify_file(parts_.settings_file));
}

const ReloadReport& Reloader::reload(ReloadTrigger trigger, ShrunkLists shrunk,
                                     FaultySettings faulty, const std::string& accepted_loss) {
  shrunk_ = shrunk;
  faulty_ = faulty;
  accepted_loss_ = accepted_loss;
  try {
    Attempt attempt;
    attempt.report.trigger = trigger;
    attempt.report.at = utc_now();
    attempt.report.generation = parts_.snapshots.current()->generation();
    read(attempt, shrunk, faulty);
    attempt.report.outcome = attempt.blocked ? ReloadOutcome::postponed : ReloadOutcome::refused;
    if (attempt.rules.snapshot) {
      compare(attempt);
      try_rules(attempt, accepted_loss_);
    }
    if (attempt.rules.snapshot) take(attempt);
    attempt.report.not_kept = not_kept_;
    attempt.report.took = time_since(attempt.begin);
    tell(attempt);
    last_ = std::move(attempt.report);
    files_ = std::move(attempt.files);
  } catch (...) {
    note_failure(trigger);
    throw;
  }
  wants_retry_ = last_.not_now || not_kept_;
  ++counts_[static_cast<std::size_t>(last_.outcome)];
  return last_;
}

// Reading everything again is for when it may lead to something.
const ReloadReport& Reloader::retry() {
  const bool only_to_keep = !last_.not_now && last_.outcome != ReloadOutcome::postponed;
  if (only_to_keep && !open_store()) return last_;
  return reload(ReloadTrigger::retry, shrunk_, faulty_, std::string(accepted_loss_));
}

// There was no memory, most likely, and so it has to do without any.
void Reloader::note_failure(ReloadTrigger trigger) {
  last_.trigger = trigger;
  last_.outcome = ReloadOutcome::postponed;
  last_.at = utc_now();
  last_.diagnostics = {};
  wants_retry_ = true;
  ++counts_[static_cast<std::size_t>(last_.outcome)];
}

void Reloader::read(Attempt& attempt, ShrunkLists shrunk, FaultySettings faulty) {
  attempt.files.emplace(parts_.settings_file, os::identify_quiet_file(parts_.settings_file));
  const auto found =
      read_settings_now(parts_.settings_file, parts_.door, attempt.report.diagnostics,
                        {.otherwise = parts_.settings.current().dns.upstreams});
  attempt.report.not_now = found.not_now;
  attempt.blocked = found.not_now && !found.settings;
  if (found.settings) {
    attempt.settings = in_force_with(*found.settings);
    attempt.restart_needed = compare_settings(parts_.settings.current(), *found.settings).restart;
  } else if (faulty == FaultySettings::keep_running) {
    attempt.settings = parts_.settings.current();
    attempt.restart_needed = restart_needed_;
  } else {
    // Which rules there would be is not known. They are read when the settings have changed.
    for (const auto& [file, identity] : files_)
      attempt.files.emplace(file, os::identify_file(file));
    return;
  }
  const auto current = parts_.snapshots.current();
  attempt.rules = RuleSource::files(attempt.settings->rules_file, attempt.settings->state_folder)
                      .load(load_target(*attempt.settings, parts_.door), current->generation() + 1,
                            current.get());
  attempt.report.diagnostics.add(attempt.rules.diagnostics);
  if (attempt.rules.not_now) {
    attempt.report.not_now = attempt.rules.not_now;
    attempt.blocked = true;
  }
  attempt.files.merge(identities_of(attempt.rules.files));
  attempt.files.merge(attempt.rules.beside);
  // merge() would take them out, and they are compared.
  attempt.files.insert(attempt.rules.secrets.begin(), attempt.rules.secrets.end());
  const bool guarded = shrunk == ShrunkLists::refuse && !restored_generation(attempt.rules.files);
  if (attempt.rules.snapshot && guarded) refuse_shrunk(attempt);
}

void Reloader::refuse_shrunk(Attempt& attempt) {
  const SourceFile& rule_file = attempt.rules.files.front();
  const auto shrunk = load::find_shrunk(*parts_.snapshots.current(), *attempt.rules.snapshot,
                                        rule_file.text, rule_file.path);
  for (const Diagnostic& one : shrunk) attempt.report.diagnostics.add(one);
  if (!shrunk.empty()) attempt.rules.snapshot.reset();
}

// With the other daemon's section as it is read: all that matters of it is whether it is there.
Settings Reloader::in_force_with(const Settings& read) const {
  Settings settings = settings_in_force(parts_.settings.current(), read);
  if (parts_.door == Door::policy) {
    settings.milter = read.milter;
  } else {
    settings.policyd = read.policyd;
  }
  return settings;
}

void Reloader::compare(Attempt& attempt) const {
  const Settings& running = parts_.settings.current();
  attempt.changed = compare_settings(running, *attempt.settings).live;
  drop_others(attempt.changed, parts_.door);
  drop_others(attempt.restart_needed, parts_.door);
  attempt.fingerprint = fingerprint_of_files(attempt.rules.files);
  attempt.new_rules =
      attempt.fingerprint != fingerprint_ || attempt.settings->rules_file != running.rules_file ||
      load_target(*attempt.settings, parts_.door) != load_target(running, parts_.door) ||
      is_overtaken(attempt);
  attempt.beside = change_beside(*parts_.snapshots.current(), *attempt.rules.snapshot,
                                 attempt.rules.secrets, files_);
}

// Equal texts lose nothing that is not lost already.
void Reloader::try_rules(Attempt& attempt, const std::string& accepted_loss) const {
  const bool wanted = attempt.settings->reload.replay_guard == ReplayGuard::on;
  if (!wanted || !parts_.try_rules || attempt.fingerprint == fingerprint_) return;
  ReloadReport& report = attempt.report;
  report.candidate = candidate_name(attempt.fingerprint);
  TriedRules& tried = report.tried.emplace();
  try {
    tried = parts_.try_rules(parts_.snapshots.current(), attempt.rules.snapshot, *attempt.settings);
  } catch (const std::exception& error) {  // no memory
    tried.not_tried = error.what();
  }
  const std::string guard = "reload.replay_guard: ";
  if (tried.not_tried) {
    report.diagnostics.warning({parts_.settings_file},
                               guard + "these rules could not be tried: " + *tried.not_tried);
    return;
  }
  if (tried.incomplete) {
    report.diagnostics.warning({parts_.settings_file},
                               guard + "not all of the journal can be read: " + *tried.incomplete);
  }
  if (tried.lost == 0) return;
  Loss loss = Loss::refused;
  if (restored_generation(attempt.rules.files)) loss = Loss::restored;
  if (accepted_loss == report.candidate) loss = Loss::accepted;
  for (const Diagnostic& one :
       loss_told(tried, loss, attempt.settings->rules_file, report.candidate, accepted_loss)) {
    report.diagnostics.add(one);
  }
  if (loss == Loss::refused) attempt.rules.snapshot.reset();
}

// The other daemon has seen what was there in between, and has these rules under a new number, or
// will: equal rules are to have one, so they get what the store gives them now. Files that are
// still the same after the look into the store are newer than all that is in it; of others it may
// hold the next state, and this is no time to give the old one a number.
bool Reloader::is_overtaken(const Attempt& attempt) const {
  if (!parts_.generations || parts_.generations->newest() <= attempt.report.generation) {
    return false;
  }
  return std::all_of(attempt.files.begin(), attempt.files.end(),
                     [](const auto& file) { return os::identify_file(file.first) == file.second; });
}

// Anew where it has failed: its folder may have been away.
Result<void> Reloader::open_store() {
  if (!not_kept_) return {};
  auto opened = GenerationStore::open(parts_.settings.current().state_folder);
  if (!opened) return tl::unexpected<Error>(opened.error());
  parts_.generations = std::move(*opened);
  return {};
}

// The number that the rules are known by, above that.
std::uint64_t Reloader::keep(const Attempt& attempt, std::uint64_t above) {
  const auto opened = open_store();
  if (opened && !parts_.generations) return above + 1;  // not wanted
  const auto number = opened ? Result<std::uint64_t>(parts_.generations->save(
                                   attempt.rules.files, attempt.report.at, above))
                             : tl::unexpected(opened.error());
  if (number) {
    if (not_kept_) parts_.log.info("generation " + std::to_string(*number) + " is kept again");
    not_kept_.reset();
    return *number;
  }
  if (not_kept_ != number.error().text || attempt.report.trigger != ReloadTrigger::retry) {
    parts_.log.warning("generation " + std::to_string(above + 1) +
                       " is not kept: " + number.error().text);
  }
  not_kept_ = number.error().text;
  return above + 1;
}

// Rules that are in service already may still have to be kept; the store may know them by another
// number by now.
void Reloader::number(Attempt& attempt) {
  std::uint64_t& generation = attempt.report.generation;
  if (attempt.new_rules) {
    generation = keep(attempt, generation);
  } else if (not_kept_) {
    const std::uint64_t kept = keep(attempt, generation - 1);
    attempt.new_rules = kept != generation;
    generation = kept;
  }
}

void Reloader::take(Attempt& attempt) {
  ReloadReport& report = attempt.report;
  number(attempt);
  // First, because what takes the settings may find no memory.
  if (attempt.new_rules && parts_.rules_coming) {
    parts_.rules_coming(report.generation, attempt.fingerprint);
  }
  if (attempt.has_other_snapshot()) {
    attempt.rules.snapshot->set_generation(report.generation);
    parts_.snapshots.replace(std::move(attempt.rules.snapshot));
  }
  if (attempt.new_rules) {
    since_ = report.at;
    fingerprint_ = std::move(attempt.fingerprint);
  }
  take_settings(attempt);
  const bool anything = attempt.has_other_snapshot() || !attempt.changed.empty();
  report.outcome = anything ? ReloadOutcome::done : ReloadOutcome::unchanged;
}

void Reloader::take_settings(Attempt& attempt) {
  restart_needed_ = attempt.restart_needed;
  if (*attempt.settings == parts_.settings.current()) return;
  parts_.settings.replace(std::move(*attempt.settings));
  if (attempt.changed.empty()) return;
  parts_.log.set_level(parts_.settings.current().log.level);
  if (parts_.settings_changed) parts_.settings_changed();
}

void Reloader::tell(const Attempt& attempt) {
  const ReloadReport& report = attempt.report;
  const bool unchanged = report.outcome == ReloadOutcome::unchanged;
  const bool was_faulty =
      last_.outcome == ReloadOutcome::refused || last_.outcome == ReloadOutcome::postponed;
  const bool retried = report.trigger == ReloadTrigger::retry;
  const bool said = retried && report.outcome == last_.outcome;
  // Of files that were touched and nothing else, unless they were faulty before.
  const bool by_itself = retried || report.trigger == ReloadTrigger::files;
  const bool worth_it = !said && (!unchanged || !by_itself || was_faulty);
  if (worth_it) log_diagnostics(report.diagnostics, parts_.log);
  if (!said || unchanged) tell_outcome(attempt, worth_it ? LogLevel::info : LogLevel::debug);
}

void Reloader::tell_outcome(const Attempt& attempt, LogLevel unchanged) {
  const ReloadReport& report = attempt.report;
  const std::string generation = "generation " + std::to_string(report.generation);
  const std::string how =
      " (" + std::string(to_string(report.trigger)) + ", " + in_milliseconds(report.took) + ")";
  if (report.outcome == ReloadOutcome::refused) {
    parts_.log.error("reload refused: " + report.diagnostics.errors_by_file() + ", " + generation +
                     " stays" + how);
    return;
  }
  if (report.outcome == ReloadOutcome::postponed) {
    parts_.log.error("reload postponed: " + report.not_now->text + ", " + generation +
                     " stays; it is tried again after a second, then less and less often" + how);
    return;
  }
  if (!restart_needed_.empty()) {
    parts_.log.warning("needs a restart: " + boost::algorithm::join(restart_needed_, ", "));
  }
  if (!attempt.changed.empty()) {
    parts_.log.info("settings changed: " + boost::algorithm::join(attempt.changed, ", "));
  }
  if (report.outcome == ReloadOutcome::unchanged) {
    parts_.log.write(unchanged, "reload unchanged: the files are those of " + generation + how);
  } else if (!attempt.new_rules) {
    std::vector<std::string> what = attempt.beside.words();
    if (!attempt.changed.empty()) what.insert(what.begin(), "settings");
    parts_.log.info("reload done: " + boost::algorithm::join(what, " and ") +
                    ", with the rules of " + generation + how);
  } else {
    const auto snapshot = parts_.snapshots.current();
    const bool tried = report.tried && !report.tried->not_tried;
    parts_.log.info("reload done: " + std::to_string(snapshot->rules().size()) + " rules, " +
                    std::to_string(snapshot->lists().size()) + " lists from " +
                    parts_.settings.current().rules_file + ", " + generation +
                    (tried ? ", tried on " + what_was_tried(*report.tried) : "") + how);
  }
}

}  // namespace postern::config
