#include "common/mail_address.h"

#include <optional>
#include <utility>

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

struct Parts {
  std::string local_part;
  std::optional<std::string_view> domain;
};

Parts split(std::string_view text) {
  // Only when the string is the whole local part: Postfix's internal form is not quoted, and there
  // a quote is a character like any other.
  if (auto quoted = take_quoted(text)) {
    if (quoted->rest.empty()) return {std::move(quoted->content), std::nullopt};
    if (quoted->rest.rfind('@') == 0) return {std::move(quoted->content), quoted->rest.substr(1)};
  }
  const std::size_t at = text.rfind('@');
  if (at == kNone) return {std::string(text), std::nullopt};
  return {std::string(text.substr(0, at)), text.substr(at + 1)};
}

// The normalised form of `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
std::optional<std::string> normalised_literal(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
  if (!address) return std::nullopt;
  return (address->is_v4() ? "[" : "[IPv6:") + address->to_string() + ']';
}

}  // namespace

MailAddress MailAddress::from_envelope(std::string_view text) {
  MailAddress address;
  text = without_brackets(text);
  if (text.empty()) return address;

  Parts parts = split(without_route(text));
  address.local_part_ = std::move(parts.local_part);
  address.text_ = address.local_part_;
  if (!parts.domain) {
    address.kind_ = Kind::local_only;
    return address;
  }
  address.text_ += '@';
  if (const auto literal = normalised_literal(*parts.domain)) {
    address.kind_ = Kind::address_literal;
    address.text_ += *literal;
  } else if (auto domain = DomainName::parse(*parts.domain)) {
    address.kind_ = Kind::domain;
    address.domain_ = std::move(*domain);
    address.text_ += address.domain_.text();
  } else {
    address.kind_ = Kind::malformed_domain;
    address.text_ += *parts.domain;
  }
  return address;
}

}  // namespace postern
