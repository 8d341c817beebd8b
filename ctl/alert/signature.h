// How a webhook's receiver knows who has sent an alert, and when (docs/alerts.md). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/utc_date.h"

namespace postern::ctl {

// `v1=` and 64 hexadecimal digits: HMAC-SHA-256 (RFC 2104) by `key` over the seconds since 1970 in
// decimal digits, a dot, and the body.
std::string signature_of(std::string_view key, UtcTime time, std::string_view body);

}  // namespace postern::ctl
