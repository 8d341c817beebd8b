// Makes a candidate the rules of the installation: its texts in the place of theirs, as one change
// that the history has and `undo` takes back. Blocks on files and on the daemons' sockets.
#pragma once

#include <string>

#include "ctl/cli/command.h"
#include "ctl/rollback/rule_editor.h"
#include "ctl/shadow/candidate_files.h"

namespace postern::ctl {

// `candidate`: what was read of `file`. Its rule file goes in the place of the rule file in use,
// and each list below its folder to where that one finds it; a list elsewhere is where it is
// already.
CtlExit promote(const std::string& file, const CandidateFiles& candidate, EditPurpose purpose,
                const CommandContext& context);

}  // namespace postern::ctl
