// Looks at everything beside the MTAs' files that findings are about. Blocks, for a bounded time.
#pragma once

#include "ctl/doctor/mta_config.h"
#include "server/config/settings.h"

namespace postern::doctor {

struct HostFiles {
  std::string hosts = "/etc/hosts";
  // Of which a chrooted SMTP server has copies below the queue directory.
  std::vector<std::string> copied = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"};
};

HostState check_host(MtaConfig mta, const resolver::DnsSettings& dns, const HostFiles& files = {});

}  // namespace postern::doctor
