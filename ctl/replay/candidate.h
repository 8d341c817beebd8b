// The rules that are tried on mail of the past: those of a file or folder, or those on disk here,
// as each door would have them. Blocks on files.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/cli/command.h"
#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::ctl {

class Candidate {
 public:
  // `against`: a rule file, or a folder with a `rules.yaml`; empty: the rules of the installation.
  Candidate(const std::string& against, const CommandContext& context);

  // As the door has them. Error: they cannot be read, or have faults, all of them told.
  Result<std::shared_ptr<const Snapshot>> rules_for(Door door);
  [[nodiscard]] const std::string& file() const { return file_; }
  // The doors that are installed here; both where nothing is.
  [[nodiscard]] DoorSet installed() const { return installed_; }

  // The popular domains of these rules, or if they name none, of those of the installation.
  // REQUIRES: rules_for() has given some.
  [[nodiscard]] std::vector<const lists::DomainList*> well_known();

 private:
  [[nodiscard]] LoadTarget target_of(Door door) const;

  std::string file_;
  std::string installed_rules_;  // their file; empty: nothing is installed here
  std::string state_folder_;
  DoorSet installed_ = DoorSet::all();
  std::map<Door, std::shared_ptr<const Snapshot>> rules_;
  std::shared_ptr<const Snapshot> here_;  // those of the installation, for their popular domains
};

}  // namespace postern::ctl
