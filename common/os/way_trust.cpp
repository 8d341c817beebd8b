#include "common/os/way_trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "common/os/account_access.h"
#include "common/os/accounts.h"

namespace postern::os {
namespace {

bool is_root(uid_t uid, const std::vector<WayStep>& way) {
  return uid == 0 || (way.front().path == "/" && uid == way.front().status.st_uid);
}

// Everybody in root's own group is as good as root.
bool others_may_write(const struct stat& folder) {
  const bool group = (folder.st_mode & S_IWGRP) != 0 && folder.st_gid != 0;
  return group || (folder.st_mode & S_IWOTH) != 0;
}

std::string owned_by(const struct stat& status) {
  return "belongs to " + name_of_user(status.st_uid);
}

// What is wrong with a link of root's, where others may have brought it; none: nothing.
std::optional<std::string> brought_here(const WayStep& link, const WayStep& folder) {
  if (!others_may_write(folder.status)) return std::nullopt;
  return "the link " + link.path + " is in a folder that others than root may write, " +
         folder.path +
         "; want the path of the file itself, or the folder without that (chmod go-w)";
}

std::string foreign(const WayStep& step, const FilePlace& place, const std::string& owner) {
  const std::string theirs = name_of_user(step.status.st_uid);
  const std::string what =
      (step.kind == WayStep::Kind::link ? "the link " : "the folder ") + step.path;
  const std::string leads = place.found() ? place.path() : "the folder " + place.folder_path();
  return what + " " + owned_by(step.status) + ", and " + leads + ", where it leads, to " + owner +
         "; want both to be " + theirs + "'s, or " +
         (step.kind == WayStep::Kind::link ? "the link root's (chown -h root "
                                           : "the folder root's (chown root ") +
         step.path + ")";
}

}  // namespace

std::optional<std::string> stranger_on_way(const FilePlace& place) {
  const auto& way = place.way();
  const uid_t owner = place.found() ? place.found()->st_uid : way.back().status.st_uid;
  const WayStep* folder = &way.front();
  const WayStep* foreign_folder = nullptr;
  for (const WayStep& step : way) {
    const bool link = step.kind == WayStep::Kind::link;
    const bool strange = !is_root(step.status.st_uid, way) && step.status.st_uid != owner;
    if (link && strange) return foreign(step, place, name_of_user(owner));
    if (link && is_root(step.status.st_uid, way)) {
      if (auto why = brought_here(step, *folder)) return why;
    }
    if (!link && strange && foreign_folder == nullptr) foreign_folder = &step;
    if (!link) folder = &step;
  }
  // A link says more about what has happened.
  if (foreign_folder == nullptr || !place.found()) return std::nullopt;
  return foreign(*foreign_folder, place, name_of_user(owner));
}

Result<void> refuse_strangers_as_root(const FilePlace& place, const std::string& what) {
  if (::geteuid() != 0) return {};
  const auto stranger = stranger_on_way(place);
  if (!stranger) return {};
  return failure("will not " + what + " " + place.path() + " as root: " + *stranger);
}

Result<void> refuse_to_show_as_root(const FilePlace& place) {
  if (::geteuid() != 0) return {};
  for (const WayStep& step : place.way()) {
    const uid_t theirs = step.status.st_uid;
    if (is_root(theirs, place.way())) continue;
    const auto known = account_with_groups(name_of_user(theirs));
    const auto bars =
        bars_on_way(place, known ? *known : AccountGroups{theirs, {}}, BarsOf::folders_and_file);
    if (bars.empty()) continue;
    return failure("will not read " + place.path() + " as root: " + step.path + " " +
                   owned_by(step.status) + ", who cannot read it: " + bars.front());
  }
  return {};
}

}  // namespace postern::os
