// What a message header field says, for comparing it with lists and patterns: its text with the
// encoded words decoded (RFC 2047), and the mailboxes of an address field (RFC 5322 3.4, RFC 6532).
//
// `raw` is the body of one field as a milter receives it: any bytes, lines still folded. Any bytes
// give a value. Pure; safe from any thread; the locale does not matter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/mail_address.h"

namespace postern::mime {

// Bytes of a field that are looked at, and of a text that comes back; cut between characters. What
// lies behind counts as not there. So long is a To: with a thousand addresses.
inline constexpr std::size_t kMaxHeaderText = 32768;
inline constexpr std::size_t kMaxMailboxes = 20;

struct HeaderText {
  // `cut`: there is more in the field than the text says.
  enum class Extent { whole, cut };
  std::string text;
  Extent extent = Extent::whole;
};

// Valid UTF-8 without line breaks or NUL, and without blanks at the ends; other control characters
// may be in it. A byte that is not part of a UTF-8 character is taken as Latin-1, which is what
// unlabelled mail mostly is: `caf\xe9` is found by the pattern for `café`. Encoded words are
// decoded wherever they stand, in quoted strings and comments as well, because mail programs show
// them so. What is no character in a word's character set becomes U+FFFD; a word in a set that the
// C library does not know counts as unlabelled. The text around it stays.
HeaderText decode_header_text(std::string_view raw);

// The mailboxes of From:, Sender: or Reply-To:, in order: groups opened, display names, comments
// and routes dropped. Nothing is decoded first, so an encoded word never turns into an address.
//
// No address that a mail program may show is left out because the field breaks the grammar: what
// stands before `<` or `:` is a name (`a@b <c@d>` is c@d alone), but every other word with an `@`
// between other characters is a mailbox: `<a@b> <c@d>` and `a@b c@d` are two, `x a..b@c` is a..b@c.
// The last `@` divides (MailAddress::from_envelope). Quotes and comments that are never closed
// count as blanks. Never the null sender or an address without domain: those give nothing.
std::vector<MailAddress> header_mailboxes(std::string_view raw);

}  // namespace postern::mime
