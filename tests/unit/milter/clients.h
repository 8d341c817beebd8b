// Who connects in the tests of the milter.
#pragma once

#include "common/base/ip_address.h"

namespace postern::milter {

inline const IpAddress kClient = IpAddress::parse("192.0.2.1").value();
inline const IpAddress kBanned = IpAddress::parse("192.0.2.66").value();

}  // namespace postern::milter
