// What keeps a tired person from blocking half of the world: entries that match far more than
// anybody means. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/snapshot.h"

namespace postern::ctl {

// Why an entry, in canonical form, is absurdly broad: `*.com`, `~.`, 0.0.0.0/0. It matches a name
// that nobody has.
std::optional<std::string> why_too_broad(lists::ListKind kind, std::string_view entry);

// The popular domain (`well_known:` in the rule file) that an entry would hit, whole: one mailbox
// at a popular domain is no popular domain.
std::optional<std::string> popular_domain_hit(const Snapshot& snapshot, lists::ListKind kind,
                                              std::string_view entry, UtcTime now);

// The loopback or private network (RFC 1122, RFC 1918, RFC 4193, RFC 4291) that an entry of a
// network list is in, or holds: to a daemon these are the machines beside it.
std::optional<std::string> own_network_hit(lists::ListKind kind, std::string_view entry);

}  // namespace postern::ctl
