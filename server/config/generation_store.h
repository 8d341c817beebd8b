// The generations of rules that were in service, on disk as plain files that a person can read:
//   STATE/generations/12/rules.yaml, .../12/lists/campaign.txt, .../12/manifest.json
// Both daemons and posternctl share one store; a lock keeps their changes apart. A generation
// appears whole or not at all, files that did not change are hard links, and of old generations few
// stay (server/config/generation_pruning.h). What is cut or does not fit its manifest is not a
// generation. Blocks on files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "common/os/text_file.h"
#include "server/config/rule_source.h"

namespace postern::config {

struct StoredFile {
  std::string path;    // where it stood, absolute, and where rollback puts it
  std::string stored;  // where its copy is
  std::size_t bytes = 0;
  std::string fingerprint;  // common/base/fingerprint.h
};

struct StoredGeneration {
  std::uint64_t number = 0;
  UtcTime since;                  // when it was first taken into service
  std::vector<StoredFile> files;  // the rule file first
  // The earlier one that a rollback has put back with it; none: it came of anything else.
  std::optional<std::uint64_t> rollback_of = std::nullopt;
};

// A folder that has the number of a generation, and is none.
struct BrokenGeneration {
  std::uint64_t number = 0;
  std::string why;
};

// What a look into the store has found; each oldest first.
struct GenerationList {
  std::vector<StoredGeneration> whole;
  std::vector<BrokenGeneration> broken;
  std::size_t not_looked_at = 0;  // older than the kMostLooked newest
};

class GenerationStore {
 public:
  // `folder` is `state:` of the settings. Error: it cannot be made or written.
  static Result<GenerationStore> open(const std::string& folder);
  // For reading alone: makes no folder. Error: `folder` is not there or cannot be read.
  static Result<GenerationStore> open_to_read(const std::string& folder);

  // Keeps what was read, and returns its number: that of the newest generation when that has the
  // same files with the same texts (the other daemon was first, or a restart), else the next one,
  // above `above`. Of files that a rollback has put there it keeps which generation they are
  // (server/config/rollback_mark.h). Error: it cannot be written, or another process has had the
  // lock for 2 s; then the store is as before.
  Result<std::uint64_t> save(const std::vector<SourceFile>& files, UtcTime now,
                             std::uint64_t above = 0);

  // The highest number that is taken, by a whole generation or not; 0: none is.
  [[nodiscard]] std::uint64_t newest() const;
  // A store keeps fewer than that (generation_pruning.h). More were put there by another program.
  static constexpr std::size_t kMostLooked = 100;
  [[nodiscard]] GenerationList look() const;
  // The whole ones of it.
  [[nodiscard]] std::vector<StoredGeneration> list() const { return look().whole; }
  // Error: there is none of that number, it is not whole, or it cannot be read just now.
  [[nodiscard]] os::SystemResult<StoredGeneration> find(std::uint64_t number) const;
  // The texts of a generation, checked against the manifest; `path` is where each stood.
  [[nodiscard]] os::SystemResult<std::vector<SourceFile>> read(
      const StoredGeneration& generation) const;

  // Where the generations are: `STATE/generations`.
  [[nodiscard]] const std::string& folder() const { return folder_; }
  // `STATE` itself, links followed.
  [[nodiscard]] std::string state_folder() const;

 private:
  explicit GenerationStore(std::string folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::string folder_of(std::uint64_t number) const;
  [[nodiscard]] std::vector<std::uint64_t> numbers() const;
  [[nodiscard]] bool holds(const StoredGeneration& generation,
                           const std::vector<SourceFile>& files) const;
  Result<void> write_new(const StoredGeneration& generation, const std::vector<SourceFile>& files,
                         const std::vector<StoredFile>& to_link) const;
  void clear_leftovers() const;
  void prune(UtcTime now) const;
  [[nodiscard]] bool remove(std::uint64_t number) const;

  std::string folder_;
};

// The copy that a generation has of one file. Error: the copy is missing, is not what the manifest
// says, or is a link: by a link the account of the daemons could have root open any file.
os::SystemResult<os::IdentifiedText> read_copy(const StoredFile& file);

// Over all files of a generation: equal for equal rules and lists, wherever they stand.
std::string fingerprint_of_files(const std::vector<SourceFile>& files);
// The same by what the manifest says of them, without reading.
std::string fingerprint_of_files(const StoredGeneration& generation);

}  // namespace postern::config
