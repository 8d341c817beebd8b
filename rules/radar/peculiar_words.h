// Which labels, local parts and HELO names can be the mark of a campaign at all. Pure; what is told
// apart here is in lower case.
#pragma once

#include <string_view>

namespace postern::radar {

// The left-most label of `domain`, when it stands below `registrable` and is not one that hosts and
// mailings have everywhere (`mail`, `bounce`, `news`, `mta3`). Empty: it says nothing.
std::string_view peculiar_label(std::string_view domain, std::string_view registrable);

// `local`, when it is no role (`info`, `noreply`), has no digits, no `=` and no `+` (as addresses
// that are made for one message have them), and is not the local part of `recipient`. Else empty.
std::string_view peculiar_local_part(std::string_view local, std::string_view recipient);

// `helo`, when it is no address literal. Else empty.
std::string_view peculiar_helo(std::string_view helo);

}  // namespace postern::radar
