// What a daemon says of its shadow, for a person: where the candidate differs, and nothing of where
// it does not. Pure.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>

#include "common/base/utc_date.h"

namespace postern::ctl {

// `shadow`: of docs/control.md. Of the examples the newest `examples`, the oldest of them first.
std::string shadow_text(const boost::json::object& shadow, const std::string& daemon,
                        std::size_t examples, UtcTime now);

// One decision that differs, as a line.
std::string example_line(const boost::json::object& example);

}  // namespace postern::ctl
