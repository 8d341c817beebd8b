// What a daemon said, read without trust in its form: what is missing or of another type counts as
// nothing. Texts are safe for a terminal. Pure.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/diagnostic.h"
#include "common/base/utc_date.h"

namespace postern::ctl {

std::string text_of(const boost::json::object& object, std::string_view key);
std::uint64_t count_of(const boost::json::object& object, std::string_view key);
double number_of(const boost::json::object& object, std::string_view key);
bool is_true(const boost::json::object& object, std::string_view key);
const boost::json::object& object_of(const boost::json::object& object, std::string_view key);
const boost::json::array& array_of(const boost::json::object& object, std::string_view key);
// An item of an array as an object.
const boost::json::object& as_object(const boost::json::value& value);

// The `diagnostics` of a reload.
Diagnostics diagnostics_of(const boost::json::object& reload);

}  // namespace postern::ctl
