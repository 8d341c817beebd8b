#include "ctl/import/sendmail_result.h"

#include "common/ascii_case.h"
#include "ctl/import/table_lines.h"

namespace postern {
namespace {

constexpr std::string_view kCodeDigits = "0123456789";

// `550 text`
Result<ReadOutcome> coded(std::string_view text, std::string_view enhanced) {
  text = trimmed(without_quotes(trimmed(text)));
  const WordAndRest words = cut_word(text);
  if (words.word.size() != 3 || words.word.find_first_not_of(kCodeDigits) != words.word.npos) {
    return failure("'" + std::string(text) +
                   "' begins with no reply code; want OK, RELAY, REJECT, DISCARD, SKIP, "
                   "QUARANTINE:text, ERROR:550 text or ERROR:5.7.1:550 text");
  }
  const int code = 100 * (words.word[0] - '0') + 10 * (words.word[1] - '0') + (words.word[2] - '0');
  return refusal(code, enhanced, words.rest);
}

// `5.7.1:550 text`, `550 text`
Result<ReadOutcome> error(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view front = trimmed(text.substr(0, colon));
  const bool is_enhanced = colon != text.npos && front.find('.') != front.npos &&
                           front.find_first_not_of("0123456789.") == front.npos;
  if (!is_enhanced) return coded(text, {});
  return coded(text.substr(colon + 1), front);
}

Result<ReadOutcome> rejected(SendmailCheck check) {
  return check == SendmailCheck::to ? refusal(550, "5.2.1", "Mailbox disabled for this recipient")
                                    : refusal(550, "5.7.1", "Access denied");
}

// Of the sender it spares the look-up of the sender's domain; nothing else in Postern is like what
// it spares at the other checks.
ReadOutcome accepted(SendmailCheck check) {
  if (check != SendmailCheck::from) return {shield(), {}};
  return {{{"skip sender_mx"}, Outcome::Ends::table}, {}};
}

}  // namespace

Result<ReadOutcome> read_sendmail_result(std::string_view text, SendmailCheck check) {
  text = trimmed(text);
  const std::string lower = ascii_lower(text);
  if (lower == "ok") return accepted(check);
  if (lower == "relay") {
    ReadOutcome read = accepted(check);
    read.changes.emplace_back(
        "RELAY is imported as OK: whom it relays for stays the MTA's business");
    return read;
  }
  if (lower == "reject") return rejected(check);
  if (lower == "discard") return with_log_text("discard", {});
  if (lower == "skip") return ReadOutcome{{{}, Outcome::Ends::step}, {}};
  constexpr std::string_view kQuarantine = "quarantine:";
  if (lower.starts_with(kQuarantine)) {
    return with_log_text("hold", without_quotes(trimmed(text.substr(kQuarantine.size()))));
  }
  constexpr std::string_view kError = "error:";
  if (lower.starts_with(kError)) return error(trimmed(text.substr(kError.size())));
  return coded(text, {});
}

}  // namespace postern
