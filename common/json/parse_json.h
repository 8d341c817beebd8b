// Reads JSON that came from outside. Pure; Boost.JSON without its exceptions.
#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "common/base/result.h"

namespace postern::json {

using namespace boost::json;

// `text` as RFC 8259 has it, nested 32 deep at most. Of equal keys in one object the last counts.
// The error says where: `found no JSON at byte 12: syntax error`.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace postern::json
