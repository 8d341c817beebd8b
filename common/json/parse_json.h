// Reads JSON that came from outside. Pure; Boost.JSON without its exceptions.
#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "common/base/result.h"

namespace postern::json {

using namespace boost::json;

// Whether strings have to be UTF-8 (RFC 8259, section 8.1), or may hold any bytes as they are: what
// Postern has written itself of files that people edit.
enum class StringBytes { utf8, any };

// `text` as RFC 8259 has it, nested 32 deep at most. Of equal keys in one object the last counts.
// The error says where: `found no JSON at byte 12: syntax error`.
Result<boost::json::value> parse_json(std::string_view text,
                                      StringBytes strings = StringBytes::utf8);

}  // namespace postern::json
