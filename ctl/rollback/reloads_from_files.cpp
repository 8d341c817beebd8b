#include "ctl/rollback/reloads_from_files.h"

#include <map>

#include "ctl/rollback/kept_generations.h"

namespace postern::ctl {
namespace {

// The changes that the history has of one file, each of which accounts for one
// generation at most.
class KnownChanges {
 public:
  void add(const FileChange& change) { changes_.push_back(&change); }

  bool account_for(const std::string& before, const std::string& after) {
    for (std::size_t first = next_; first < changes_.size(); ++first) {
      if (changes_[first]->before != before) continue;
      for (std::size_t i = first; i < changes_.size(); ++i) {
        if (i > first && changes_[i]->before != changes_[i - 1]->after) break;
        if (changes_[i]->after != after) continue;
        next_ = i + 1;
        return true;
      }
    }
    return false;
  }

 private:
  std::vector<const FileChange*> changes_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<ReloadFromFiles> reloads_from_files(const std::vector<config::StoredGeneration>& kept,
                                                const std::vector<HistoryEntry>& entries) {
  std::map<std::string, KnownChanges> known;
  for (const HistoryEntry& entry : entries) {
    for (const FileChange& change : entry.changes) known[change.path].add(change);
  }
  std::vector<ReloadFromFiles> reloads;
  for (std::size_t i = 1; i < kept.size(); ++i) {
    ReloadFromFiles reload{&kept[i - 1], &kept[i], {}};
    for (const config::StoredFile& file : kept[i].files) {
      const config::StoredFile* old = file_of(kept[i - 1], file.path);
      // One that is new comes with the line of the rule file that names it.
      if (old == nullptr || old->fingerprint == file.fingerprint) continue;
      if (!known[file.path].account_for(old->fingerprint, file.fingerprint)) {
        reload.paths.push_back(file.path);
      }
    }
    if (!reload.paths.empty()) reloads.push_back(std::move(reload));
  }
  return reloads;
}

}  // namespace postern::ctl
