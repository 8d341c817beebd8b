// hosts(5): names that this machine knows without DNS. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"

namespace postern::doctor {

struct HostsLine {
  int number = 0;
  IpAddress address;
  std::vector<std::string> names;
};

struct HostsFile {
  std::vector<HostsLine> lines;  // that have an address and a name
};

// At most 1 MiB of it.
HostsFile read_hosts(std::string_view text);

}  // namespace postern::doctor
