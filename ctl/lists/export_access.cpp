#include "ctl/lists/export_access.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/ip_network.h"
#include "common/base/overloaded.h"
#include "rules/model/token.h"

namespace postern::ctl {
namespace {

ExportedLines key(std::string text) {
  return std::vector<std::string>{std::move(text)};
}

// What both access maps know beside a reply.
struct ResultWords {
  std::string_view pass;
  std::string_view discard;
  std::string_view hold;
};

// Postfix: DUNNO, because OK would end the list of restrictions with a permit.
constexpr ResultWords kPostfixWords{"DUNNO", "DISCARD", "HOLD"};
constexpr ResultWords kSendmailWords{"OK", "DISCARD", "QUARANTINE:"};

std::string with_text(std::string_view word, std::string_view text) {
  const bool joined = word.ends_with(':') || text.empty();
  return std::string(word) + (joined ? "" : " ") + std::string(text);
}

// A token stands for one decision of Postern's: without one it is a dash everywhere.
Result<std::string> plain_text(std::string text) {
  for (auto at = text.find(kTokenPlaceholder); at != std::string::npos;
       at = text.find(kTokenPlaceholder)) {
    text.replace(at, kTokenPlaceholder.size(), "-");
  }
  if (text.find('{') == std::string::npos) return text;
  return failure("its text has a placeholder, which only Postern fills in: " + text);
}

template <class Reply>
Result<std::string> result_of(const Action& action, const ResultWords& words, Reply reply) {
  return std::visit(
      Overloaded{
          [&](const Pass&) -> Result<std::string> { return std::string(words.pass); },
          [&](const Reject& reject) { return plain_text(reject.reply.to_string()).map(reply); },
          [&](const Defer& defer) { return plain_text(defer.reply.to_string()).map(reply); },
          [&](const Discard& discard) -> Result<std::string> {
            // sendmail's takes none.
            const bool takes_text = words.hold == kPostfixWords.hold;
            return plain_text(with_text(words.discard, takes_text ? discard.text : ""));
          },
          [&](const Hold& hold) { return plain_text(with_text(words.hold, hold.text)); },
          [&](const auto&) -> Result<std::string> {
            return failure("its action is '" + std::string(to_string(kind_of(action))) +
                           "', which only Postern has");
          }},
      action);
}

Result<std::string> postfix_result(const Action& action) {
  return result_of(action, kPostfixWords, [](std::string text) { return text; });
}

// `550 5.7.1 text` to `ERROR:5.7.1:550 text`.
Result<std::string> sendmail_result(const Action& action) {
  return result_of(action, kSendmailWords, [](const std::string& text) {
    const std::size_t first = text.find(' ');
    const std::size_t second = text.find(' ', first + 1);
    if (second == std::string::npos) return "ERROR:\"" + text + "\"";
    return "ERROR:" + text.substr(first + 1, second - first - 1) + ":" + text.substr(0, first) +
           text.substr(second);
  });
}

bool is_regex(std::string_view value) {
  return value.starts_with('~');
}

Error only_regex() {
  return Error{"a regular expression, which such a table cannot hold"};
}

// The number of octets (IPv4) or 16-bit groups (IPv6) that an address begins with; none: the
// network does not end there.
std::optional<int> whole_parts(const IpNetwork& network) {
  const bool v4 = network.first().is_v4();
  const int bits = network.mapped_prefix_length() - (v4 ? 96 : 0);
  const int part = v4 ? 8 : 16;
  if (bits == 0 || bits % part != 0) return std::nullopt;
  return bits / part;
}

std::string beginning_of_v4(const IpAddress& first, int octets) {
  std::string text;
  for (int i = 0; i < octets; ++i) {
    const unsigned octet = first.v4() >> (24 - 8 * i) & 0xff;
    text += (i == 0 ? "" : ".") + std::to_string(octet);
  }
  return text;
}

std::vector<std::string> v6_groups(const IpAddress& first, int count) {
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const unsigned high = first.bytes()[2 * i];
    const unsigned low = first.bytes()[2 * i + 1];
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), high << 8 | low, 16).ptr;
    groups.emplace_back(digits.begin(), end);
  }
  return groups;
}

// Whether the text of an address that begins so may leave zeros of it out (RFC 5952).
bool may_be_compressed(const std::vector<std::string>& groups) {
  const auto zeros = std::adjacent_find(
      groups.begin(), groups.end(),
      [](const std::string& one, const std::string& next) { return one == "0" && next == "0"; });
  return groups.back() == "0" || zeros != groups.end();
}

// `192.0.2`, `2001:db8:0:7`: what access maps compare the beginning of an address with. Postfix has
// the text of an IPv6 address without its zeros, sendmail from 8.15 on has all eight groups.
Result<std::string> address_beginning(std::string_view value, Parents parents) {
  constexpr int kGroups = 8;
  const auto network = IpNetwork::parse(value);
  if (!network) return tl::unexpected(network.error());
  const auto parts = whole_parts(*network);
  if (!parts) return failure("a network that does not end with a whole part; --format cidr has it");
  const IpAddress& first = network->first();
  if (first.is_v4()) return beginning_of_v4(first, *parts);
  if (*parts == kGroups && parents != Parents::sendmail) return first.to_string();
  const auto groups = v6_groups(first, *parts);
  if (parents != Parents::sendmail && may_be_compressed(groups)) {
    return failure(
        "zeros, which the text of an address within it leaves out; --format cidr has it");
  }
  std::string text;
  for (const std::string& group : groups) text += (text.empty() ? "" : ":") + group;
  return text;
}

// The keys of a name, a pattern or an address, in an indexed access map.
ExportedLines domain_keys(std::string_view value, Parents parents) {
  const bool dotted = parents == Parents::dotted;
  if (value.ends_with(".*"))
    return failure("a beginning of a name, which such a table cannot hold");
  if (value.starts_with("*.")) {
    if (!dotted) return failure("names below one without itself, which such a table cannot hold");
    return key(std::string(value.substr(1)));
  }
  if (value.starts_with('.')) {
    if (!dotted) return key(std::string(value.substr(1)));
    return std::vector<std::string>{std::string(value.substr(1)), std::string(value)};
  }
  if (dotted) return key(std::string(value));
  return failure(std::string("the table would match the names below it, too") +
                 (parents == Parents::postfix ? "; --format postfix-access-dotted does not" : ""));
}

ExportedLines address_keys(std::string_view value, Parents parents) {
  if (value == "<>") return key(std::string(value));
  if (value.starts_with('@')) return domain_keys(value.substr(1), parents);
  return key(std::string(value));
}

ExportedLines access_keys(const ExportedEntry& entry, Parents parents) {
  if (is_regex(entry.value)) return tl::unexpected(only_regex());
  switch (entry.kind) {
    case lists::ListKind::network: {
      auto beginning = address_beginning(entry.value, parents);
      if (!beginning) return tl::unexpected(beginning.error());
      return key(*std::move(beginning));
    }
    case lists::ListKind::domain:
      return domain_keys(entry.value, parents);
    case lists::ListKind::address:
      return address_keys(entry.value, parents);
    case lists::ListKind::text:
      break;
  }
  return failure("a text, which such a table cannot hold");
}

ExportedLines with_result(ExportedLines keys, const Result<std::string>& result,
                          std::string_view before) {
  if (!keys) return keys;
  if (!result) return tl::unexpected(result.error());
  for (std::string& key : *keys) key.insert(0, before).append("\t").append(*result);
  return keys;
}

}  // namespace

ExportedLines postfix_access_lines(const ExportedEntry& entry, Parents parents) {
  return with_result(access_keys(entry, parents), postfix_result(entry.action), "");
}

ExportedLines sendmail_access_lines(const ExportedEntry& entry) {
  if (entry.value == "<>") return failure("the null sender, which has no key there");
  std::string tag;
  if (entry.attribute == Attribute::client) tag = "Connect:";
  if (entry.attribute == Attribute::sender || entry.attribute == Attribute::sender_domain) {
    tag = "From:";
  }
  if (entry.attribute == Attribute::recipient || entry.attribute == Attribute::recipient_domain) {
    tag = "To:";
  }
  if (tag.empty()) {
    return failure("compared with " + std::string(to_string(entry.attribute)) +
                   ", for which sendmail has no tag");
  }
  const auto network = IpNetwork::parse(entry.value);
  if (entry.kind == lists::ListKind::network && network && !network->first().is_v4())
    tag += "IPv6:";
  return with_result(access_keys(entry, Parents::sendmail), sendmail_result(entry.action), tag);
}

ExportedLines postfix_cidr_lines(const ExportedEntry& entry) {
  if (entry.kind != lists::ListKind::network) {
    return failure("no network, which is all that such a table can hold");
  }
  return with_result(key(entry.value), postfix_result(entry.action), "");
}

}  // namespace postern::ctl
