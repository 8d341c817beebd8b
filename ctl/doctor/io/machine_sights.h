// Looks at everything beside the MTAs' files that findings are about. Blocks, for a bounded time.
#pragma once

#include "common/settings.h"
#include "ctl/doctor/wiring.h"

namespace postern {

struct MachineFiles {
  std::string hosts = "/etc/hosts";
  // Of which a chrooted SMTP server has copies below the queue directory.
  std::vector<std::string> copied = {"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"};
};

Sights look_at_machine(Wiring wiring, const DnsSettings& dns, const MachineFiles& files = {});

}  // namespace postern
