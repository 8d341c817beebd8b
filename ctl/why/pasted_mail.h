// A bounce, and a mail with its header, as somebody has pasted or saved it: what it says of the
// envelope. Pure; every byte is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ctl/why/clue.h"

namespace postern::ctl {

// What a mail system reports when it could not deliver: the fields of a delivery status
// (RFC 3464 2.3), where there are some, else every address that stands in it, and its text.
// Nothing: neither such fields nor a reply of a server (RFC 5321 4.2) and an address stand in it.
std::optional<Clue> read_bounce(std::string_view text);

// A message (RFC 5322) that begins with its header, also behind the `From ` line of an mbox. Its
// envelope is that of the topmost Received: field that names a client that is no host of one's own
// (loopback, private, link-local), and of Return-Path:. Nothing: it does not begin with a header.
std::optional<Clue> read_message(std::string_view text);

// The token (rules/model/token.h) that a text quotes; empty: it has none. Behind `quote` any word
// of that form is one, as in the shipped replies, else one with a digit in it.
std::string token_in(std::string_view text);
// Of a text that may have another meaning, as a mail: only behind `quote`, and with a digit in it.
std::string token_quoted_in(std::string_view text);

}  // namespace postern::ctl
