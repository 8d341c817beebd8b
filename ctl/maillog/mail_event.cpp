#include "ctl/maillog/mail_event.h"

#include "common/base/ip_scope.h"

namespace postern::ctl {

bool LoggedClient::is_inside() const {
  if (!address) return false;
  const IpScope scope = scope_of(*address);
  return scope == IpScope::loopback || scope == IpScope::private_use ||
         scope == IpScope::link_local;
}

}  // namespace postern::ctl
