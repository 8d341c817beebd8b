// What a rollback says: the plan, line by line, before anything is written; and what was written.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/rollback/restore_files.h"
#include "ctl/rollback/rollback_plan.h"
#include "server/config/generation_store.h"

namespace postern::ctl {

enum class Tense { would, will };

// Of a text that is vouched for the first lines that change, and how many more there are; of any
// other all of them.
void print_plan(const config::StoredGeneration& generation, const RollbackPlan& plan, Tense tense,
                const CommandContext& context);

// Whether print_plan() shows all that changes in what nobody vouches for: it can be compared, has
// few enough lines, and none that only moved.
bool can_be_shown(const RollbackPlan& plan);

void print_written(const WrittenFiles& written, const CommandContext& context);

boost::json::object json_of_plan(const config::StoredGeneration& generation,
                                 const RollbackPlan& plan, const std::vector<std::string>& saved);

}  // namespace postern::ctl
