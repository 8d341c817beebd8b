#include "ctl/explain_rules.h"

#include <algorithm>
#include <cstdint>

#include "common/io/text_file.h"
#include "ctl/json_read.h"
#include "rules/io/generation_store.h"

namespace postern {
namespace {

constexpr std::size_t kMaxFile = std::size_t{256} << 20;

// Warnings were told when the rules were checked; here they would be in the way.
Result<DoorRules> of_files(const std::vector<SourceFile>& files, std::uint64_t generation,
                           const Audience& audience) {
  Diagnostics diagnostics;
  std::shared_ptr<const Snapshot> snapshot = rules_of(files, generation, audience, diagnostics);
  if (!snapshot) return failure("the rules have faults\n" + diagnostics.to_string());
  return DoorRules{audience.door, std::move(snapshot)};
}

Result<ChosenRules> of_all_doors(const std::vector<SourceFile>& files, std::uint64_t generation,
                                 const std::vector<Door>& doors, DoorSet installed) {
  ChosenRules chosen;
  for (Door door : doors) {
    auto rules = of_files(files, generation, {door, installed});
    if (!rules) return tl::unexpected(rules.error());
    chosen.doors.push_back(std::move(*rules));
  }
  return chosen;
}

Result<std::vector<SourceFile>> kept_files(const Settings& settings, std::uint64_t generation) {
  if (settings.state_folder.empty()) {
    return failure("no generation is kept; want 'state:' in the settings");
  }
  const auto store = GenerationStore::open_to_read(settings.state_folder);
  if (!store) return tl::unexpected(store.error());
  const auto stored = store->find(generation);
  if (!stored) return tl::unexpected(stored.error());
  return store->read(*stored);
}

bool differ_from_disk(const std::vector<SourceFile>& files) {
  return std::any_of(files.begin(), files.end(), [](const SourceFile& file) {
    const auto text = read_text_file(file.path, kMaxFile);
    return !text || *text != file.text;
  });
}

Result<ChosenRules> kept_rules(const Settings& settings, std::uint64_t generation,
                               const std::vector<Door>& doors) {
  const auto files = kept_files(settings, generation);
  if (!files) return tl::unexpected(files.error());
  auto chosen = of_all_doors(*files, generation, doors, doors_of(settings));
  if (!chosen) return chosen;
  chosen->what = "generation " + std::to_string(generation);
  if (differ_from_disk(*files)) {
    chosen->notes.emplace_back("the files on disk differ from these rules");
  }
  return chosen;
}

Result<ChosenRules> rules_on_disk(const Settings& settings, const std::vector<Door>& doors) {
  Diagnostics diagnostics;
  const Audience audience{doors.front(), doors_of(settings)};
  RulesRead read = read_rules(settings.rules_file, 0, audience, nullptr, diagnostics);
  if (!read.snapshot) return failure("the rules have faults\n" + diagnostics.to_string());
  ChosenRules chosen;
  chosen.what = "the files on disk";
  chosen.doors.push_back({doors.front(), std::move(read.snapshot)});
  for (Door door : doors) {
    if (door == doors.front()) continue;
    auto rules = of_files(read.files, 0, {door, doors_of(settings)});
    if (!rules) return tl::unexpected(rules.error());
    chosen.doors.push_back(std::move(*rules));
  }
  return chosen;
}

}  // namespace

Result<ChosenRules> choose_rules(const ExplainOptions& options, const Settings& settings,
                                 const std::vector<Door>& doors,
                                 const std::optional<DaemonAnswer>& running) {
  using Rules = ExplainOptions::Rules;
  if (options.rules == Rules::generation) return kept_rules(settings, options.generation, doors);
  if (options.rules == Rules::files) return rules_on_disk(settings, doors);
  std::string why = "no daemon answers";
  if (running) {
    const std::uint64_t generation = count_of(running->body, "generation");
    auto chosen = kept_rules(settings, generation, doors);
    if (chosen) {
      chosen->what += ", which " + running->daemon.name + " runs";
      return chosen;
    }
    why = running->daemon.name + " runs generation " + std::to_string(generation) +
          ", which cannot be had: " + chosen.error().text;
  }
  auto chosen = rules_on_disk(settings, doors);
  if (chosen) chosen->notes.push_back(why + "; these are the files on disk");
  return chosen;
}

}  // namespace postern
