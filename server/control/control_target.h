// Parses the target of a request of the control protocol: `/v1/cache?name=a.example`. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern::control {

using ControlParameters = std::map<std::string, std::string, std::less<>>;

struct ControlTarget {
  std::string path;
  ControlParameters parameters;  // percent-decoded; `+` is a plus sign (RFC 3986)
};

// Error: a parameter that is there twice or has no `=`, a percent sign without two digits, more
// parameters than any request has.
Result<ControlTarget> parse_control_target(std::string_view target);

}  // namespace postern::control
