#include "ctl/restore_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "common/io/system_error.h"
#include "rules/io/rollback_mark.h"

namespace postern {
namespace {

constexpr int kMaxSaved = 1000;

Result<std::vector<FileReplacement>> prepare_all(const RollbackPlan& plan) {
  std::vector<FileReplacement> replacements;
  replacements.reserve(plan.files.size());
  for (const RestoredFile& file : plan.files) {
    auto replacement = FileReplacement::prepare(file.path, file.text);
    if (!replacement) return tl::unexpected(replacement.error());
    replacements.push_back(std::move(*replacement));
  }
  return replacements;
}

Result<void> save_all(const RollbackPlan& plan, std::vector<std::string>& saved) {
  for (const RestoredFile& file : plan.files) {
    if (!file.keep_now) continue;
    auto name = save_beside(file.path);
    if (!name) return tl::unexpected(name.error());
    saved.push_back(std::move(*name));
  }
  return {};
}

// Before they are in place: a daemon may see them at once.
Result<void> mark(const RollbackPlan& plan, const std::vector<FileReplacement>& replacements,
                  std::vector<SourceFile> wanted, std::uint64_t number) {
  for (SourceFile& file : wanted) {
    const auto planned =
        std::find_if(plan.files.begin(), plan.files.end(),
                     [&](const RestoredFile& one) { return one.path == file.path; });
    const auto at = static_cast<std::size_t>(planned - plan.files.begin());
    file.identity =
        planned == plan.files.end() ? identify_file(file.path) : replacements[at].identity();
  }
  return write_rollback_mark(wanted, number);
}

bool is_below(const std::string& folder, const std::string& path) {
  const auto target = follow_links(path);
  const auto real = follow_links(folder);
  if (!target || !real) return false;
  const auto relative = std::filesystem::path(*target).lexically_relative(*real);
  return !relative.empty() && *relative.begin() != ".." && *relative.begin() != ".";
}

}  // namespace

Result<void> check_places(const RollbackPlan& plan, const std::vector<SourceFile>& now,
                          const RulePlaces& places) {
  const auto folder = std::filesystem::path(places.rules_file).parent_path().string();
  const auto own = follow_links(places.settings_file);
  for (const RestoredFile& file : plan.files) {
    const auto target = follow_links(file.path);
    const bool named = std::any_of(now.begin(), now.end(),
                                   [&](const SourceFile& one) { return one.path == file.path; });
    const bool is_settings = !target || !own || *target == *own;
    if (!is_settings && (named || is_below(folder, file.path))) continue;
    return failure("that generation has " + file.path +
                   ", which the present rules do not name and which is not below " + folder +
                   ": nothing is written");
  }
  return {};
}

Result<std::vector<FolderLock>> lock_folders(const std::vector<SourceFile>& files) {
  std::set<std::string> folders;  // in one order for everybody, so that nobody waits in a circle
  for (const SourceFile& file : files) {
    const auto target = follow_links(file.path);
    if (!target) return tl::unexpected(target.error());
    folders.insert(std::filesystem::path(*target).parent_path().string());
  }
  std::vector<FolderLock> locks;
  locks.reserve(folders.size());
  for (const std::string& folder : folders) {
    auto lock = FolderLock::take(folder);
    if (!lock) return tl::unexpected(lock.error());
    locks.push_back(std::move(*lock));
  }
  return locks;
}

Result<std::string> save_beside(const std::string& path) {
  const auto target = follow_links(path);
  if (!target) return tl::unexpected(target.error());
  for (int number = 1; number < kMaxSaved; ++number) {
    std::string saved = *target + ".before-rollback";
    if (number > 1) saved += "." + std::to_string(number);
    if (::link(target->c_str(), saved.c_str()) == 0) return saved;
    if (errno != EEXIST) return system_failure(fmt::format("keep {} as {}", path, saved));
  }
  return failure("cannot keep " + path + ": there are too many .before-rollback beside it");
}

Result<void> write_plan(const RollbackPlan& plan, const std::vector<SourceFile>& wanted,
                        std::uint64_t number, WrittenFiles& written) {
  if (plan.files.empty()) return {};
  // Saving comes first: it shows in the identity of a file, by which a replacement sees that
  // somebody else has been there.
  auto result = save_all(plan, written.saved);
  auto replacements = result ? prepare_all(plan) : tl::unexpected(result.error());
  if (!replacements) {
    for (const std::string& name : written.saved) ::unlink(name.c_str());
    return tl::unexpected(replacements.error());
  }
  if (auto marked = mark(plan, *replacements, wanted, number); !marked) {
    written.unmarked = marked.error();
  }
  std::string done;
  for (FileReplacement& replacement : *replacements) {
    if (auto committed = replacement.commit(); !committed) {
      return failure(committed.error().text +
                     (done.empty() ? "" : "; replaced before that:" + done));
    }
    done += " " + replacement.target();
  }
  for (const FileReplacement& replacement : *replacements) {
    if (auto settled = replacement.settle(); !settled) return settled;
  }
  return {};
}

}  // namespace postern
