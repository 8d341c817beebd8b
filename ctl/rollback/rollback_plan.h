// What has to change on disk for a kept generation to be there again. Pure: texts come from the
// caller.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ctl/rollback/line_diff.h"
#include "server/config/generation_store.h"

namespace postern::ctl {

struct RestoredFile {
  std::string path;
  std::string text;                // as it is to be
  std::optional<std::string> now;  // as it is; none: it is not there
  std::optional<LineDiff> diff;    // none: too long to be compared
  bool keep_now = false;           // what is there is in no kept generation: it has to be saved
  bool vouched = false;            // `text` has stood there by the will of the owner of the rules
};

struct RollbackPlan {
  std::vector<RestoredFile> files;  // those that differ
  std::vector<std::string> unused;  // list files of now that the generation does not know
};

// What is known of files outside of the plan.
struct PlanFacts {
  // Reads a file that may not be among those of the present rules.
  std::function<std::optional<std::string>(const std::string& path)> on_disk;
  using HasText = std::function<bool(const std::string& path, const std::string& text)>;
  HasText is_kept;     // a copy in a generation can be read, and is that
  HasText is_vouched;  // ctl/rollback/vouched_texts.h
};

// `wanted`: the texts of the generation. `now`: the files of the present rules, in any state.
RollbackPlan plan_rollback(const std::vector<config::SourceFile>& wanted,
                           const std::vector<config::SourceFile>& now, const PlanFacts& facts);

// Whether two plans for the same generation write the same over the same.
bool is_same_plan(const RollbackPlan& one, const RollbackPlan& other);

// Those that nobody vouches for.
std::vector<const RestoredFile*> unvouched(const RollbackPlan& plan);

// Of the texts that nobody vouches for, with their places: who repeats it means these and no other.
std::string digest_of_unvouched(const RollbackPlan& plan);

// The generation before number `of`, none when there is no earlier one. One that came of a rollback
// (StoredGeneration::rollback_of) counts as the one that it brought back, so that a second rollback
// goes one further and not to what the first has undone. Equal texts alone mean nothing: what was
// blocked and unblocked came of two changes, and the last of them is undone.
std::optional<std::uint64_t> generation_before(const std::vector<config::StoredGeneration>& kept,
                                               std::uint64_t of);

// What the rule file and its lists are, beside what runs.
enum class OnDisk { what_runs, something_else };

// The generation that a rollback without a number is to. When the files are those that a rollback
// has put there (`restored`, server/config/rollback_mark.h), whether a daemon has taken them yet or
// not: the one before that. Else what runs, when it is kept and the files are something else, as
// after an edit that was refused; else the one before. None: there is none.
std::optional<std::uint64_t> number_to_restore(const std::vector<config::StoredGeneration>& kept,
                                               std::uint64_t running, OnDisk on_disk,
                                               std::optional<std::uint64_t> restored);

}  // namespace postern::ctl
