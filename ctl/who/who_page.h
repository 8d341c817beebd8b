// Who has received what, for a person, for a program, and as addresses to write to. Pure; what came
// from strangers is escaped.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/who/receipts.h"

namespace postern::ctl {

// A row for each receipt.
std::string who_rows(const std::vector<Receipt>& receipts);
// `192 delivered to 171 people, 9 deferred, 1834 refused (adp 1830, not by Postern 4)`
std::string who_sum(const std::vector<Receipt>& receipts);
// Each once, one a line, in order.
std::string who_recipients(const std::vector<Receipt>& receipts);
boost::json::object who_json(const std::vector<Receipt>& receipts);

}  // namespace postern::ctl
