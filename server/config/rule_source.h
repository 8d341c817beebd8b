// Makes a snapshot from the rule files on disk, from a kept generation, or from texts that
// posternctl edits. Any thread; blocks on files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/result.h"
#include "common/os/file_identity.h"
#include "common/yaml/yaml_node.h"
#include "rules/model/door.h"
#include "rules/snapshot.h"

namespace postern::config {

class GenerationStore;
struct StoredGeneration;

// One file that rules are made of, as it was read.
struct SourceFile {
  std::string path;  // as open() takes it
  std::string text;
  // Of the open file, before it was read; not `there`: it could not be read.
  os::FileIdentity identity;
  // What `path` led to before it was opened, whether it could be read or not.
  os::FileIdentity looked_at = {};
};

// What is read of a rule file, and of each list file.
inline constexpr std::size_t kMaxRuleFile = yaml::YamlLimits{}.max_bytes;
inline constexpr std::size_t kMaxListFile = std::size_t{256} << 20;  // some millions of entries
inline constexpr std::size_t kMaxDatabase = std::size_t{512} << 20;

// What these files were when they were read: what is to be watched.
os::FileIdentities identities_of(const std::vector<SourceFile>& files);

struct RulesRead {
  std::shared_ptr<Snapshot> snapshot;  // null when there are errors
  Diagnostics diagnostics;
  // The rule file first, then each list file once; also those that could not be read, so that their
  // coming can be waited for. None of texts that were at hand.
  std::vector<SourceFile> files;
  // What else was read, to be watched: the databases, and what lists out of SPF were made of. No
  // person wrote it, and it is no part of a generation, but its change is to be seen.
  os::FileIdentities beside;
  // Secrets of checks, likewise, as they were just after they had been read.
  os::FileIdentities secrets;
  // One of them could not be read just now, and why: it may be the next time.
  std::optional<Error> not_now;
};

// One of three sources. Each load() reads it anew.
class RuleSource {
 public:
  // A rule file and the list files that it names, as they are on disk. When a file changes while it
  // is being read, all are read again, a few times; then the change is an error: half of one state
  // and half of another is none. In the state folder, here and below, are the networks of lists out
  // of SPF (kept_networks_path()), as they are now; empty: nowhere. Databases are read as they are
  // now, too.
  static RuleSource files(std::string rule_file, std::string state_folder = {});
  // The copies of a kept generation. A database that cannot be read is a warning: what was kept is
  // for when the files are of no use. The store outlives the source.
  static RuleSource stored(const GenerationStore& store, StoredGeneration kept);
  // Texts at hand, the rule file first, which outlive the source.
  static RuleSource edited(const std::vector<SourceFile>& files, std::string state_folder = {});

  // The snapshot gets `generation` for its number. Lists of `previous` (may be null) whose text has
  // not changed are shared with it.
  [[nodiscard]] RulesRead load(const LoadTarget& target, std::uint64_t generation = 0,
                               const Snapshot* previous = nullptr) const {
    return load_(target, generation, previous);
  }

 private:
  using Load = std::function<RulesRead(const LoadTarget&, std::uint64_t, const Snapshot*)>;
  explicit RuleSource(Load load) : load_(std::move(load)) {}

  Load load_;
};

// Where the networks of this list out of SPF are kept.
std::string kept_networks_path(const std::string& state_folder, const std::string& list);

// `file` as it is if absolute, else as a neighbour of the file `beside`.
std::string resolve_beside(const std::string& beside, const std::string& file);

// `path` as settings, generations and the history name a file.
std::string absolute_path(const std::string& path);

}  // namespace postern::config
