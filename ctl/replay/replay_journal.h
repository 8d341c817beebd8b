// A replay of the journal as one call, for commands that ask before something is done. Blocks on
// files.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "ctl/cli/command.h"

namespace postern::ctl {

struct JournalReplayed {
  std::string text;
  boost::json::object json;
  std::uint64_t good_mail_lost = 0;
};

// By the rules of `against` (as of Candidate), of the last `span`. Errors: as replay_journal();
// there is no decision of that time.
Result<JournalReplayed> replay_last(const std::string& against, std::chrono::milliseconds span,
                                    const CommandContext& context);

}  // namespace postern::ctl
