#include "server/config/generation_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/fingerprint.h"
#include "common/base/whole_number.h"
#include "common/os/folder_lock.h"
#include "common/os/system_error.h"
#include "common/os/text_file.h"
#include "common/os/unique_fd.h"
#include "server/config/generation_manifest.h"
#include "server/config/generation_pruning.h"
#include "server/config/rollback_mark.h"

namespace postern::config {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr std::chrono::seconds kLockWait{2};
// What a process that died may have left, and the next one removes.
constexpr const char* kNew = ".new";
constexpr const char* kGone = ".gone";

// The links that lead there are followed once: behind that none is.
std::string generations_in(const std::string& folder) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  return (error ? folder : real.string()) + "/generations";
}

Result<void> make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST) return {};
  return os::system_failure("make " + folder);
}

Result<void> sync_folder(const std::string& folder) {
  const os::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return os::system_failure("write " + folder);
  return {};
}

Result<void> write_file(const std::string& path, std::string_view text) {
  const os::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!fd.is_open()) return os::system_failure("make " + path);
  while (!text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os::system_failure("write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd.get()) != 0) return os::system_failure("write " + path);
  return {};
}

bool is_copy_of(const StoredFile& copy, std::string_view text) {
  if (copy.bytes != text.size()) return false;
  const auto read = read_copy(copy);
  return read && read->text == text;
}

// A copy of an earlier generation that has the text; null when there is none.
const StoredFile* find_copy(const std::vector<StoredFile>& copies, const StoredFile& wanted,
                            std::string_view text) {
  for (const StoredFile& copy : copies) {
    if (copy.fingerprint == wanted.fingerprint && is_copy_of(copy, text)) return &copy;
  }
  return nullptr;
}

// As the manifest is to say it.
StoredGeneration describe(const std::vector<SourceFile>& files, std::uint64_t number, UtcTime now) {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const SourceFile& file : files) paths.push_back(absolute_path(file.path));
  const auto names = stored_names(paths);
  StoredGeneration generation{number, now, {}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    generation.files.push_back(
        {paths[i], names[i], files[i].text.size(), fingerprint_of(files[i].text).to_string()});
  }
  return generation;
}

constexpr std::uint64_t kMaxNumber = 1'000'000'000'000;

std::optional<std::uint64_t> parse_number(const std::string& name) {
  const auto number = parse_whole<std::uint64_t>(name);
  // Nobody gets there by reloading; what is called so must not use the numbers up.
  if (!number || std::to_string(*number) != name || *number > kMaxNumber) return std::nullopt;
  return number;
}

}  // namespace

Result<GenerationStore> GenerationStore::open(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return tl::unexpected(made.error());
  GenerationStore store(generations_in(folder));
  if (auto made = make_folder(store.folder_); !made) return tl::unexpected(made.error());
  if (::access(store.folder_.c_str(), R_OK | W_OK | X_OK) != 0) {
    return os::system_failure("write " + store.folder_);
  }
  return store;
}

Result<GenerationStore> GenerationStore::open_to_read(const std::string& folder) {
  GenerationStore store(generations_in(folder));
  if (::access(store.folder_.c_str(), R_OK | X_OK) != 0) {
    return os::system_failure("read " + store.folder_);
  }
  return store;
}

std::string GenerationStore::state_folder() const {
  return fs::path(folder_).parent_path().string();
}

std::string GenerationStore::folder_of(std::uint64_t number) const {
  return folder_ + '/' + std::to_string(number);
}

// Of all that look like generations, ascending.
std::vector<std::uint64_t> GenerationStore::numbers() const {
  std::vector<std::uint64_t> result;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (const auto number = parse_number(entry->path().filename().string())) {
      result.push_back(*number);
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::uint64_t GenerationStore::newest() const {
  const auto taken = numbers();
  return taken.empty() ? 0 : taken.back();
}

GenerationList GenerationStore::look() const {
  const auto all = numbers();
  GenerationList found;
  found.not_looked_at = all.size() - std::min(all.size(), kMostLooked);
  for (std::size_t i = found.not_looked_at; i < all.size(); ++i) {
    auto generation = find(all[i]);
    if (generation) {
      found.whole.push_back(std::move(*generation));
    } else {
      found.broken.push_back({all[i], std::move(generation.error().text)});
    }
  }
  return found;
}

os::SystemResult<StoredGeneration> GenerationStore::find(std::uint64_t number) const {
  const std::string folder = folder_of(number);
  const auto broken = [&](const std::string& reason, int error_number = 0) {
    return tl::unexpected(os::SystemError(
        {"generation " + std::to_string(number) + " in " + folder_ + " is not whole: " + reason},
        error_number));
  };
  std::error_code error;
  if (!fs::exists(folder, error)) {
    return os::lasting_failure("found no generation " + std::to_string(number) + " in " + folder_);
  }
  const auto read =
      os::read_identified_file(folder + '/' + kManifestName, kMaxManifest, os::Links::refuse);
  if (!read) return broken(read.error().text, read.error().number);
  auto generation = parse_manifest(read->text);
  if (!generation) return broken(std::string(kManifestName) + ": " + generation.error().text);
  if (generation->number != number) return broken("the manifest is another one's");
  for (StoredFile& file : generation->files) {
    file.stored = folder + '/' + file.stored;
    const auto bytes = fs::file_size(file.stored, error);
    if (error || bytes != file.bytes) {
      return broken(file.stored + " is cut or missing", error.value());
    }
  }
  return std::move(*generation);
}

os::SystemResult<std::vector<SourceFile>> GenerationStore::read(
    const StoredGeneration& generation) const {
  std::vector<SourceFile> files;
  for (const StoredFile& file : generation.files) {
    auto read = read_copy(file);
    if (!read) {
      return os::failure_of(
          "generation " + std::to_string(generation.number) + " is not whole: " + read.error().text,
          read.error());
    }
    files.push_back({file.path, std::move(read->text), read->identity, read->identity});
  }
  return files;
}

bool GenerationStore::holds(const StoredGeneration& generation,
                            const std::vector<SourceFile>& files) const {
  if (generation.files.size() != files.size()) return false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (generation.files[i].path != absolute_path(files[i].path)) return false;
    if (!is_copy_of(generation.files[i], files[i].text)) return false;
  }
  return true;
}

Result<std::uint64_t> GenerationStore::save(const std::vector<SourceFile>& files, UtcTime now,
                                            std::uint64_t above) {
  const auto lock = os::FolderLock::take(folder_, kLockWait);
  if (!lock) return tl::unexpected(lock.error());
  const std::uint64_t last_number = newest();
  std::vector<StoredFile> to_link;
  if (const auto last = find(last_number)) {
    if (holds(*last, files)) return last_number;
    to_link = last->files;
  }
  clear_leftovers();
  const std::uint64_t next = std::max(last_number, above) + 1;
  if (next > kMaxNumber) {
    return failure("found generation " + std::to_string(next - 1) + " in " + folder_ +
                   ", want a number that can be counted up from");
  }
  auto generation = describe(files, next, now);
  generation.rollback_of = restored_generation(files);
  if (generation.rollback_of >= next) generation.rollback_of.reset();
  auto written = write_new(generation, files, to_link);
  if (!written) {
    clear_leftovers();
    return tl::unexpected(written.error());
  }
  prune(now);
  return next;
}

Result<void> GenerationStore::write_new(const StoredGeneration& generation,
                                        const std::vector<SourceFile>& files,
                                        const std::vector<StoredFile>& to_link) const {
  const std::string manifest = format_manifest(generation);
  if (const auto readable = parse_manifest(manifest); !readable) {
    return failure("cannot keep these files: " + readable.error().text);
  }
  const std::string folder = folder_ + '/' + kNew;
  if (auto made = make_folder(folder); !made) return made;
  std::set<std::string> folders{folder};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const fs::path copy = fs::path(folder) / generation.files[i].stored;
    for (fs::path part = folder;
         const fs::path& name : fs::path(generation.files[i].stored).parent_path()) {
      part /= name;
      if (auto made = make_folder(part.string()); !made) return made;
      folders.insert(part.string());
    }
    const StoredFile* same = find_copy(to_link, generation.files[i], files[i].text);
    if (same != nullptr && ::link(same->stored.c_str(), copy.c_str()) == 0) continue;
    if (auto written = write_file(copy.string(), files[i].text); !written) return written;
  }
  if (auto written = write_file(folder + '/' + kManifestName, manifest); !written) return written;
  for (const std::string& one : folders) {
    if (auto synced = sync_folder(one); !synced) return synced;
  }
  if (std::rename(folder.c_str(), folder_of(generation.number).c_str()) != 0) {
    return os::system_failure("make " + folder_of(generation.number));
  }
  return sync_folder(folder_);
}

void GenerationStore::clear_leftovers() const {
  for (const char* name : {kNew, kGone}) {
    std::error_code ignored;
    fs::remove_all(folder_ + '/' + name, ignored);
  }
}

// What cannot be removed stays until the next time.
void GenerationStore::prune(UtcTime now) const {
  const auto whole = list();
  std::set<std::uint64_t> kept;
  for (const StoredGeneration& one : whole) kept.insert(one.number);
  const auto dropped = generations_to_drop(whole, now);
  for (const std::uint64_t number : dropped) kept.erase(number);
  for (const std::uint64_t number : numbers()) {
    // What is not whole may only be unreadable just now: it goes when it is older than all.
    const bool broken = !dropped.contains(number) && !kept.contains(number);
    if (broken && (kept.empty() || number > *kept.begin())) continue;
    if (const auto again = find(number); !again && again.error().is_not_now()) continue;
    if (!kept.contains(number) && !remove(number)) return;
  }
}

bool GenerationStore::remove(std::uint64_t number) const {
  // Renamed first: nobody finds half of one.
  const std::string gone = folder_ + '/' + kGone;
  if (std::rename(folder_of(number).c_str(), gone.c_str()) != 0) return false;
  std::error_code error;
  fs::remove_all(gone, error);
  return !error;
}

os::SystemResult<os::IdentifiedText> read_copy(const StoredFile& file) {
  auto read = os::read_identified_file(file.stored, file.bytes, os::Links::refuse);
  if (!read) return read;
  if (read->text.size() != file.bytes ||
      fingerprint_of(read->text).to_string() != file.fingerprint) {
    return os::lasting_failure(file.stored + " is not what the manifest says");
  }
  return read;
}

std::string fingerprint_of_files(const std::vector<SourceFile>& files) {
  StoredGeneration generation;
  for (const SourceFile& file : files) {
    generation.files.push_back({file.path, {}, 0, fingerprint_of(file.text).to_string()});
  }
  return fingerprint_of_files(generation);
}

std::string fingerprint_of_files(const StoredGeneration& generation) {
  const auto& files = generation.files;
  const fs::path base = files.empty() ? fs::path() : fs::path(files.front().path).parent_path();
  std::string all;
  for (const StoredFile& file : files) {
    const auto name = fs::path(file.path).lexically_relative(base).string();
    all += fingerprint_of(name).to_string() + file.fingerprint;
  }
  return fingerprint_of(all).to_string();
}

}  // namespace postern::config
