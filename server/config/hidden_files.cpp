#include "server/config/hidden_files.h"

#include <unistd.h>

#include <algorithm>

#include "common/os/account_access.h"
#include "common/os/file_place.h"

namespace postern::config {
namespace {

// Somebody may have led the path elsewhere since the file was read.
std::optional<os::FilePlace> place_of(const SourceFile& file) {
  auto place = os::FilePlace::find(file.path);
  if (!place) return std::nullopt;
  return os::is_same_file(place->identify(), file.identity) ? std::optional(std::move(*place))
                                                            : std::nullopt;
}

// The first of `bars` that is none of `others`.
std::optional<std::string> first_other(const std::vector<std::string>& bars,
                                       const std::vector<std::string>& others) {
  const auto found = std::find_if(bars.begin(), bars.end(), [&](const std::string& bar) {
    return std::find(others.begin(), others.end(), bar) == others.end();
  });
  return found == bars.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

HiddenFiles HiddenFiles::of(const Settings& settings, const std::vector<SourceFile>& files) {
  HiddenFiles hidden;
  if (::geteuid() != 0 || files.empty()) return hidden;
  const auto account = os::account_with_groups(settings.user, settings.group);
  if (!account) return hidden;
  hidden.rule_file_ = files.front().path;
  hidden.user_ = settings.user;
  std::vector<std::string> known;  // what bars the account from the folder of the rule file
  for (const SourceFile& file : files) {
    if (!file.identity.there) continue;
    const auto place = place_of(file);
    if (!place) {
      hidden.why_.emplace(file.path, file.path + " has become another file just now");
      continue;
    }
    if (&file == &files.front()) known = os::bars_on_way(*place, *account, os::BarsOf::folders);
    const auto bar =
        first_other(os::bars_on_way(*place, *account, os::BarsOf::folders_and_file), known);
    if (bar) hidden.why_.emplace(file.path, *bar);
  }
  return hidden;
}

const std::string* HiddenFiles::why(const std::string& file) const {
  auto found = why_.find(file);
  // Lists are named as the rule file names them.
  if (found == why_.end()) found = why_.find(resolve_beside(rule_file_, file));
  return found == why_.end() ? nullptr : &found->second;
}

std::string HiddenFiles::first() const {
  return "the daemons cannot read " + why_.begin()->first + " as '" + user_ +
         "' (user: of the settings): " + why_.begin()->second;
}

std::string HiddenFiles::shown(const std::string& file, const std::string& message) const {
  const std::string* reason = why(file);
  if (reason == nullptr) return message;
  return "what it is, is not shown, as '" + user_ +
         "' (user: of the settings) cannot read the file: " + *reason;
}

Diagnostics HiddenFiles::shown(const Diagnostics& diagnostics) const {
  if (empty()) return diagnostics;
  Diagnostics result;
  for (const Diagnostic& one : diagnostics.all()) {
    result.add({one.severity, one.where, shown(one.where.file, one.message)});
  }
  return result;
}

}  // namespace postern::config
