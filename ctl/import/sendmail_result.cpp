#include "ctl/import/sendmail_result.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "ctl/import/table_lines.h"

namespace postern::import {
namespace {

constexpr std::string_view kCodeDigits = "0123456789";

bool is_reply_code(std::string_view word) {
  return word.size() == 3 && word.find_first_not_of(kCodeDigits) == word.npos;
}

// REQUIRES: is_reply_code().
int number_of(std::string_view code) {
  return 100 * (code[0] - '0') + 10 * (code[1] - '0') + (code[2] - '0');
}

// What is odd about a value that only the last rule of each check takes (`$#error $: $1`).
std::vector<std::string> what_is_odd(std::string_view value) {
  std::vector<std::string> odd;
  const std::string refused = "sendmail refuses with 553 5.3.0 and the whole value as its text";
  const std::string verb = ascii_lower(cut_word(without_quotes(value)).word);
  if (value.starts_with('"')) {
    odd.push_back("the quotes are a part of the value, which therefore is a text: " + refused);
  } else if (value.find('#') != value.npos) {
    odd.push_back("there are no comments behind a value, which therefore is a text: " + refused);
  } else {
    odd.push_back("no reply code: " + refused);
  }
  if (verb == "ok" || verb == "relay") odd.emplace_back("it does not let the mail in");
  return odd;
}

// As sendmail puts the words together again: nothing stays between a quoted one and the next.
std::string without_quoted_start(std::string_view text) {
  const std::size_t end = text.starts_with('"') ? text.find('"', 1) : text.npos;
  if (end == text.npos) return std::string(text);
  return std::string(text.substr(1, end - 1)) + std::string(trimmed(text.substr(end + 1)));
}

// `550 text`, or a text alone.
Result<ReadOutcome> text_of_error(std::string_view value, std::string_view text,
                                  std::string_view enhanced) {
  const std::string joined = without_quoted_start(trimmed(text));
  const WordAndRest words = cut_word(trimmed(joined));
  const bool coded = is_reply_code(words.word) && !words.rest.empty();
  std::vector<std::string> odd;
  if (!coded) {
    odd = what_is_odd(value);
  } else if (value.find(" #") != value.npos || value.find("\t#") != value.npos) {
    odd.emplace_back("there are no comments behind a value: it is a part of the reply's text");
  }
  auto read =
      coded ? refusal(number_of(words.word), enhanced, words.rest) : refusal(553, "5.3.0", joined);
  if (read) read->changes.insert(read->changes.begin(), odd.begin(), odd.end());
  return read;
}

// The `5.7.1` of `5.7.1:550 text`: any three words with dots between count as one.
std::string_view enhanced_code(std::string_view text) {
  const std::string_view front = text.substr(0, std::min(text.find(':'), text.size()));
  const bool is_one =
      front.size() < text.size() && std::count(front.begin(), front.end(), '.') == 2 &&
      front.find_first_of(" \t\"") == front.npos && front.find("..") == front.npos &&
      !front.starts_with('.') && !front.ends_with('.');
  return is_one ? front : std::string_view();
}

Result<ReadOutcome> error(std::string_view value, std::string_view text) {
  const std::string_view front = enhanced_code(text);
  if (front.empty()) return text_of_error(value, text, {});
  const bool is_known = front.find_first_not_of("0123456789.") == front.npos;
  return text_of_error(value, text.substr(front.size() + 1), is_known ? front : std::string_view());
}

Result<ReadOutcome> rejected(SendmailCheck check) {
  return check == SendmailCheck::to ? refusal(550, "5.2.1", "Mailbox disabled for this recipient")
                                    : refusal(550, "5.7.1", "Access denied");
}

// Of the sender it spares the look-up of the sender's domain; nothing else in Postern is like what
// it spares at the other checks.
ReadOutcome accepted(SendmailCheck check) {
  if (check != SendmailCheck::from) return {no_op(), {}};
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
  if (check == SendmailCheck::to && (lower == "spamfriend" || lower == "spamhater")) {
    return failure("it depends on FEATURE(`delay_checks') whether sendmail refuses because of '" +
                   std::string(text) + "'; want it behind Spam: as FRIEND or HATER");
  }
  constexpr std::string_view kQuarantine = "quarantine:";
  if (lower.starts_with(kQuarantine)) {
    return with_log_text("hold", without_quotes(trimmed(text.substr(kQuarantine.size()))));
  }
  constexpr std::string_view kError = "error:";
  if (lower.starts_with(kError)) return error(text, trimmed(text.substr(kError.size())));
  return text_of_error(text, text, {});
}

}  // namespace postern::import
