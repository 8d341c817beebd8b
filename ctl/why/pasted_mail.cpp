#include "ctl/why/pasted_mail.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ascii_case.h"
#include "ctl/lists/guards.h"
#include "ctl/maillog/line_fields.h"
#include "rules/model/token.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxFields = 1000;
constexpr std::size_t kMaxAddresses = 20;

using FieldLine = std::pair<std::string, std::string>;  // name in lower case, value still folded

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

// The `Name: value` line of `line`; nothing: it is none.
std::optional<FieldLine> field_in(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon))) return std::nullopt;
  return FieldLine{ascii_lower(line.substr(0, colon)), without_blanks(line.substr(colon + 1))};
}

// Every such line of `text`, or those up to the first line that is none.
enum class Reach { everywhere, header };
std::vector<FieldLine> fields_of(std::string_view text, Reach reach) {
  std::vector<FieldLine> fields;
  bool open = false;  // the line before was one, and this one may go on with it
  while (!text.empty() && fields.size() < kMaxFields) {
    const std::string_view line = take_line(text);
    if (open && !line.empty() && (line[0] == ' ' || line[0] == '\t')) {
      fields.back().second.append("\n").append(line);
      continue;
    }
    auto field = field_in(line);
    open = field.has_value();
    if (field) {
      fields.push_back(std::move(*field));
    } else if (reach == Reach::header) {
      return fields;
    }
  }
  return fields;
}

// The values of the fields of that name.
std::vector<std::string> values_of(const std::vector<FieldLine>& fields, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [field, value] : fields) {
    if (field == name) values.push_back(value);
  }
  return values;
}

bool is_part_of_address(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view(".!#$%&*+-/=?^_`{|}~@").find(c) != std::string_view::npos;
}

void add_once(std::vector<std::string>& addresses, std::string_view address) {
  const bool known = std::find(addresses.begin(), addresses.end(), address) != addresses.end();
  if (!known && addresses.size() < kMaxAddresses) addresses.emplace_back(address);
}

// Every word of it with an `@` between other characters.
void add_addresses(std::string_view text, std::vector<std::string>& addresses) {
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_part_of_address(text[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < text.size() && is_part_of_address(text[end])) ++end;
    while (end > at + 1 && text[end - 1] == '.') --end;
    if (begin < at && end > at + 1) add_once(addresses, text.substr(begin, end - begin));
    at = end - 1;
  }
}

// A soft line break of quoted-printable (RFC 2045 6.7) goes, and every other one and all blanks
// become one blank, so that a text is found in it.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("=\n") || rest.starts_with("=\r\n")) {
      i += rest[1] == '\n' ? 1 : 2;
    } else if (std::string_view(" \t\r\n").find(text[i]) == std::string_view::npos) {
      out += text[i];
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `550 5.7.1 ` or `550-5.7.1 `, where one stands.
bool has_reply(std::string_view text) {
  for (std::size_t i = 0; i + 10 <= text.size(); ++i) {
    const std::string_view word = text.substr(i, 10);
    if ((word[0] == '4' || word[0] == '5') && is_digit(word[1]) && is_digit(word[2]) &&
        (word[3] == ' ' || word[3] == '-') && word[4] == word[0] && word[5] == '.' &&
        is_digit(word[6]) && (i == 0 || !is_digit(text[i - 1]))) {
      return true;
    }
  }
  return false;
}

// `rfc822; joe@box.example`
std::string_view behind_type(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  return without_brackets(
      without_blanks(semicolon == std::string_view::npos ? value : value.substr(semicolon + 1)));
}

void add_senders(const std::vector<FieldLine>& fields, std::vector<std::string>& senders) {
  for (const std::string& value : values_of(fields, "x-postfix-sender")) {
    add_once(senders, behind_type(value));
  }
  // A bounce goes to the sender; what it returns comes from the sender.
  for (const char* name : {"return-path", "to", "from"}) {
    for (const std::string& value : values_of(fields, name)) {
      std::vector<std::string> addresses;
      add_addresses(value, addresses);
      for (const std::string& address : addresses) {
        if (!ascii_lower(address).starts_with("mailer-daemon@")) add_once(senders, address);
      }
    }
  }
}

// `from HELO (name [192.0.2.7]) by mx.box.example (Postfix) with ESMTP id 4F2kz for <c@d>; date`
struct ReceivedField {
  LoggedClient client;
  std::string helo;
  std::string id;
  std::string recipient;
};

std::optional<ReceivedField> read_received(std::string_view value) {
  const std::string line = on_one_line(value);
  std::string_view rest = line;
  if (!rest.starts_with("from ")) return std::nullopt;
  rest.remove_prefix(std::string_view("from ").size());
  ReceivedField received;
  received.helo = rest.substr(0, rest.find(' '));
  if (!take_until(rest, "(")) return std::nullopt;
  std::size_t end = rest.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  ++end;
  constexpr std::string_view kForged = " (may be forged)";
  if (rest.substr(end).starts_with(kForged)) end += kForged.size();
  const auto client = read_client(rest.substr(0, end));
  if (!client || !client->address) return std::nullopt;
  received.client = *client;
  std::string_view id = rest;
  if (take_until(id, " id ")) received.id = id.substr(0, id.find_first_of(" ;"));
  std::string_view recipient = rest;
  if (take_until(recipient, " for ")) {
    received.recipient = without_brackets(recipient.substr(0, recipient.find_first_of(" ;")));
  }
  return received;
}

// `quote *k7m3f2*!`
std::string_view without_marks(std::string_view word) {
  constexpr std::string_view kMarks = ".!?*_`";
  const std::size_t begin = word.find_first_not_of(kMarks);
  if (begin == std::string_view::npos) return {};
  return word.substr(begin, word.find_last_not_of(kMarks) - begin + 1);
}

// A word that has the form of a token.
struct TokenWord {
  std::string_view text;
  bool has_digit = false;
  bool is_quoted = false;  // `quote` stands before it
};

template <class Each>
void for_each_token(std::string_view text, Each each) {
  bool is_quoted = false;
  while (!text.empty()) {
    // Names of hosts and ids have parts that look like one.
    const auto end = std::find_if_not(text.begin(), text.end(), is_part_of_address);
    const auto size = static_cast<std::size_t>(end - text.begin());
    const std::string_view word = without_marks(text.substr(0, size));
    text.remove_prefix(std::max<std::size_t>(1, size));
    if (word.empty()) continue;
    if (is_token(word)) {
      each(TokenWord{word, std::any_of(word.begin(), word.end(), is_digit), is_quoted});
    }
    is_quoted = word == "quote";
  }
}

bool is_own_host(const IpAddress& address) {
  return own_network_hit(lists::ListKind::network, address.to_string()).has_value();
}

}  // namespace

std::string token_in(std::string_view text) {
  std::string found;
  std::string quoted;
  for_each_token(text, [&](const TokenWord& word) {
    if (word.has_digit && found.empty()) found = word.text;
    if (word.is_quoted && quoted.empty()) quoted = word.text;
  });
  return quoted.empty() ? found : quoted;
}

std::string token_quoted_in(std::string_view text) {
  std::string quoted;
  for_each_token(text, [&](const TokenWord& word) {
    if (word.has_digit && word.is_quoted && quoted.empty()) quoted = word.text;
  });
  return quoted;
}

std::optional<Clue> read_bounce(std::string_view text) {
  const auto fields = fields_of(text, Reach::everywhere);
  Clue clue;
  clue.kind = Clue::Kind::bounce;
  clue.said = on_one_line(text);
  clue.id = token_in(clue.said);
  for (const char* name : {"final-recipient", "original-recipient"}) {
    for (const std::string& value : values_of(fields, name)) {
      if (value.find(';') != std::string::npos) add_once(clue.recipients, behind_type(value));
    }
  }
  if (clue.recipients.empty()) {
    if (!has_reply(clue.said)) return std::nullopt;
    add_addresses(text, clue.recipients);
    if (clue.recipients.empty()) return std::nullopt;
  }
  add_senders(fields, clue.senders);
  return clue;
}

std::optional<Clue> read_message(std::string_view text) {
  if (text.starts_with("From ")) take_line(text);
  const auto fields = fields_of(text, Reach::header);
  const bool has_header = std::any_of(fields.begin(), fields.end(), [](const FieldLine& field) {
    return field.first == "from" || field.first == "received" || field.first == "return-path";
  });
  if (!has_header) return std::nullopt;
  Clue clue;
  clue.kind = Clue::Kind::message;
  for (const std::string& value : values_of(fields, "received")) {
    const auto received = read_received(value);
    if (!received || is_own_host(*received->client.address)) continue;
    clue.client = received->client.address;
    clue.client_name = received->client.name;
    clue.helo = received->helo;
    clue.id = received->id;
    if (!received->recipient.empty()) clue.recipients.push_back(received->recipient);
    break;
  }
  for (const std::string& value : values_of(fields, "return-path")) {
    if (clue.senders.empty()) clue.senders.emplace_back(without_brackets(value));
  }
  for (const char* name : {"x-original-to", "delivered-to"}) {
    for (const std::string& value : values_of(fields, name)) {
      if (clue.recipients.empty()) clue.recipients.emplace_back(without_brackets(value));
    }
  }
  clue.headers.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    clue.headers.push_back(name);
    clue.headers.back().append(": ").append(value);
  }
  return clue;
}

}  // namespace postern::ctl
