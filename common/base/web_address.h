// Where a webhook may be sent. Pure.
#pragma once

#include <string_view>

#include "common/base/result.h"

namespace postern {

// `https://alerts.example.org/postern?to=mail`, `https://[2001:db8::1]:8443/x`; over plain HTTP
// only to a loopback address: `http://127.0.0.1:8080/x`. Without a user, a fragment, blanks and
// what is not ASCII. Error: it is no such address, and what would be right.
Result<void> check_web_address(std::string_view text);

}  // namespace postern
