// Looks at everything beside the MTAs' files that findings are about. Blocks, for a bounded time.
#pragma once

#include "ctl/doctor/wiring.h"
#include "server/config/settings.h"

namespace postern::doctor {

struct MachineFiles {
  std::string hosts = "/etc/hosts";
  // Of which a chrooted SMTP server has copies below the queue directory.
  std::vector<std::string> copied = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"};
};

Sights look_at_machine(Wiring wiring, const resolver::DnsSettings& dns,
                       const MachineFiles& files = {});

}  // namespace postern::doctor
