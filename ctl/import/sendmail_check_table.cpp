#include "ctl/import/sendmail_check_table.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/domain_name.h"
#include "ctl/import/address_word.h"
#include "ctl/import/re2_pattern.h"
#include "ctl/import/table_lines.h"

namespace postern::import {
namespace {

constexpr std::string_view kIpv6 = "ipv6:";
// The steps of Connect:, and those of From: and To:.
constexpr std::size_t kHosts = 0;
constexpr std::size_t kBracketed = 1;
constexpr std::size_t kNetworks = 2;
constexpr std::size_t kAddresses = 0;
constexpr std::size_t kDomains = 1;

std::vector<TableStep> steps_for(SendmailCheck check) {
  if (check == SendmailCheck::connect) {
    return {{"names", "client_name", lists::ListKind::domain, {}, {}},
            {"unnamed", "client", lists::ListKind::network, {}, {{"client_name", "~."}}},
            {"networks", "client", lists::ListKind::network, {}, {}}};
  }
  const std::string about = check == SendmailCheck::from ? "sender" : "recipient";
  return {{"addresses", about, lists::ListKind::address, {}, {}},
          {"domains", about + "_domain", lists::ListKind::domain, {}, {}}};
}

Result<std::string> network_of(std::string_view key) {
  if (key == "ipv6") {
    return failure("'IPv6' alone is every client with an IPv6 address; write a rule for them");
  }
  if (key.starts_with(kIpv6)) return ipv6_groups(key.substr(kIpv6.size()), Ipv6Text::full);
  if (key.find(':') != key.npos) {
    return failure("sendmail writes IPv6 addresses with 'IPv6:' in front, and never looks up '" +
                   std::string(key) + "'");
  }
  return ipv4_octets(key);
}

// `fe80`, `2a02`: a network in other programs, here the end of a name.
bool looks_like_group(std::string_view key) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return key.size() <= 4 && key.find_first_not_of("0123456789abcdef") == key.npos &&
         std::any_of(key.begin(), key.end(), is_digit) &&
         !std::all_of(key.begin(), key.end(), is_digit);
}

// More expressions than this for user+detail would cost more than they are worth.
constexpr std::size_t kMaxDetails = 500;

// user+anything at the domain, or at any.
std::string detail_pattern(const std::string& user, const std::string& of_domain) {
  const std::string start = "~^" + literal_pattern(user).substr(1) + "\\+[^@]*";
  if (of_domain.empty()) return start + "(@|$)";
  return start + "@" + literal_pattern(of_domain).substr(1) + "$";
}

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

bool is_sendmail_client_address(std::string_view key) {
  return key == "ipv6" || key.starts_with(kIpv6) || looks_like_octets(key) || key.starts_with('[');
}

SendmailCheckTable::SendmailCheckTable(SendmailCheck check, ImportLog& log)
    : check_(check),
      outcomes_([check](std::string_view text) { return read_sendmail_result(text, check); }, log),
      log_(log),
      keys_(steps_for(check), log) {}

bool SendmailCheckTable::takes(const std::string& key) const {
  return check_ != SendmailCheck::connect || key.find('@') == std::string::npos;
}

Outcome SendmailCheckTable::add(const TableLine& line, const std::string& key,
                                std::string_view result) {
  if (key.find('@') != std::string::npos && ascii_lower(result) == "skip") {
    log_.refuse(line, result, "SKIP is for hosts, domains and networks");
    return no_op();
  }
  Outcome outcome = outcomes_.read(line, result);
  auto placed = place(key);
  if (!placed && outcome.severity() == 0) {
    if (auto wider = place_wider(key)) {
      log_.warn(line, line.text, placed.error().text + "; imported, since it lets mail in");
      placed = std::move(*wider);
    }
  }
  std::string fault =
      placed ? value_fault(keys_.steps()[placed->step].kind, placed->value) : placed.error().text;
  if (!fault.empty()) {
    log_.refuse(line, line.text, fault + what_it_leaves(outcome));
    return no_op();
  }
  keys_.add(placed->step, placed->value, outcome, line);
  warn_of(line, key);
  return outcome;
}

std::vector<std::string> SendmailCheckTable::write(const std::string& name, Imported& imported) {
  if (check_ != SendmailCheck::connect) add_details(keys_.steps()[kAddresses].entries, log_);
  return add_table(name, keys_.steps(), imported);
}

Result<SendmailCheckTable::Placed> SendmailCheckTable::place(const std::string& key) const {
  const auto in = [](std::size_t step) {
    return [step](std::string value) { return Placed{step, std::move(value)}; };
  };
  if (check_ != SendmailCheck::connect) {
    return place_sendmail_address(key).map([](SendmailKey placed) {
      const bool is_domain = placed.kind == SendmailKey::Kind::domain;
      return Placed{is_domain ? kDomains : kAddresses, std::move(placed.value)};
    });
  }
  // The name of a client that has none is its address in brackets.
  if (key.starts_with('[') && key.ends_with(']')) {
    return network_of(std::string_view(key).substr(1, key.size() - 2)).map(in(kBracketed));
  }
  if (is_sendmail_client_address(key)) return network_of(key).map(in(kNetworks));
  return place_sendmail_domain(key).map(in(kHosts));
}

// An IPv6 network in another spelling than sendmail's, taken for what is meant.
std::optional<SendmailCheckTable::Placed> SendmailCheckTable::place_wider(
    const std::string& key) const {
  if (check_ != SendmailCheck::connect || !key.starts_with(kIpv6)) return std::nullopt;
  auto meant = ipv6_groups(std::string_view(key).substr(kIpv6.size()), Ipv6Text::any);
  if (!meant) return std::nullopt;
  return Placed{kNetworks, std::move(*meant)};
}

void SendmailCheckTable::warn_of(const TableLine& line, const std::string& key) {
  if (check_ == SendmailCheck::to && key.ends_with('@')) {
    log_.warn(line, line.text,
              "sendmail compares a key 'user@' with recipients in its own domains (class w); "
              "Postern does with all");
  }
  if (check_ == SendmailCheck::connect && looks_like_group(key)) {
    log_.warn(line, line.text,
              "'" + key +
                  "' is the end of a name here; sendmail looks up an IPv6 network as "
                  "'IPv6:" +
                  key + "'");
  }
}

Result<SendmailKey> place_sendmail_address(const std::string& key) {
  using Kind = SendmailKey::Kind;
  if (key.find('@') == std::string::npos) {
    return place_sendmail_domain(key).map([](std::string value) {
      return SendmailKey{Kind::domain, std::move(value)};
    });
  }
  if (key.starts_with('@')) return failure("sendmail looks up 'domain', never '@domain'");
  const std::size_t at = key.rfind('@');
  const std::string of_domain = key.substr(at + 1);
  const Kind kind = of_domain.empty() ? Kind::user : Kind::address;
  if (kind == Kind::user && key.find('+') != std::string::npos) {
    return failure("'user+detail@' is looked up in an order that Postern has not");
  }
  if (at > 2 && key.substr(at - 2, 2) == "+*") {
    return SendmailKey{kind, detail_pattern(key.substr(0, at - 2), of_domain)};
  }
  if (is_meant_as_addresses(of_domain)) return failure(no_name_but_addresses(of_domain));
  const auto parsed = DomainName::parse(of_domain);
  return SendmailKey{kind, parsed ? key.substr(0, at + 1) + parsed->text() : key};
}

Result<std::string> place_sendmail_domain(const std::string& key) {
  if (is_meant_as_addresses(key)) return failure(no_name_but_addresses(key));
  const auto name = DomainName::parse(key);
  if (!name || key.ends_with('.')) return failure("'" + key + "' is no name");
  return "." + name->text();
}

void add_details(std::vector<TableEntry>& entries, ImportLog& log) {
  if (entries.size() > kMaxDetails) {
    log.note(
        "addresses are compared without regard to +detail by sendmail; there are too "
        "many here for that");
    return;
  }
  std::vector<TableEntry> users;
  const std::size_t exact = entries.size();
  for (std::size_t i = 0; i < exact; ++i) {
    const TableEntry entry = entries[i];
    if (entry.value.find('+') != std::string::npos) continue;
    const std::size_t at = entry.value.rfind('@');
    const std::string of_domain = entry.value.substr(at + 1);
    (of_domain.empty() ? users : entries)
        .push_back({detail_pattern(entry.value.substr(0, at), of_domain), entry.outcome});
  }
  entries.insert(entries.end(), users.begin(), users.end());
}

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
