#include "server/config/first_rules.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/fingerprint.h"
#include "rules/load/shrunk_lists.h"
#include "server/config/hidden_files.h"
#include "server/config/rollback_mark.h"

namespace postern::config {
namespace {

// With rules that are not those of the files, or with none.
void refuse(FirstRules& rules) {
  const bool passes = rules.report.not_now.has_value();
  rules.report.outcome = passes ? ReloadOutcome::postponed : ReloadOutcome::refused;
}

void begin_with(KeptRules kept, FirstRules& rules) {
  if (kept.rules.not_now) rules.report.not_now = std::move(kept.rules.not_now);
  refuse(rules);
  rules.snapshot = std::move(kept.rules.snapshot);
  rules.files = std::move(kept.rules.files);
  rules.looked_at.merge(kept.rules.beside);
  rules.looked_at.merge(kept.rules.secrets);
  rules.stored = std::move(kept.stored);
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
void refuse_shrunk(KeptRules before, FirstRules& rules) {
  const auto shrunk = shrunk_since(before, *rules.snapshot, rules.files);
  if (shrunk.empty()) return;
  for (const Diagnostic& one : shrunk) rules.report.diagnostics.add(one);
  begin_with(std::move(before), rules);
}

}  // namespace

std::optional<KeptRules> newest_kept_rules(const std::string& state_folder,
                                           const LoadTarget& target,
                                           const std::vector<SourceFile>& other_than) {
  if (state_folder.empty()) return std::nullopt;
  const auto store = GenerationStore::open_to_read(state_folder);
  if (!store) return std::nullopt;
  auto generations = store->list();
  std::optional<Error> not_now;
  if (const std::uint64_t newest = store->newest();
      newest > 0 && (generations.empty() || generations.back().number != newest)) {
    const auto missing = store->find(newest);
    if (!missing && missing.error().is_not_now()) not_now = missing.error();
  }
  if (!generations.empty() && has_same_texts(generations.back(), other_than)) return std::nullopt;
  for (auto one = generations.rbegin(); one != generations.rend(); ++one) {
    RulesRead rules = RuleSource::stored(*store, *one).load(target, one->number);
    if (rules.not_now) not_now = rules.not_now;
    if (!rules.snapshot) continue;
    rules.not_now = not_now;
    return KeptRules{std::move(rules), std::move(*one)};
  }
  return std::nullopt;
}

std::vector<Diagnostic> shrunk_since(const KeptRules& before, const Snapshot& rules,
                                     const std::vector<SourceFile>& files) {
  if (restored_generation(files)) return {};
  return load::find_shrunk(*before.rules.snapshot, rules, files.front().text, files.front().path);
}

FirstRules read_first_rules(const Settings& settings, Door door,
                            const Diagnostics& settings_diagnostics) {
  const auto begin = std::chrono::steady_clock::now();
  const LoadTarget target = load_target(settings, door);
  FirstRules rules;
  rules.report.at = utc_now();
  rules.report.diagnostics = settings_diagnostics;
  RulesRead read = RuleSource::files(settings.rules_file, settings.state_folder).load(target, 1);
  rules.report.diagnostics.add(read.diagnostics);
  rules.report.diagnostics = HiddenFiles::of(settings, read.files).shown(rules.report.diagnostics);
  rules.looked_at = identities_of(read.files);
  rules.looked_at.merge(read.beside);
  rules.looked_at.merge(read.secrets);
  rules.snapshot = std::move(read.snapshot);
  rules.files = std::move(read.files);
  rules.report.not_now = std::move(read.not_now);
  if (!rules.snapshot) {
    refuse(rules);
    if (auto kept = newest_kept_rules(settings.state_folder, target, {})) {
      begin_with(std::move(*kept), rules);
    }
  } else if (auto kept = newest_kept_rules(settings.state_folder, target, rules.files)) {
    refuse_shrunk(std::move(*kept), rules);
  }
  rules.report.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  return rules;
}

std::optional<GenerationStore> keep_first_rules(const Settings& settings, FirstRules& rules,
                                                os::DaemonLog& log) {
  std::optional<GenerationStore> store;
  if (!settings.state_folder.empty()) {
    auto opened = GenerationStore::open(settings.state_folder);
    if (opened) {
      store = std::move(*opened);
    } else {
      log.warning("generations are not kept: " + opened.error().text);
      rules.report.not_kept = opened.error().text;
    }
  }
  if (store && !rules.stored) {
    const auto number = store->save(rules.files, rules.report.at);
    if (number) {
      rules.snapshot->set_generation(*number);
    } else {
      log.warning("generation 1 is not kept: " + number.error().text);
      rules.report.not_kept = number.error().text;
    }
  }
  rules.report.generation = rules.snapshot->generation();
  return store;
}

}  // namespace postern::config
