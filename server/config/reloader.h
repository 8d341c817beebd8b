// Takes changed rules and settings into service while mail goes on. The daemon owns one, on the
// main thread; blocks on files.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/utc_date.h"
#include "common/base/words.h"
#include "common/os/file_identity.h"
#include "common/os/log.h"
#include "rules/model/door.h"
#include "server/config/configuration.h"
#include "server/config/generation_store.h"
#include "server/config/in_force.h"
#include "server/config/tried_rules.h"

namespace postern::config {

enum class ReloadTrigger { start, files, signal, control, retry };
std::string_view to_string(ReloadTrigger trigger);

enum class ReloadOutcome {
  done,       // what is new is in service: a generation, settings or both
  unchanged,  // the files are what is in service already
  refused,    // the old generation stays
  postponed,  // a file could not be read just now: it stays, and is tried again
};
inline constexpr Word<ReloadOutcome> kReloadOutcomes[] = {{"done", ReloadOutcome::done},
                                                          {"unchanged", ReloadOutcome::unchanged},
                                                          {"refused", ReloadOutcome::refused},
                                                          {"postponed", ReloadOutcome::postponed}};
constexpr std::string_view to_string(ReloadOutcome outcome) {
  return word_of(kReloadOutcomes, outcome);
}

// What one look at the files came to.
struct ReloadReport {
  ReloadTrigger trigger = ReloadTrigger::start;
  ReloadOutcome outcome = ReloadOutcome::done;
  UtcTime at;
  std::uint64_t generation = 0;  // in service after it
  std::chrono::microseconds took{0};
  Diagnostics diagnostics;  // of settings and rules
  // A file could not be read just now, and why; settings and rules may have come of the rest.
  std::optional<Error> not_now = std::nullopt;
  // Why the generation in service is not kept though `state:` wants it.
  std::optional<std::string> not_kept = std::nullopt;
  // Of changed rules, where `reload: replay_guard:` is on.
  std::optional<TriedRules> tried = std::nullopt;
  std::string candidate = {};  // their name (candidate_name())
};

// A list that lost more than half of its entries is most likely half written, and a rule file that
// lost half of its rules cut off (rules/load/shrunk_lists.h): they are refused, unless this is what
// is wanted, the list says `may_shrink: yes`, or `posternctl rollback` has put the files there.
enum class ShrunkLists { refuse, accept };

// What becomes of a reload whose settings file has faults: nothing is taken, or rules and lists
// are, with the settings in force.
enum class FaultySettings { refuse, keep_running };

class Reloader {
 public:
  struct Parts {
    std::string settings_file;
    Door door;
    LiveSettings& settings;
    SnapshotStore& snapshots;
    os::DaemonLog& log;
    std::optional<GenerationStore> generations;  // none: numbers count from the start
    // Called when settings have changed that the server can take while it serves.
    std::function<void()> settings_changed;
    // Called before rules come into service, with the number of their generation and their
    // fingerprint.
    std::function<void(std::uint64_t, const std::string&)> rules_coming = {};
    // None: no rules are tried, whatever the settings want.
    TryRules try_rules = {};
  };
  // `first` tells of the start, and `in_service` is what was put into service then; `looked_at` are
  // other files where those are of a stored generation. The references outlive it.
  Reloader(Parts parts, ReloadReport first, const std::vector<SourceFile>& in_service,
           os::FileIdentities looked_at);

  // Reads settings and rules. What is right is taken into service; settings that need a restart are
  // named in a warning each time they are found to differ. Any error: all stays as it was, but for
  // errors of settings that are to be kept as they run. Rules that lose good mail are refused, too,
  // unless `accepted_loss` is the name of this candidate or `posternctl rollback` has put the files
  // there; what fails when they are tried is a warning. All that was found goes to the log, and the
  // outcome. Throws what the standard library throws (no
  // memory); then everything is as before.
  const ReloadReport& reload(ReloadTrigger trigger, ShrunkLists shrunk,
                             FaultySettings faulty = FaultySettings::refuse,
                             const std::string& accepted_loss = {});

  // Whether something was left undone that may succeed without a person: files that could not be
  // read just now, or a generation that is not kept.
  [[nodiscard]] bool wants_retry() const { return wants_retry_; }
  // Tries it again, as it was asked for. Says nothing new when nothing is. Throws as reload().
  const ReloadReport& retry();

  // How many came to this.
  [[nodiscard]] std::uint64_t count(ReloadOutcome outcome) const {
    return counts_[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] const ReloadReport& last() const { return last_; }
  // When the generation in service came into service, here.
  [[nodiscard]] UtcTime since() const { return since_; }
  // Over all files that are in service: equal for equal rules and lists.
  [[nodiscard]] const std::string& fingerprint() const { return fingerprint_; }
  [[nodiscard]] bool keeps_generations() const { return parts_.generations.has_value(); }
  // What the last reload was asked for.
  [[nodiscard]] ShrunkLists shrunk_lists() const { return shrunk_; }
  // Why the generation in service is not kept, where it is to be.
  [[nodiscard]] const std::optional<std::string>& not_kept() const { return not_kept_; }
  // Keys of settings that differ from those in force until a restart: `policyd.listen`.
  [[nodiscard]] const std::vector<std::string>& restart_needed() const { return restart_needed_; }
  // What to watch: the settings file, the rule file, the list files, as they were when they were
  // looked at last.
  [[nodiscard]] const os::FileIdentities& files() const { return files_; }

 private:
  // One look at the files.
  struct Attempt;
  void read(Attempt& attempt, ShrunkLists shrunk, FaultySettings faulty);
  void refuse_shrunk(Attempt& attempt);
  [[nodiscard]] Settings in_force_with(const Settings& read) const;
  void compare(Attempt& attempt) const;
  void try_rules(Attempt& attempt, const std::string& accepted_loss) const;
  [[nodiscard]] bool is_overtaken(const Attempt& attempt) const;
  [[nodiscard]] Result<void> open_store();
  [[nodiscard]] std::uint64_t keep(const Attempt& attempt, std::uint64_t above);
  void number(Attempt& attempt);
  void take(Attempt& attempt);
  void take_settings(Attempt& attempt);
  void tell(const Attempt& attempt);
  void tell_outcome(const Attempt& attempt, LogLevel unchanged);
  void note_failure(ReloadTrigger trigger);

  Parts parts_;
  ReloadReport last_;
  std::array<std::uint64_t, std::size(kReloadOutcomes)> counts_{};
  UtcTime since_;
  std::string fingerprint_;
  std::vector<std::string> restart_needed_;
  os::FileIdentities files_;
  std::optional<std::string> not_kept_;
  bool wants_retry_ = false;
  // What the last reload was asked for; retry() asks for the same.
  ShrunkLists shrunk_ = ShrunkLists::refuse;
  FaultySettings faulty_ = FaultySettings::refuse;
  std::string accepted_loss_;
};

// Writes what a load found, one line each, errors and warnings as such; of very many, the first.
void log_diagnostics(const Diagnostics& diagnostics, os::DaemonLog& log);

UtcTime utc_now();

}  // namespace postern::config
