#include "ctl/shadow/candidate_files.h"

#include <filesystem>
#include <set>
#include <utility>

#include "server/config/configuration.h"

namespace postern::ctl {

std::string candidate_path(const std::string& file) {
  std::error_code none;
  return config::absolute_path(
      std::filesystem::is_directory(file, none) ? file + "/" + config::kDefaultRulesFile : file);
}

std::optional<CandidateFiles> read_candidate(const std::string& file,
                                             const config::Settings& settings,
                                             const Console& console) {
  CandidateFiles candidate;
  std::set<std::string> told;
  Diagnostics diagnostics;
  bool good = true;
  for (const Door door : {Door::policy, Door::milter}) {
    if (!config::doors_of(settings).contains(door)) continue;
    candidate.read = config::RuleSource::files(file, settings.state_folder)
                         .load(config::load_target(settings, door), 0);
    candidate.hidden = config::HiddenFiles::of(settings, candidate.read.files);
    const Diagnostics found = candidate.hidden.shown(candidate.read.diagnostics);
    for (const Diagnostic& one : found.all()) {
      if (told.insert(one.to_string()).second) diagnostics.add(one);
    }
    good = good && candidate.read.snapshot != nullptr;
  }
  console.problems(diagnostics.to_string());
  if (!good) return std::nullopt;
  return candidate;
}

}  // namespace postern::ctl
