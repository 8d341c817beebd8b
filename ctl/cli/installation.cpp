#include "ctl/cli/installation.h"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "common/base/duration.h"
#include "common/base/escape.h"
#include "common/os/account_access.h"
#include "ctl/cli/json_read.h"
#include "server/config/hidden_files.h"

namespace postern::ctl {
namespace {

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code barred;
  return std::filesystem::absolute(one).lexically_normal() ==
             std::filesystem::absolute(other).lexically_normal() ||
         (std::filesystem::equivalent(one, other, barred) && !barred);
}

// Whether nobody but root and this account could have put a file there. A daemon that was taken
// over may name any; it must not get us to take a rule file of its own for that of the
// installation.
bool is_ours(const std::string& file) {
  std::error_code error;
  const auto real = std::filesystem::canonical(file, error);
  if (error) return false;
  std::vector<std::string> parts = os::folders_above(real.string());
  parts.push_back(real.string());
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    struct stat status {};
    if (::lstat(part.c_str(), &status) != 0) return false;
    const bool closed =
        (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (status.st_mode & S_ISVTX) != 0;
    return closed && (status.st_uid == 0 || status.st_uid == ::geteuid());
  });
}

// Which rule file the daemons use, as one says that answers. Empty: none does.
std::string take_from_daemons(const std::vector<DaemonAnswer>& answers,
                              const std::string& settings_file,
                              const config::SalvagedSettings& salvaged,
                              config::Settings& settings) {
  for (const DaemonAnswer& answer : answers) {
    if (!answer.ok()) continue;
    // In the default place others may listen, of another installation.
    const std::string own = text_of(answer.body, "settings_file");
    if (!salvaged.names_control && !is_same_file(own, settings_file)) continue;
    const std::string rules = text_of(answer.body, "rules_file");
    if (rules.starts_with('/') && is_ours(rules)) settings.rules_file = rules;
    return answer.daemon.name;
  }
  return {};
}

config::Settings settings_of_any_door(const config::Settings& salvaged) {
  config::Settings settings = salvaged;
  settings.policyd.listen.emplace_back();
  settings.milter.listen.emplace();
  return settings;
}

// Of those that a file does not name any more, the ones that answer; all when none does.
void keep_doors_that_answer(const std::vector<DaemonAnswer>& answers, config::Settings& settings) {
  const auto answers_at = [&](Door door) {
    return std::any_of(answers.begin(), answers.end(), [&](const DaemonAnswer& answer) {
      return answer.daemon.door == door && answer.ok();
    });
  };
  const bool policy = answers_at(Door::policy);
  const bool milter = answers_at(Door::milter);
  if (policy && !milter) settings.milter.listen.reset();
  if (milter && !policy) settings.policyd.listen.clear();
}

// Where the settings name no folder, others may answer, of another installation.
bool are_others(const std::vector<DaemonAnswer>& answers) {
  return std::any_of(answers.begin(), answers.end(),
                     [](const DaemonAnswer& answer) { return answer.ok(); });
}

// `why`: `the settings have faults`
config::Settings salvage(const std::string& why, const CommandContext& context) {
  const config::SalvagedSettings salvaged = config::read_what_can_be_read(context.settings_file);
  const bool names_doors = !config::doors_of(salvaged.settings).empty();
  config::Settings settings =
      names_doors ? salvaged.settings : settings_of_any_door(salvaged.settings);
  const auto answers = ask_daemons(daemons_of(settings), {"GET", "/v1/status", {}}, kQuickAnswer,
                                   print_waiting(context.console));
  const std::string daemon = take_from_daemons(answers, context.settings_file, salvaged, settings);
  if (!names_doors) keep_doors_that_answer(answers, settings);
  const std::string who = daemon.empty()
                              ? "no daemon answers in " + settings.control->folder +
                                    "; going on with what can be read, and the default places"
                              : "going on as " + daemon + " runs";
  context.console.warning(why + ": " + who + ": rules ", settings.rules_file);
  if (daemon.empty() && are_others(answers)) settings.control.reset();
  return settings;
}

bool is_barred(const std::string& file) {
  return ::access(file.c_str(), R_OK) != 0 && errno == EACCES;
}

// Whom the daemons run as stands in the file itself.
Diagnostics shown_of(const std::string& file, const std::optional<config::Settings>& settings,
                     const Diagnostics& found) {
  if (found.all().empty()) return found;
  const config::Settings whose =
      settings ? *settings : config::read_what_can_be_read(file).settings;
  return config::HiddenFiles::of(whose, {{file, {}, os::identify_file(file)}}).shown(found);
}

}  // namespace

std::optional<config::Settings> read_settings_of_any_door(const std::string& file,
                                                          Diagnostics& diagnostics) {
  for (const Door door : {Door::milter, Door::policy}) {
    Diagnostics found;
    auto settings = config::read_settings(file, door, found);
    // What is said when both fail is the same, or that there is no section.
    if (!settings && door == Door::milter) continue;
    diagnostics.add(shown_of(file, settings, found));
    return settings;
  }
  return std::nullopt;
}

std::optional<config::Settings> settings_for(const CommandContext& context) {
  Diagnostics diagnostics;
  auto settings = read_settings_of_any_door(context.settings_file, diagnostics);
  if (!settings) context.console.problems(diagnostics.to_string());
  return settings;
}

SettingsInUse settings_in_use(const CommandContext& context) {
  Diagnostics diagnostics;
  if (auto settings = read_settings_of_any_door(context.settings_file, diagnostics)) {
    return {std::move(*settings)};
  }
  if (is_barred(context.settings_file)) {
    return {salvage("this account may not read " + context.settings_file, context), 0, true};
  }
  context.console.problems(diagnostics.to_string());
  return {salvage("the settings have faults", context), std::max(1, diagnostics.errors())};
}

config::FaultySettings faulty_settings_of(const SettingsInUse& in_use) {
  return in_use.faults > 0 ? config::FaultySettings::keep_running : config::FaultySettings::refuse;
}

OnSilence print_waiting(const Console& console, const std::string& done) {
  return [&console, done](const std::string& daemons, std::chrono::milliseconds timeout) {
    console.error(done, done.empty() ? "" : "; ", "waiting for ", daemons, ", ",
                  format_duration(timeout), " at most");
  };
}

LoadTarget widest_target(const config::Settings& settings) {
  const bool has_milter = config::doors_of(settings).contains(Door::milter);
  return config::load_target(settings, has_milter ? Door::milter : Door::policy);
}

config::RulesRead load_rules_on_disk(const config::Settings& settings) {
  return config::RuleSource::files(settings.rules_file, settings.state_folder)
      .load(widest_target(settings));
}

StateFolder state_folder_in_use(const config::Settings& settings,
                                const std::optional<DaemonAnswer>& running) {
  const std::string& written = settings.state_folder;
  // One that does not say is of an earlier version.
  if (!running || !running->body.contains("state")) return {written, {}};
  const std::string& daemon = running->daemon.name;
  const std::string used = text_of(running->body, "state");
  if (used == printable(written)) return {written, {}};
  if (used.empty()) {
    return {written, daemon + " keeps no generations now; these are of " + written +
                         ", as the settings file says"};
  }
  if (written.empty()) {
    return {{}, daemon + " keeps its generations in " + used + "; the settings file names none"};
  }
  return {written, daemon + " keeps its generations in " + used + "; these are of " + written +
                       ", as the settings file says, which counts from its next start"};
}

}  // namespace postern::ctl
