// Pieces of the lines of MTAs: words, and what stands between angle brackets. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/words.h"
#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

// A queue id as Postfix (short: hexadecimal; long: letters and digits) and sendmail have it. Not
// `NOQUEUE`.
bool is_queue_id(std::string_view text);

// `4QbJ1x0ghqz1x: ` from the front. Nothing, and `text` stays: there is none.
std::optional<std::string_view> take_queue_id(std::string_view& text);

// What stands in front of `end`, and takes both. Nothing, and `text` stays: `end` is not in it.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end);

// `name[192.0.2.7]`, `unknown[unknown]`, `name[2001:db8::1]:41234`, postscreen's
// `[192.0.2.7]:41234`; sendmail's `name [192.0.2.7] (may be forged)`, whose name is not confirmed.
// Nothing: it is none of these.
std::optional<LoggedClient> read_client(std::string_view text);

// The queue id under which a message goes on, in what was said of a delivery: `250 2.0.0 Ok: queued
// as ID` of Postfix, `forwarded as ID` of its local(8), `ID Message accepted for delivery` of
// sendmail. Empty: none.
std::string_view goes_on_as(std::string_view said);

// Without the pair of angle brackets around it.
std::string_view without_brackets(std::string_view text);

}  // namespace postern::ctl
