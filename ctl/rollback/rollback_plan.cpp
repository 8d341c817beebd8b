#include "ctl/rollback/rollback_plan.h"

#include <algorithm>

#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

std::size_t index_of(const std::vector<config::StoredGeneration>& kept, std::uint64_t number) {
  const auto found =
      std::find_if(kept.begin(), kept.end(),
                   [&](const config::StoredGeneration& one) { return one.number >= number; });
  return static_cast<std::size_t>(found - kept.begin());
}

}  // namespace

std::optional<std::uint64_t> generation_before(const std::vector<config::StoredGeneration>& kept,
                                               std::uint64_t of) {
  std::size_t at = index_of(kept, of);
  while (at < kept.size() && kept[at].number == of && kept[at].rollback_of) {
    of = *kept[at].rollback_of;
    at = index_of(kept, of);
  }
  if (at == 0) return std::nullopt;
  return kept[at - 1].number;
}

std::optional<std::uint64_t> number_to_restore(const std::vector<config::StoredGeneration>& kept,
                                               std::uint64_t running, OnDisk on_disk,
                                               std::optional<std::uint64_t> restored) {
  if (restored) return generation_before(kept, *restored);
  const std::size_t at = index_of(kept, running);
  const bool is_kept = at < kept.size() && kept[at].number == running;
  if (is_kept && on_disk == OnDisk::something_else) return running;
  return generation_before(kept, running);
}

RollbackPlan plan_rollback(const std::vector<config::SourceFile>& wanted,
                           const std::vector<config::SourceFile>& now, const PlanFacts& facts) {
  RollbackPlan plan;
  for (const config::SourceFile& file : wanted) {
    RestoredFile restored{file.path, file.text, facts.on_disk(file.path), {}};
    if (restored.now == restored.text) continue;
    const std::string before = restored.now.value_or("");
    if (are_comparable(before, restored.text)) restored.diff = diff_lines(before, restored.text);
    restored.keep_now = restored.now && !facts.is_kept(file.path, *restored.now);
    restored.vouched = facts.is_vouched(file.path, file.text);
    plan.files.push_back(std::move(restored));
  }
  for (const config::SourceFile& file : now) {
    const bool known =
        std::any_of(wanted.begin(), wanted.end(),
                    [&](const config::SourceFile& other) { return other.path == file.path; });
    if (!known && file.identity.there) plan.unused.push_back(file.path);
  }
  return plan;
}

bool is_same_plan(const RollbackPlan& one, const RollbackPlan& other) {
  return std::equal(one.files.begin(), one.files.end(), other.files.begin(), other.files.end(),
                    [](const RestoredFile& file, const RestoredFile& same) {
                      return file.path == same.path && file.now == same.now &&
                             file.text == same.text;
                    });
}

std::vector<const RestoredFile*> unvouched(const RollbackPlan& plan) {
  std::vector<const RestoredFile*> found;
  for (const RestoredFile& file : plan.files) {
    if (!file.vouched) found.push_back(&file);
  }
  return found;
}

std::string digest_of_unvouched(const RollbackPlan& plan) {
  std::string all;
  for (const RestoredFile* file : unvouched(plan)) {
    all += sha256_of(file->text) + sha256_of(file->path);
  }
  return sha256_of(all);
}

}  // namespace postern::ctl
