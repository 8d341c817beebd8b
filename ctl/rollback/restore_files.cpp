#include "ctl/rollback/restore_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <utility>

#include "common/os/atomic_file.h"
#include "common/os/system_error.h"
#include "common/os/way_trust.h"
#include "ctl/rollback/edit_history.h"
#include "ctl/rollback/vouched_texts.h"
#include "server/config/hidden_files.h"
#include "server/config/rollback_mark.h"

namespace postern::ctl {
namespace {

constexpr int kMaxSaved = 1000;

// The places of the files of `plan`, found once for all that is done to them.
Result<std::vector<os::FilePlace>> find_all(const RollbackPlan& plan) {
  std::vector<os::FilePlace> places;
  for (const RestoredFile& file : plan.files) {
    auto place = os::FilePlace::find(file.path);
    if (!place) return tl::unexpected(place.error());
    if (auto ours = os::refuse_strangers_as_root(*place, "replace"); !ours) {
      return tl::unexpected(ours.error());
    }
    places.push_back(std::move(*place));
  }
  return places;
}

Result<std::vector<os::FileReplacement>> prepare_all(const RollbackPlan& plan,
                                                     const std::vector<os::FilePlace>& places) {
  std::vector<os::FileReplacement> replacements;
  replacements.reserve(plan.files.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto replacement =
        os::FileReplacement::prepare(places[i], plan.files[i].text, places[i].identify());
    if (!replacement) return tl::unexpected(replacement.error());
    replacements.push_back(std::move(*replacement));
  }
  return replacements;
}

Result<void> save_all(const RollbackPlan& plan, const std::vector<os::FilePlace>& places,
                      std::vector<os::FilePlace>& saved) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!plan.files[i].keep_now) continue;
    auto name = save_beside(places[i]);
    if (!name) return tl::unexpected(name.error());
    saved.push_back(std::move(*name));
  }
  return {};
}

// Before they are in place: a daemon may see them at once.
Result<void> mark(const RollbackPlan& plan, const std::vector<os::FileReplacement>& replacements,
                  std::vector<config::SourceFile> wanted, std::uint64_t number) {
  for (config::SourceFile& file : wanted) {
    const auto planned =
        std::find_if(plan.files.begin(), plan.files.end(),
                     [&](const RestoredFile& one) { return one.path == file.path; });
    const auto at = static_cast<std::size_t>(planned - plan.files.begin());
    file.identity =
        planned == plan.files.end() ? os::identify_file(file.path) : replacements[at].identity();
  }
  return config::write_rollback_mark(wanted, number);
}

bool is_below(const std::string& folder, const std::string& path) {
  const auto target = os::follow_links(path);
  const auto real = os::follow_links(folder);
  if (!target || !real) return false;
  const auto relative = std::filesystem::path(*target).lexically_relative(*real);
  return !relative.empty() && *relative.begin() != ".." && *relative.begin() != ".";
}

// What goes is shown before it does, as well as what comes.
Result<void> check_shown(const RollbackPlan& plan, const RulePlaces& places) {
  std::vector<config::SourceFile> files{
      {places.rules_file, {}, os::identify_file(places.rules_file)}};
  for (const RestoredFile& file : plan.files) {
    if (file.path == places.rules_file) continue;
    files.push_back({file.path, {}, os::identify_file(file.path)});
  }
  const config::Settings settings = config::read_what_can_be_read(places.settings_file).settings;
  const config::HiddenFiles hidden = config::HiddenFiles::of(settings, files);
  if (hidden.empty()) return {};
  return failure(hidden.first() + "; so it is not shown, and nothing is written");
}

}  // namespace

Result<void> check_places(const RollbackPlan& plan, const std::vector<config::SourceFile>& now,
                          const RulePlaces& places) {
  const auto folder = std::filesystem::path(places.rules_file).parent_path().string();
  const auto own = os::follow_links(places.settings_file);
  // What posternctl itself writes there.
  const auto is_note = [&](const std::string& path) {
    return path == vouched_path(places.rules_file) || path == history_path(places.rules_file) ||
           path == config::rollback_mark_path(places.rules_file);
  };
  for (const RestoredFile& file : plan.files) {
    if (const auto place = os::FilePlace::find(file.path)) {
      if (auto ours = os::refuse_strangers_as_root(*place, "replace"); !ours) return ours;
    }
    const auto target = os::follow_links(file.path);
    const bool named = std::any_of(now.begin(), now.end(), [&](const config::SourceFile& one) {
      return one.path == file.path;
    });
    const bool is_settings = !target || !own || *target == *own;
    if (!is_settings && !is_note(file.path) && (named || is_below(folder, file.path))) continue;
    return failure("that generation has " + file.path +
                   ", which the present rules do not name and which is not below " + folder +
                   ": nothing is written");
  }
  return check_shown(plan, places);
}

Result<std::vector<os::FolderLock>> lock_folders(const std::vector<config::SourceFile>& files) {
  // In one order for everybody, so that nobody waits in a circle.
  std::map<std::pair<dev_t, ino_t>, os::FilePlace> folders;
  for (const config::SourceFile& file : files) {
    const auto place = os::FilePlace::find(file.path);
    if (!place) return tl::unexpected(place.error());
    // Nor is a lock made where somebody else leads.
    if (auto ours = os::refuse_strangers_as_root(*place, "replace"); !ours) {
      return tl::unexpected(ours.error());
    }
    const struct stat& folder = place->way().back().status;
    folders.emplace(std::pair(folder.st_dev, folder.st_ino), *place);
  }
  std::vector<os::FolderLock> locks;
  locks.reserve(folders.size());
  for (const auto& [number, place] : folders) {
    auto lock = os::FolderLock::take(place);
    if (!lock) return tl::unexpected(lock.error());
    locks.push_back(std::move(*lock));
  }
  return locks;
}

Result<os::FilePlace> save_beside(const os::FilePlace& place) {
  for (int number = 1; number < kMaxSaved; ++number) {
    std::string name = place.name() + ".before-rollback";
    if (number > 1) name += "." + std::to_string(number);
    os::FilePlace saved = place.beside(name);
    if (::linkat(place.folder(), place.name().c_str(), saved.folder(), name.c_str(), 0) == 0) {
      return saved;
    }
    if (errno != EEXIST) {
      return os::system_failure("keep " + place.path() + " as " + saved.path());
    }
  }
  return failure("cannot keep " + place.path() + ": there are too many .before-rollback beside it");
}

Result<void> write_plan(const RollbackPlan& plan, const std::vector<config::SourceFile>& wanted,
                        std::uint64_t number, WrittenFiles& written) {
  if (plan.files.empty()) return {};
  const auto places = find_all(plan);
  if (!places) return tl::unexpected(places.error());
  // Saving comes first: it shows in the identity of a file, by which a replacement sees that
  // somebody else has been there.
  std::vector<os::FilePlace> saved;
  auto result = save_all(plan, *places, saved);
  auto replacements = result ? prepare_all(plan, *places) : tl::unexpected(result.error());
  if (!replacements) {
    for (const os::FilePlace& place : saved) place.remove();
    return tl::unexpected(replacements.error());
  }
  for (const os::FilePlace& place : saved) written.saved.push_back(place.path());
  if (auto marked = mark(plan, *replacements, wanted, number); !marked) {
    written.unmarked = marked.error();
  }
  std::string done;
  for (os::FileReplacement& replacement : *replacements) {
    if (auto committed = replacement.commit(); !committed) {
      return failure(committed.error().text +
                     (done.empty() ? "" : "; replaced before that:" + done));
    }
    done += " " + replacement.target();
  }
  for (const os::FileReplacement& replacement : *replacements) {
    if (auto settled = replacement.settle(); !settled) return settled;
  }
  return {};
}

}  // namespace postern::ctl
