// A record of the journal for a person: the decision as its line of the log has it, then each fact
// that it rests on. Pure.
#pragma once

#include <string>

#include "rules/journal/record.h"

namespace postern::ctl {

// `2026-11-29T18:03:07Z decision door=policy stage=rcpt ...`, then below it, indented, a line for
// each DNS fact: `MX example.org: found 10 mx.example.org, ttl 3600s, from cache 12s old`. Ready
// for a terminal.
std::string record_page(const journal::JournalRecord& record);

}  // namespace postern::ctl
