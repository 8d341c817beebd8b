#include "common/base/mail_address.h"

#include <utility>

#include "common/base/bounce_tag.h"

namespace postern {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string_view without_brackets(std::string_view text) {
  const bool bracketed = text.size() >= 2 && text.front() == '<' && text.back() == '>';
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

// `@one,@two` of a source route: names only, none of them empty.
bool is_route(std::string_view hops) {
  while (!hops.empty()) {
    const std::string_view hop = hops.substr(0, hops.find(','));
    if (hop.size() < 2 || hop.front() != '@' || hop.find_first_of("@\"", 1) != kNone) return false;
    if (hop.size() == hops.size()) return true;
    hops.remove_prefix(hop.size() + 1);
  }
  return false;
}

std::string_view without_route(std::string_view text) {
  const std::size_t colon = text.find(':');
  // A route to nobody stays: it must not turn into the null sender.
  if (colon == kNone || colon + 1 == text.size()) return text;
  return is_route(text.substr(0, colon)) ? text.substr(colon + 1) : text;
}

struct QuotedString {
  std::string content;
  std::string_view rest;
};

// RFC 5321 4.1.2 Quoted-string at the start of `text`, of any bytes.
std::optional<QuotedString> take_quoted(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  std::string content;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return QuotedString{std::move(content), text.substr(i + 1)};
    if (text[i] == '\\' && ++i == text.size()) break;
    content += text[i];
  }
  return std::nullopt;
}

// The normalised form of `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
std::optional<std::string> normalised_literal(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
  if (!address) return std::nullopt;
  return (address->is_v4() ? "[" : "[IPv6:") + address->to_string() + ']';
}

// Without an `@` or `%` at the end that divides nothing.
std::string_view without_empty_end(std::string_view text) {
  const bool has_end =
      text.ends_with('@') || (text.ends_with('%') && text.find_first_of("@!") == kNone);
  if (!has_end) return text;
  const std::string_view rest = text.substr(0, text.find_last_not_of("@%") + 1);
  return rest.find('@') != kNone || old_style_address(rest) ? rest : text;
}

}  // namespace

std::optional<HostAndUser> old_style_address(std::string_view text) {
  if (text.find('@') != kNone) return std::nullopt;
  HostAndUser parts;
  if (const std::size_t bang = text.find('!', 1); bang != kNone && text.front() != '!') {
    parts = {text.substr(0, bang), text.substr(bang + 1)};
  } else if (const std::size_t percent = text.rfind('%'); percent != kNone) {
    parts = {text.substr(percent + 1), text.substr(0, percent)};
  }
  if (parts.host.empty()) return std::nullopt;
  return parts;
}

MailAddress MailAddress::from_envelope(std::string_view text) {
  text = without_route(without_brackets(text));
  if (text.empty()) return {};
  // Only when the string is the whole local part: Postfix's internal form is not quoted, and there
  // a quote is a character like any other.
  if (auto quoted = take_quoted(text)) {
    if (quoted->rest.empty()) return from_parts(quoted->content, std::nullopt);
    if (quoted->rest.rfind('@') == 0) {
      return from_parts(quoted->content, quoted->rest.substr(1));
    }
  }
  return from_internal(text);
}

MailAddress MailAddress::from_internal(std::string_view text) {
  const std::string_view divided = without_empty_end(text);
  const std::size_t at = divided.rfind('@');
  const auto old = old_style_address(divided);
  MailAddress address = at != kNone ? from_parts(divided.substr(0, at), divided.substr(at + 1))
                        : old       ? from_parts(old->user, old->host)
                                    : from_parts(divided, std::nullopt);
  if (old || divided.size() < text.size()) address.given_ = text;
  return address;
}

MailAddress MailAddress::from_parts(std::string_view local_part,
                                    std::optional<std::string_view> domain) {
  MailAddress address;
  address.local_part_ = local_part;
  address.tag_length_ = bounce_tag_length(local_part);
  address.text_.reserve(local_part.size() + 1 + domain.value_or("").size());
  address.text_ += local_part;
  if (!domain) {
    address.kind_ = Kind::local_only;
    return address;
  }
  address.text_ += '@';
  if (const auto literal = normalised_literal(*domain)) {
    address.kind_ = Kind::address_literal;
    address.text_ += *literal;
  } else if (auto name = DomainName::parse(*domain)) {
    address.kind_ = Kind::domain;
    address.domain_ = std::move(*name);
    address.text_ += address.domain_.text();
  } else {
    address.kind_ = Kind::malformed_domain;
    address.text_ += *domain;
  }
  return address;
}

}  // namespace postern
