// The way out for text that came from outside: nothing from a client, DNS or a rule file reaches a
// log line or an SMTP reply without passing here. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

// Appends `value` as one logfmt value: bare when it is plain (visible ASCII without space, `"`, `=`
// and backslash), else in double quotes with \" \\ and \xNN. Valid UTF-8 beyond ASCII is kept
// inside quotes; every control character, DEL, C1 control, separator of lines (U+2028, U+2029),
// override of the direction of writing and invalid byte becomes \xNN, and so does the `=` of what
// would look like a field of its own (` rule=`) to one who does not heed the quotes. At most
// `max_bytes` of the value are shown; a cut value ends in `...` inside the quotes.
// An empty value is `""`.
void append_log_value(std::string& out, std::string_view value, std::size_t max_bytes = 256);

// The same as a JSON string, with its quotes: each such byte is `\xNN` as a text, in JSON "\\xNN",
// and so is a backslash that would look like the beginning of one. Thus it can be taken back.
void append_json_value(std::string& out, std::string_view value, std::size_t max_bytes = 256);
// Whether that is the text itself between quotes: printable ASCII without quotes and backslashes.
bool is_plain_in_json(std::string_view text);
// Takes it back, once a JSON parser has read the string: the value, as far as it was not cut.
std::string without_json_escapes(std::string_view text);

// `text` with every control character, DEL, C1 control, separator of lines, override of the
// direction and byte that is not UTF-8 as \xNN: one line for a terminal or a log.
std::string printable(std::string_view text);

// JSON that is written already, for a terminal: DEL and every character that printable() escapes is
// \uNNNN, as RFC 8259 has it, and what is no UTF-8 the character for that, \ufffd. A program reads
// the same text. REQUIRES: such bytes stand in strings only, and no sequence is cut.
std::string safe_json(std::string_view json);

// `value` cut to `max_bytes` with every byte that is not visible ASCII or a space replaced by `?`:
// safe inside an SMTP reply line (RFC 5321 4.2) and a header body.
std::string reply_safe(std::string_view value, std::size_t max_bytes = 256);

}  // namespace postern
