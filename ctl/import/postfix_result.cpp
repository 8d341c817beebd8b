#include "ctl/import/postfix_result.h"

#include <algorithm>

#include "common/ascii_case.h"
#include "ctl/import/access_table.h"
#include "ctl/import/table_lines.h"
#include "rules/action.h"

namespace postern {
namespace {

// postconf(5): access_map_reject_code, access_map_defer_code.
constexpr int kRejectCode = 554;
constexpr int kDeferCode = 450;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// How long a `$1`, `${1}` or `$(1)` at the start of `text` is; 0 if there is none.
std::size_t reference_length(std::string_view text) {
  if (text.size() < 2 || text[0] != '$') return 0;
  const bool open = text[1] == '{' || text[1] == '(';
  std::size_t i = open ? 2 : 1;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == (open ? 2U : 1U)) return 0;
  return open ? (i < text.size() ? i + 1 : 0) : i;
}

bool has_reference(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') continue;
    if (reference_length(text.substr(i)) > 0) return true;
    if (text.substr(i + 1).starts_with('$')) ++i;
  }
  return false;
}

// `$$` is a dollar sign.
std::string without_references(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t length = reference_length(text.substr(i)); length > 0) {
      i += length;
    } else {
      if (text.substr(i).starts_with("$$")) ++i;
      result += text[i++];
    }
  }
  for (std::string_view empty : {"()", "[]", "<>", "''", "\"\""}) {
    const std::size_t at = result.find(empty);
    if (at != std::string::npos) result.erase(at, empty.size());
  }
  return result;
}

class ResultReader {
 public:
  ResultReader(std::string_view text, Substitution substitution)
      : verb_(cut_word(trimmed(text)).word), rest_(cut_word(trimmed(text)).rest) {
    if (substitution == Substitution::none) {
      text_ = rest_;
    } else {
      refers_ = has_reference(rest_);
      text_ = without_references(rest_);
    }
  }

  Result<ReadOutcome> read() {
    auto outcome = read_verb(ascii_lower(verb_));
    if (outcome && refers_) {
      outcome->changes.emplace_back(
          "the text is imported without what $1 stands for: a Postern reply cannot quote what "
          "matched");
    }
    return outcome;
  }

 private:
  Result<ReadOutcome> read_verb(const std::string& verb) {
    if (verb.empty()) return failure("no action");
    if (verb == "ok" || verb == "permit" || verb == "relay" || all_digits_alone()) return pass();
    if (verb == "dunno") return nothing();
    if (verb == "reject") return refusal(kRejectCode, {}, text_);
    if (verb == "defer") return refusal(kDeferCode, {}, text_);
    if (verb == "discard" || verb == "hold") return with_log_text(verb, text_);
    if (verb == "warn" || verb == "info") return with_log_text("log", text_);
    if (verb == "defer_if_permit") return defer_if_permit();
    if (verb == "prepend") return prepend();
    if (verb_.size() == 3 && all_digits(verb_)) return refusal(number(), {}, text_);
    return failure(why_not(verb));
  }

  [[nodiscard]] bool all_digits_alone() const { return all_digits(verb_) && rest_.empty(); }
  [[nodiscard]] int number() const {
    return 100 * (verb_[0] - '0') + 10 * (verb_[1] - '0') + (verb_[2] - '0');
  }

  // Anything more is a list of restrictions.
  Result<ReadOutcome> pass() {
    if (!rest_.empty() && ascii_lower(verb_) == "permit") return failure(why_not("restrictions"));
    return ReadOutcome{{{"pass"}, Outcome::Ends::table}, {}};
  }

  Result<ReadOutcome> nothing() { return ReadOutcome{shield(), {}}; }

  Result<ReadOutcome> defer_if_permit() {
    auto deferred = refusal(kDeferCode, {}, text_);
    if (deferred) {
      deferred->changes.emplace_back(
          "DEFER_IF_PERMIT lets what comes later still refuse for good; in Postern the defer "
          "decides");
    }
    return deferred;
  }

  Result<ReadOutcome> prepend() {
    if (refers_) return failure("a header with $1 in it; Postern cannot quote what matched");
    const std::string action = "prepend " + quoted(text_);
    auto outcome = outcome_of(action);
    if (!outcome) return tl::unexpected(outcome.error());
    return ReadOutcome{*outcome, {}};
  }

  static std::string why_not(const std::string& verb) {
    if (verb == "defer_if_reject") {
      return "DEFER_IF_REJECT changes what comes later, which a Postern action does not";
    }
    for (std::string_view mta : {"filter", "redirect", "bcc", "hangup"}) {
      if (verb == mta) return verb + " is the MTA's business, not Postern's; leave it to Postfix";
    }
    return "'" + verb +
           "' is a restriction or a restriction class of Postfix's main.cf, which Postern does not "
           "know";
  }

  std::string_view verb_;
  std::string_view rest_;
  std::string text_;
  bool refers_ = false;
};

}  // namespace

Result<ReadOutcome> read_postfix_result(std::string_view text, Substitution substitution) {
  return ResultReader(text, substitution).read();
}

Result<ReadOutcome> read_postscreen_result(std::string_view text, const Outcome& on_permit) {
  const std::string verb = ascii_lower(trimmed(text));
  if (verb == "permit") return ReadOutcome{on_permit, {}};
  // What postscreen_denylist_action = enforce answers.
  if (verb == "reject") return refusal(550, "5.3.2", "Service currently unavailable");
  if (verb == "dunno") return ReadOutcome{shield(), {}};
  return failure("'" + std::string(trimmed(text)) + "' is none of permit, reject and dunno");
}

}  // namespace postern
