#include "ctl/radar/radar_site.h"

#include <string>
#include <vector>

#include "ctl/cli/installation.h"
#include "rules/lists/domain_list.h"
#include "rules/snapshot.h"
#include "server/config/outside_files.h"

namespace postern::ctl {
namespace {

PublicSuffixes read_suffixes(const Console& console) {
  PublicSuffixes suffixes = *config::read_public_suffixes();
  if (!suffixes.has_list()) {
    console.note(config::kPublicSuffixFile,
                 " is not there (package publicsuffix): who has registered a domain is "
                 "guessed from its last labels");
  }
  return suffixes;
}

std::vector<std::string> names_of(const Snapshot& snapshot, UtcTime now) {
  std::vector<std::string> names;
  for (const lists::DomainList* list : snapshot.well_known()) {
    for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
      const std::string_view name = list->entries().key(id);
      if (!name.empty() && list->entries().alive(id, now)) names.emplace_back(name);
    }
  }
  return names;
}

std::vector<std::string> read_well_known(const CommandContext& context) {
  Diagnostics faults;
  const auto settings = read_settings_of_any_door(context.settings_file, faults);
  const config::RulesRead rules = settings ? load_rules_on_disk(*settings) : config::RulesRead{};
  if (rules.snapshot == nullptr) {
    context.console.note("no rules are read here: no domain counts as well known");
    return {};
  }
  return names_of(*rules.snapshot, std::chrono::floor<std::chrono::seconds>(context.now));
}

}  // namespace

radar::Site read_radar_site(const CommandContext& context) {
  return {.suffixes = read_suffixes(context.console),
          .well_known = read_well_known(context),
          .own = {}};
}

}  // namespace postern::ctl
