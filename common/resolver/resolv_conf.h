// The name servers of a resolv.conf(5). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/diagnostic.h"
#include "common/dns/dns_server.h"

namespace postern::resolver {

// In the order of `text`, each once, at most 16 (the C library stops at three); none when none is
// named that can be asked. Understands more than resolv.conf(5) does: ports, as DnsServer::parse()
// has them. Whatever else stands in it and is not used becomes a warning at its place in `file`.
// Nothing is said of what makes no difference here: `search`, `domain` and `sortlist`, because a
// name is asked as it stands, and options that ask for what is done anyway.
dns::DnsServerGroup parse_resolv_conf(std::string_view text, const std::string& file,
                                      Diagnostics& diagnostics);

}  // namespace postern::resolver
