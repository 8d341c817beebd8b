#include "rules/io/first_rules.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/fingerprint.h"
#include "rules/load/shrunk_lists.h"

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

// Whether a kept generation has the same texts, by their fingerprints.
bool has_same_texts(const StoredGeneration& generation, const std::vector<SourceFile>& files) {
  return std::equal(generation.files.begin(), generation.files.end(), files.begin(), files.end(),
                    [](const StoredFile& kept, const SourceFile& file) {
                      return kept.bytes == file.text.size() &&
                             kept.fingerprint == fingerprint_of(file.text).to_string();
                    });
}

// A list that was cut while nobody looked is the same fault as one that is cut before our eyes.
void refuse_shrunk(const Settings& settings, const Audience& audience, FirstRules& rules) {
  FirstRules before;
  const auto store = GenerationStore::open_to_read(settings.state_folder);
  if (!store) return;
  const auto generations = store->list();
  if (generations.empty() || has_same_texts(generations.back(), rules.files)) return;
  begin_with_stored(settings, audience, before);
  if (!before.snapshot) return;
  const SourceFile& rule_file = rules.files.front();
  const auto shrunk =
      find_shrunk(*before.snapshot, *rules.snapshot, rule_file.text, rule_file.path);
  if (shrunk.empty()) return;
  for (const Diagnostic& one : shrunk) rules.report.diagnostics.error(one.where, one.message);
  rules.report.outcome = ReloadOutcome::refused;
  rules.snapshot = std::move(before.snapshot);
  rules.files = std::move(before.files);
  rules.stored = std::move(before.stored);
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
  } else if (!settings.state_folder.empty()) {
    refuse_shrunk(settings, audience, rules);
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
