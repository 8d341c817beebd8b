#include "ctl/explain/explain_rules.h"

#include <algorithm>
#include <cstdint>

#include "common/os/text_file.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "server/config/configuration.h"
#include "server/config/generation_store.h"
#include "server/config/hidden_files.h"

namespace postern::ctl {
namespace {

// Warnings were told when the rules were checked; here they would be in the way.
tl::unexpected<Error> faults(const Diagnostics& diagnostics) {
  return failure("the rules have faults\n" + diagnostics.to_string());
}

// What was read for the first of the doors, for all of them.
Result<ChosenRules> of_all_doors(const config::RulesRead& first, std::uint64_t generation,
                                 const std::vector<Door>& doors, DoorSet installed,
                                 const std::string& state_folder) {
  if (!first.snapshot) return faults(first.diagnostics);
  ChosenRules chosen;
  for (const Door door : doors) {
    auto snapshot = first.snapshot;
    if (door != doors.front()) {
      auto read =
          config::RuleSource::edited(first.files, state_folder).load({door, installed}, generation);
      if (!read.snapshot) return faults(read.diagnostics);
      snapshot = std::move(read.snapshot);
    }
    chosen.doors.push_back({door, std::move(snapshot)});
  }
  return chosen;
}

Result<config::RulesRead> read_kept(const std::string& state_folder, std::uint64_t generation,
                                    const LoadTarget& target) {
  if (state_folder.empty()) return failure("no generation is kept; want 'state:' in the settings");
  const auto store = config::GenerationStore::open_to_read(state_folder);
  if (!store) return tl::unexpected(store.error());
  const auto stored = store->find(generation);
  if (!stored) return tl::unexpected(stored.error());
  auto read = config::RuleSource::stored(*store, *stored).load(target, generation);
  if (read.files.empty()) return failure(read.diagnostics.all().front().message);
  return read;
}

bool differ_from_disk(const std::vector<config::SourceFile>& files) {
  return std::any_of(files.begin(), files.end(), [](const config::SourceFile& file) {
    const auto text = os::read_text_file(file.path, config::kMaxListFile);
    return !text || *text != file.text;
  });
}

Result<ChosenRules> of_kept(const config::RulesRead& read, std::uint64_t generation,
                            const std::vector<Door>& doors, DoorSet installed,
                            const std::string& state_folder) {
  auto chosen = of_all_doors(read, generation, doors, installed, state_folder);
  if (!chosen) return chosen;
  chosen->what = "generation " + std::to_string(generation);
  if (differ_from_disk(read.files)) {
    chosen->notes.emplace_back("the files on disk differ from these rules");
  }
  return chosen;
}

Result<ChosenRules> kept_rules(const std::string& state_folder, std::uint64_t generation,
                               const std::vector<Door>& doors, DoorSet installed) {
  const auto read = read_kept(state_folder, generation, {doors.front(), installed});
  if (!read) return tl::unexpected(read.error());
  return of_kept(*read, generation, doors, installed, state_folder);
}

// The generation that a daemon runs. Where it keeps none, or another folder, one of that number may
// be kept that is another; what counts is what is in it.
Result<ChosenRules> kept_by(const DaemonAnswer& running, const std::string& state_folder,
                            const std::vector<Door>& doors, DoorSet installed) {
  const std::uint64_t generation = count_of(running.body, "generation");
  const auto read = read_kept(state_folder, generation, {doors.front(), installed});
  if (!read) return tl::unexpected(read.error());
  const std::string fingerprint = text_of(running.body, "fingerprint");
  if (!fingerprint.empty() && fingerprint != config::fingerprint_of_files(read->files)) {
    return failure("the one of that number in " + state_folder + " is another");
  }
  return of_kept(*read, generation, doors, installed, state_folder);
}

struct RulesOfDisk {
  ChosenRules chosen;
  std::string fingerprint;
};

Result<RulesOfDisk> rules_on_disk(const config::Settings& settings,
                                  const std::vector<Door>& doors) {
  const DoorSet installed = config::doors_of(settings);
  const config::RulesRead read =
      config::RuleSource::files(settings.rules_file, settings.state_folder)
          .load({doors.front(), installed});
  const config::HiddenFiles hidden = config::HiddenFiles::of(settings, read.files);
  if (!read.snapshot) return faults(hidden.shown(read.diagnostics));
  if (!hidden.empty()) return failure(hidden.first());
  auto chosen = of_all_doors(read, 0, doors, installed, settings.state_folder);
  if (!chosen) return tl::unexpected(chosen.error());
  chosen->what = "the files on disk";
  return RulesOfDisk{std::move(*chosen), config::fingerprint_of_files(read.files)};
}

Result<ChosenRules> running_rules(const DaemonAnswer& running, const config::Settings& settings,
                                  const std::vector<Door>& doors) {
  const StateFolder state = state_folder_in_use(settings, running);
  const std::string generation = std::to_string(count_of(running.body, "generation"));
  auto kept = kept_by(running, state.path, doors, config::doors_of(settings));
  if (kept) {
    kept->what += ", which " + running.daemon.name + " runs";
    if (!state.note.empty()) kept->notes.push_back(state.note);
    return kept;
  }
  auto disk = rules_on_disk(settings, doors);
  if (!disk) return tl::unexpected(disk.error());
  if (disk->fingerprint == text_of(running.body, "fingerprint")) {
    disk->chosen.what += ", which " + running.daemon.name + " runs as generation " + generation;
  } else {
    disk->chosen.notes.push_back(running.daemon.name + " runs generation " + generation +
                                 ", which cannot be had: " + kept.error().text +
                                 "; these are the files on disk");
    if (!state.note.empty()) disk->chosen.notes.push_back(state.note);
  }
  return std::move(disk->chosen);
}

Result<ChosenRules> choose(const ExplainOptions& options, const config::Settings& settings,
                           const std::vector<Door>& doors,
                           const std::optional<DaemonAnswer>& running) {
  using Rules = ExplainOptions::Rules;
  if (options.generation) {
    const StateFolder state = state_folder_in_use(settings, running);
    auto chosen = kept_rules(state.path, *options.generation, doors, config::doors_of(settings));
    if (chosen && !state.note.empty()) chosen->notes.push_back(state.note);
    return chosen;
  }
  if (options.rules == Rules::running && running) return running_rules(*running, settings, doors);
  auto disk = rules_on_disk(settings, doors);
  if (!disk) return tl::unexpected(disk.error());
  if (options.rules == Rules::running) {
    disk->chosen.notes.emplace_back("no daemon answers; these are the files on disk");
  }
  return std::move(disk->chosen);
}

// What a list out of SPF lacks here may be known to a daemon, or be asked for by it.
void note_unknown_networks(ChosenRules& chosen) {
  for (const auto& list : chosen.doors.front().snapshot->lists()) {
    for (const DomainName& domain : list->unknown()) {
      chosen.notes.push_back("list '" + list->name() + "': no network of " + domain.text() +
                             " is known here");
    }
  }
}

}  // namespace

Result<ChosenRules> choose_rules(const ExplainOptions& options, const config::Settings& settings,
                                 const std::vector<Door>& doors,
                                 const std::optional<DaemonAnswer>& running) {
  auto chosen = choose(options, settings, doors, running);
  if (chosen) note_unknown_networks(*chosen);
  return chosen;
}

}  // namespace postern::ctl
