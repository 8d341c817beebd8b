#include "ctl/rollback_plan.h"

#include <algorithm>

#include "common/fingerprint.h"

namespace postern {
namespace {

bool is_kept(const std::vector<StoredGeneration>& kept, const std::string& path,
             const std::string& text) {
  const std::string fingerprint = fingerprint_of(text).to_string();
  return std::any_of(kept.begin(), kept.end(), [&](const StoredGeneration& generation) {
    return std::any_of(
        generation.files.begin(), generation.files.end(), [&](const StoredFile& file) {
          return file.path == path && file.bytes == text.size() && file.fingerprint == fingerprint;
        });
  });
}

std::size_t index_of(const std::vector<StoredGeneration>& kept, std::uint64_t number) {
  const auto found = std::find_if(
      kept.begin(), kept.end(), [&](const StoredGeneration& one) { return one.number >= number; });
  return static_cast<std::size_t>(found - kept.begin());
}

}  // namespace

std::optional<std::uint64_t> generation_before(const std::vector<StoredGeneration>& kept,
                                               std::uint64_t of) {
  std::size_t at = index_of(kept, of);
  while (at < kept.size() && kept[at].number == of && kept[at].rollback_of) {
    of = *kept[at].rollback_of;
    at = index_of(kept, of);
  }
  if (at == 0) return std::nullopt;
  return kept[at - 1].number;
}

std::optional<std::uint64_t> number_to_restore(const std::vector<StoredGeneration>& kept,
                                               std::uint64_t running, OnDisk on_disk,
                                               std::optional<std::uint64_t> restored) {
  if (restored) return generation_before(kept, *restored);
  const std::size_t at = index_of(kept, running);
  const bool is_kept = at < kept.size() && kept[at].number == running;
  if (is_kept && on_disk == OnDisk::something_else) return running;
  return generation_before(kept, running);
}

RollbackPlan plan_rollback(
    const std::vector<SourceFile>& wanted, const std::vector<SourceFile>& now,
    const std::vector<StoredGeneration>& kept,
    const std::function<std::optional<std::string>(const std::string& path)>& on_disk) {
  RollbackPlan plan;
  for (const SourceFile& file : wanted) {
    RestoredFile restored{file.path, file.text, on_disk(file.path), {}, false};
    if (restored.now == restored.text) continue;
    restored.diff = diff_lines(restored.now.value_or(""), restored.text);
    restored.keep_now = restored.now && !is_kept(kept, file.path, *restored.now);
    plan.files.push_back(std::move(restored));
  }
  for (const SourceFile& file : now) {
    const bool known = std::any_of(wanted.begin(), wanted.end(), [&](const SourceFile& other) {
      return other.path == file.path;
    });
    if (!known && file.identity.there) plan.unused.push_back(file.path);
  }
  return plan;
}

}  // namespace postern
