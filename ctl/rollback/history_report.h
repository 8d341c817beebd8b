// An entry of the history as people and programs see it.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "ctl/rollback/edit_history.h"

namespace postern::ctl {

// `ann (pts/3)`
std::string who(const Caller& caller);

// When, who, the command and how many lines of which file.
void print_entry(const HistoryEntry& entry, const EditHistory& history,
                 const CommandContext& context);
boost::json::object json_of(const HistoryEntry& entry, const EditHistory& history,
                            const config::Settings& settings);

}  // namespace postern::ctl
