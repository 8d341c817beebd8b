#include "ctl/lists/list_change.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "common/base/escape.h"
#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "common/os/way_trust.h"
#include "ctl/cli/installation.h"
#include "rules/load/list_place.h"
#include "rules/load/rule_file.h"

namespace postern::ctl {
namespace {

const config::SourceFile* find_file(const std::vector<config::SourceFile>& files,
                                    const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const config::SourceFile& file) {
    return file.path == path;
  });
  return found == files.end() ? nullptr : &*found;
}

std::string not_a_file(const config::SourceFile& rule_file, const lists::List& list) {
  const std::string& name = list.name();
  return "the entries of list '" + name + "' stand in the rule file itself; write there, at " +
         load::place_of_list(rule_file.text, rule_file.path, name).to_string() + ", 'file: lists/" +
         name + ".txt' in place of 'entries:', and move them into that file, one a line";
}

bool can_write_beside(const os::FilePlace& place) {
  return ::faccessat(place.folder(), ".", W_OK | X_OK, AT_EACCESS) == 0;
}

}  // namespace

std::optional<RulesOnDisk> read_rules_on_disk(const CommandContext& context) {
  SettingsInUse in_use = settings_in_use(context);
  RulesOnDisk rules{std::move(in_use.settings), faulty_settings_of(in_use), {}, {}};
  Diagnostics diagnostics;
  rules.read = config::read_rules(rules.settings.rules_file, 0,
                                  {widest_door(rules.settings), config::doors_of(rules.settings)},
                                  nullptr, diagnostics);
  rules.hidden = config::HiddenFiles::of(rules.settings, rules.read.files);
  if (!rules.hidden.empty()) {
    context.err << "posternctl: warning: " << printable(rules.hidden.first()) << "\n";
  }
  if (rules.read.snapshot) return rules;
  context.err << rules.hidden.shown(diagnostics).to_string()
              << "the rules on disk do not load, so no change could come into force\n";
  return std::nullopt;
}

Result<ListChange> ListChange::open(const RulesOnDisk& rules, const lists::List& list,
                                    EditPurpose purpose) {
  const config::SourceFile& rule_file = rules.read.files.front();
  const std::string path = config::resolve_beside(rule_file.path, list.file());
  const config::SourceFile* source = find_file(rules.read.files, path);
  if (source == nullptr || source == &rule_file) return failure(not_a_file(rule_file, list));
  const auto place = os::FilePlace::find(path);
  if (!place) return tl::unexpected(place.error());
  ListChange change(rules, *source, *place);
  if (auto ours = os::refuse_strangers_as_root(*place, "replace"); !ours) {
    return tl::unexpected(ours.error());
  }
  // Where this account cannot write it has nothing to lock, and write() says so.
  if (purpose == EditPurpose::write && can_write_beside(*place)) {
    auto lock = os::FolderLock::take(*place);
    if (!lock) return tl::unexpected(lock.error());
    change.lock_.emplace(std::move(*lock));
  }
  // Whoever had the lock before may have written.
  if (place->identify() != source->identity) {
    auto again = os::read_identified_file(*place, config::kMaxListFile);
    if (!again) return tl::unexpected(again.error());
    change.source_.text = std::move(again->text);
    change.source_.identity = again->identity;
  }
  return change;
}

std::shared_ptr<Snapshot> ListChange::rules_with(const std::string& text,
                                                 Diagnostics& diagnostics) const {
  const auto& files = rules_->read.files;
  const config::SourceFile& rule_file = files.front();
  const load::ReadListFile read_list = [&](const std::string& list) -> Result<std::string_view> {
    const std::string path = config::resolve_beside(rule_file.path, list);
    if (path == source_.path) return std::string_view(text);
    if (const config::SourceFile* file = find_file(files, path))
      return std::string_view(file->text);
    return failure("cannot read " + path);
  };
  std::shared_ptr<Snapshot> widest;
  const DoorSet doors = config::doors_of(rules_->settings);
  for (const Door door : {Door::policy, Door::milter}) {
    if (!doors.contains(door)) continue;
    auto snapshot = load::load_rules(rule_file.text, rule_file.path, read_list, 0, {door, doors},
                                     diagnostics, rules_->read.snapshot.get());
    if (!snapshot) return nullptr;
    if (door == widest_door(rules_->settings)) widest = std::move(snapshot);
  }
  return widest;
}

Result<void> ListChange::write(const std::string& text) {
  auto replacement = os::FileReplacement::prepare(place_, text, source_.identity);
  if (!replacement) return tl::unexpected(replacement.error());
  if (auto committed = replacement->commit(); !committed) return committed;
  lock_.reset();
  return replacement->settle();
}

}  // namespace postern::ctl
