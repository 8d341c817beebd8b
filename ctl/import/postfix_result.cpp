#include "ctl/import/postfix_result.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/ascii_case.h"
#include "ctl/import/access_table.h"
#include "ctl/import/regexp_line.h"
#include "ctl/import/table_lines.h"
#include "rules/model/action.h"
#include "rules/model/reply_text.h"

namespace postern::import {
namespace {

// postconf(5): access_map_reject_code, access_map_defer_code.
constexpr int kRejectCode = 554;
constexpr int kDeferCode = 450;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// access(5), ENHANCED STATUS CODES: a code about an address, by its last number, as a sender's and
// as a recipient's; the last row stands for all others.
struct AddressStatus {
  std::string_view number;
  std::string_view sender;
  std::string_view recipient;
};

constexpr std::array<AddressStatus, 9> kAddressStatus = {{{"1", "0", "1"},
                                                          {"2", "8", "2"},
                                                          {"3", "7", "3"},
                                                          {"4", "0", "4"},
                                                          {"5", "0", "5"},
                                                          {"6", "0", "6"},
                                                          {"7", "7", "3"},
                                                          {"8", "8", "2"},
                                                          {"", "0", "0"}}};

std::string status_for(std::string_view status, ResultContext::Refused refused) {
  using Refused = ResultContext::Refused;
  const std::string status_class(status.substr(0, 1));
  if (status.substr(1, 3) != ".1.") return std::string(status);
  if (refused == Refused::other) return status_class + ".0.0";
  const auto is_this = [&](const AddressStatus& row) {
    return row.number.empty() || row.number == status.substr(4);
  };
  const auto row = std::find_if(kAddressStatus.begin(), kAddressStatus.end(), is_this);
  return status_class + ".1." +
         std::string(refused == Refused::sender ? row->sender : row->recipient);
}

// Names of restrictions as the right-hand side: `permit_auth_destination, reject`.
struct Reason {
  std::string_view name;  // a `*` at its end stands for any rest
  std::string_view why;
};

constexpr std::array<Reason, 18> kReasons = {{
    {"permit_mynetworks", "asks for mynetworks of main.cf; write a rule with a list of them"},
    {"permit_sasl_authenticated", "asks who has logged in; write a rule with 'authenticated:'"},
    {"permit_tls_*", "asks for a certificate, which Postern does not see; leave it to Postfix"},
    {"permit_*", "asks for something else than the table; leave it to Postfix"},
    {"reject_unknown_sender_domain", "is the check sender_mx in Postern; write a rule for it"},
    {"reject_unknown_client*", "asks for the client's name; write a rule with 'client_name:'"},
    {"reject_unknown_reverse_client_hostname",
     "asks for the client's name; write a rule with 'reverse_client_name:'"},
    {"reject_*", "asks for something else than the table; leave it to Postfix"},
    {"defer_if_reject", "changes what comes later, which a Postern action does not"},
    {"defer_if_permit", "changes what comes later, which a Postern action does not"},
    {"warn_if_reject", "only warns of what comes later; write a rule with 'mode: log'"},
    {"check_*", "asks another table or server; import that one"},
    {"sleep", "is 'delay' in Postern; write a rule for it"},
    {"filter", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"redirect", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"bcc", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"hangup", "is the MTA's business, not Postern's; leave it to Postfix"},
    {"*",
     "is a restriction or a restriction class of Postfix's main.cf, which Postern does not know"},
}};

std::string why_refused(const std::string& name) {
  const auto is_about = [&](const Reason& reason) {
    return reason.name.ends_with('*')
               ? name.starts_with(reason.name.substr(0, reason.name.size() - 1))
               : name == reason.name;
  };
  const auto reason = std::find_if(kReasons.begin(), kReasons.end(), is_about);
  const bool known = reason->name != "*";
  return (known ? name : "'" + name + "'") + " " + std::string(reason->why);
}

// What one restriction does with a recipient that Postfix takes mail for; nothing: the next is
// asked.
Result<std::optional<ReadOutcome>> read_one(const std::string& name) {
  if (name == "permit" || name == "permit_auth_destination") {
    return ReadOutcome{{{"pass"}, Outcome::Ends::table}, {}};
  }
  // postconf(5): reject_code, defer_code.
  if (name == "reject") return refusal(554, "5.7.1", "Access denied").value();
  if (name == "defer") return refusal(450, "4.3.2", "Try again later").value();
  if (name == "reject_unauth_destination" || name == "defer_unauth_destination") {
    return std::nullopt;
  }
  return failure(why_refused(name));
}

// What they come to for recipients that Postfix takes mail for: no other come to Postern's
// decision. Errors: what asks for something that the table does not say, with a way out.
Result<ReadOutcome> read_postfix_restrictions(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return failure("Postfix takes no lookup table here, and answers 451");
  }
  constexpr std::string_view kBetween = ", \t\r\n";
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
    if (text.empty()) return ReadOutcome{no_op(), {}};
    const std::size_t end = std::min(text.find_first_of(kBetween), text.size());
    const auto read = read_one(ascii_lower(text.substr(0, end)));
    if (!read) return tl::unexpected(read.error());
    if (*read) return **read;
    text.remove_prefix(end);
  }
}

class ResultReader {
 public:
  ResultReader(std::string_view text, const ResultContext& context)
      : whole_(trimmed(text)),
        verb_(cut_word(whole_).word),
        rest_(cut_word(whole_).rest),
        text_(rest_),
        context_(context) {}

  Result<ReadOutcome> read() {
    if (context_.substitution == ResultContext::Substitution::dollar) {
      auto references = read_references(rest_);
      if (!references) return tl::unexpected(references.error());
      text_ = std::move(references->text);
      refers_ = references->highest > 0;
    }
    auto outcome = read_verb(ascii_lower(verb_));
    if (!outcome) return outcome;
    if (lets_in(outcome->outcome) && context_.allowing == ResultContext::Allowing::forbidden) {
      return failure("Postfix takes no OK for a name that the client can choose, and answers 451");
    }
    if (refers_) {
      outcome->changes.emplace_back(
          "the text is imported without what $1 stands for: a Postern reply cannot quote what "
          "matched");
    }
    return outcome;
  }

 private:
  static bool lets_in(const Outcome& outcome) {
    return outcome.actions == std::vector<std::string>{"pass"};
  }

  Result<ReadOutcome> read_verb(const std::string& verb) {
    if (verb.empty()) return failure("no action");
    if (verb == "ok" || verb == "relay" || all_digits(whole_)) {
      return ReadOutcome{{{"pass"}, Outcome::Ends::table}, {}};
    }
    if (verb == "dunno") return ReadOutcome{no_op(), {}};
    if (verb == "reject") return refused(kRejectCode);
    if (verb == "defer") return refused(kDeferCode);
    if (verb == "discard") return with_log_text(verb, text_);
    if (verb == "hold") return hold();
    if (verb == "warn" || verb == "info") return with_log_text("log", text_);
    if (verb == "defer_if_permit") return defer_if_permit();
    if (verb == "prepend") return prepend();
    if (verb_.size() == 3 && all_digits(verb_)) return refused(number());
    if (is_for_the_mta(verb)) return read_postfix_restrictions(verb);
    return read_postfix_restrictions(whole_);
  }

  // Their arguments are no restrictions.
  static bool is_for_the_mta(const std::string& verb) {
    return verb == "filter" || verb == "redirect" || verb == "bcc" || verb == "hangup" ||
           verb == "defer_if_reject";
  }

  [[nodiscard]] int number() const {
    return 100 * (verb_[0] - '0') + 10 * (verb_[1] - '0') + (verb_[2] - '0');
  }

  [[nodiscard]] Result<ReadOutcome> refused(int code) const {
    const WordAndRest words = cut_word(trimmed(text_));
    if (!is_enhanced_code(words.word)) return refusal(code, {}, text_);
    return refusal(code, status_for(words.word, context_.refused), words.rest);
  }

  [[nodiscard]] ReadOutcome hold() const {
    ReadOutcome held = with_log_text("hold", text_);
    held.changes.emplace_back(
        "HOLD lets what comes later still refuse; in Postern the hold decides");
    return held;
  }

  [[nodiscard]] Result<ReadOutcome> defer_if_permit() const {
    auto deferred = refused(kDeferCode);
    if (deferred) {
      deferred->changes.emplace_back(
          "DEFER_IF_PERMIT lets what comes later still refuse for good; in Postern the defer "
          "decides");
    }
    return deferred;
  }

  [[nodiscard]] Result<ReadOutcome> prepend() const {
    if (refers_) return failure("a header with $1 in it; Postern cannot quote what matched");
    const std::string action = "prepend " + quote(text_);
    auto outcome = outcome_of(action);
    if (!outcome) return tl::unexpected(outcome.error());
    return ReadOutcome{*outcome, {}};
  }

  std::string_view whole_;
  std::string_view verb_;
  std::string_view rest_;
  std::string text_;
  ResultContext context_;
  bool refers_ = false;
};

}  // namespace

ResultContext ResultContext::of(std::string_view about, Substitution substitution) {
  const Refused refused = about == "sender"      ? Refused::sender
                          : about == "recipient" ? Refused::recipient
                                                 : Refused::other;
  // check_reverse_client_hostname_access.
  const Allowing allowing = about == "reverse_client_name" ? Allowing::forbidden : Allowing::taken;
  return {substitution, refused, allowing};
}

Result<ReadOutcome> read_postfix_result(std::string_view text, const ResultContext& context) {
  return ResultReader(text, context).read();
}

Result<ReadOutcome> read_postscreen_result(std::string_view text, const Outcome& on_permit) {
  const std::string_view whole = trimmed(text);
  const std::string verb = ascii_lower(whole.substr(0, whole.find_first_of(", \t")));
  if (verb == "permit") return ReadOutcome{on_permit, {}};
  // What postscreen_denylist_action = enforce answers.
  if (verb == "reject") return refusal(550, "5.3.2", "Service currently unavailable");
  if (verb == "dunno") return ReadOutcome{no_op(), {}};
  if (verb == "permit_mynetworks") return read_postfix_restrictions(verb);
  return failure("'" + verb + "' is none of permit, reject and dunno");
}

}  // namespace postern::import
