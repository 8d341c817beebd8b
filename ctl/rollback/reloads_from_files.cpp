#include "ctl/rollback/reloads_from_files.h"

#include <map>

#include "ctl/rollback/kept_generations.h"

namespace postern::ctl {
namespace {

// The changes that the history has of one file, each of which accounts for one
// generation at most, and for none that was there before it.
class KnownChanges {
 public:
  void add(const FileChange& change, UtcTime at) { changes_.push_back({&change, at}); }

  bool account_for(const std::string& before, const std::string& after, UtcTime since) {
    for (std::size_t first = next_; first < changes_.size(); ++first) {
      if (changes_[first].change->before != before) continue;
      for (std::size_t i = first; i < changes_.size(); ++i) {
        const auto& [change, at] = changes_[i];
        if (at > since || (i > first && change->before != changes_[i - 1].change->after)) break;
        if (change->after != after) continue;
        next_ = i + 1;
        return true;
      }
    }
    return false;
  }

 private:
  struct Known {
    const FileChange* change;  // never null
    UtcTime at;
  };
  std::vector<Known> changes_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<ReloadFromFiles> reloads_from_files(const std::vector<config::StoredGeneration>& kept,
                                                const std::vector<HistoryEntry>& entries) {
  std::map<std::string, KnownChanges> known;
  for (const HistoryEntry& entry : entries) {
    for (const FileChange& change : entry.changes) known[change.path].add(change, entry.at);
  }
  std::vector<ReloadFromFiles> reloads;
  for (std::size_t i = 1; i < kept.size(); ++i) {
    ReloadFromFiles reload{&kept[i - 1], &kept[i], {}};
    for (const config::StoredFile& file : kept[i].files) {
      const config::StoredFile* old = file_of(kept[i - 1], file.path);
      // One that is new comes with the line of the rule file that names it.
      if (old == nullptr || old->fingerprint == file.fingerprint) continue;
      if (!known[file.path].account_for(old->fingerprint, file.fingerprint, kept[i].since)) {
        reload.paths.push_back(file.path);
      }
    }
    if (!reload.paths.empty()) reloads.push_back(std::move(reload));
  }
  return reloads;
}

}  // namespace postern::ctl
