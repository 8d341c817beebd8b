// What keeps a tired person from blocking half of the world, and from what other rules undo: the
// safety limits of an entry, and its conflicts with what is there. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/lists/list_use.h"

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

// Whether the mail that an entry hits is to be kept out or let in.
enum class Intent { block, allow };

// An entry of `list` on one of `lines` that is there already with an action of its own, which is
// not what is wanted; told with its place.
std::optional<std::string> conflicting_entry(const lists::List& list, const std::vector<int>& lines,
                                             Intent intent);

// Rules in mode `enforce` above the first of `uses` that decide the other way about `value`, a text
// for each. `value` is an entry in canonical form of a list of kind `kind`. REQUIRES: `uses` is of
// `snapshot`, and not empty.
std::vector<std::string> decided_above(const Snapshot& snapshot, const std::vector<ListUse>& uses,
                                       lists::ListKind kind, const std::string& value,
                                       Intent intent, UtcTime now);

}  // namespace postern::ctl
