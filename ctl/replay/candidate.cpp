#include "ctl/replay/candidate.h"

#include <filesystem>

#include "ctl/cli/installation.h"
#include "server/config/configuration.h"
#include "server/config/outside_files.h"

namespace postern::ctl {
namespace {

std::string rule_file_in(const std::string& path) {
  std::error_code none;
  if (!std::filesystem::is_directory(path, none)) return path;
  return (std::filesystem::path(path) / config::kDefaultRulesFile).string();
}

}  // namespace

Candidate::Candidate(const std::string& against, const CommandContext& context) {
  Diagnostics ignored;
  const auto settings = read_settings_of_any_door(context.settings_file, ignored);
  if (settings) {
    installed_rules_ = settings->rules_file;
    state_folder_ = settings->state_folder;
    installed_ = config::doors_of(*settings);
  }
  if (!against.empty()) {
    file_ = rule_file_in(against);
  } else {
    file_ = settings ? settings->rules_file : settings_in_use(context).settings.rules_file;
  }
}

// What the rules need of the machine they have as in a daemon: DNS may be asked for them.
LoadTarget Candidate::target_of(Door door) const {
  LoadTarget target{door, installed_};
  target.installed.add(door);
  target.outside = config::kThisMachine;
  return target;
}

Result<std::shared_ptr<const Snapshot>> Candidate::rules_for(Door door) {
  if (const auto known = rules_.find(door); known != rules_.end()) return known->second;
  const Snapshot* other = rules_.empty() ? nullptr : rules_.begin()->second.get();
  const auto read = config::RuleSource::files(file_, state_folder_).load(target_of(door), 0, other);
  if (!read.snapshot) return failure("the rules have faults\n" + read.diagnostics.to_string());
  rules_.emplace(door, read.snapshot);
  return std::shared_ptr<const Snapshot>(read.snapshot);
}

std::vector<const lists::DomainList*> Candidate::well_known() {
  const auto& own = rules_.begin()->second->well_known();
  if (!own.empty() || installed_rules_.empty() || installed_rules_ == file_) return own;
  if (!here_) {
    const Door door = installed_.contains(Door::milter) ? Door::milter : Door::policy;
    here_ =
        config::RuleSource::files(installed_rules_, state_folder_).load(target_of(door)).snapshot;
  }
  return here_ ? here_->well_known() : own;
}

}  // namespace postern::ctl
