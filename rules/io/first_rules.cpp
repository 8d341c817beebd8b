#include "rules/io/first_rules.h"

#include <chrono>
#include <utility>

namespace postern {
namespace {

// The newest kept generation that loads for this daemon.
void begin_with_stored(const Settings& settings, const Audience& audience, FirstRules& rules) {
  const auto store = GenerationStore::open_to_read(settings.state_folder);
  if (!store) return;
  auto generations = store->list();
  for (auto one = generations.rbegin(); one != generations.rend(); ++one) {
    auto files = store->read(*one);
    if (!files) continue;
    Diagnostics ignored;
    rules.snapshot = rules_of(*files, one->number, audience, ignored);
    if (!rules.snapshot) continue;
    rules.files = std::move(*files);
    rules.stored = std::move(*one);
    return;
  }
}

}  // namespace

FirstRules read_first_rules(const Settings& settings, Door door,
                            const Diagnostics& settings_diagnostics) {
  const auto begin = std::chrono::steady_clock::now();
  const Audience audience{door, doors_of(settings)};
  FirstRules rules;
  rules.report.at = utc_now();
  rules.report.diagnostics = settings_diagnostics;
  RulesRead read = read_rules(settings.rules_file, 1, audience, nullptr, rules.report.diagnostics);
  rules.looked_at = identities_of(read.files);
  rules.snapshot = std::move(read.snapshot);
  rules.files = std::move(read.files);
  if (!rules.snapshot) {
    rules.report.outcome = ReloadOutcome::refused;
    if (!settings.state_folder.empty()) begin_with_stored(settings, audience, rules);
  }
  rules.report.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  return rules;
}

std::optional<GenerationStore> keep_first_rules(const Settings& settings, FirstRules& rules,
                                                DaemonLog& log) {
  std::optional<GenerationStore> store;
  if (!settings.state_folder.empty()) {
    auto opened = GenerationStore::open(settings.state_folder);
    if (opened) {
      store = std::move(*opened);
    } else {
      log.warning("generations are not kept: " + opened.error().text);
    }
  }
  if (store && !rules.stored) {
    const auto number = store->save(rules.files, rules.report.at);
    if (number) {
      rules.snapshot->set_generation(*number);
    } else {
      log.warning("generation 1 is not kept: " + number.error().text);
    }
  }
  rules.report.generation = rules.snapshot->generation();
  return store;
}

}  // namespace postern
