// Any bytes give an address, and the address written as an SMTP client would gives the same again.
#include "common/base/mail_path.h"

#include <algorithm>

#include "tests/fuzz/require.h"

namespace postern::mail_address_fuzz {
namespace {

std::string_view behind_local_part(const MailAddress& address) {
  return std::string_view(address.text()).substr(address.local_part().size());
}

// RFC 5321 4.1.2, with a local part that is always quoted.
std::string external_form(const MailAddress& address) {
  if (address.is_null()) return "<>";
  std::string quoted;
  for (const char c : address.local_part()) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "<\"" + quoted + '"' + std::string(behind_local_part(address)) + '>';
}

void check_kind(const MailAddress& address) {
  using Kind = MailAddress::Kind;
  const Kind kind = address.kind();
  const std::string_view rest = behind_local_part(address);
  require(address.text().starts_with(address.local_part()));
  require(address.domain().empty() == (kind != Kind::domain));
  require(address.is_null() == (kind == Kind::null_sender));
  require(rest.empty() == (kind == Kind::null_sender || kind == Kind::local_only));
  if (address.is_null()) require(address == MailAddress());
  if (kind == Kind::domain) require(rest.substr(1) == address.domain().text());
  if (kind == Kind::address_literal) require(rest.starts_with("@[") && rest.ends_with(']'));
  if (kind == Kind::malformed_domain) require(!DomainName::parse(rest.substr(1)).has_value());
  require(address.text().ends_with(address.untagged()));
  require(address.local_part().ends_with(address.untagged_local_part()));
  require(address.has_tag() == (address.untagged() != address.text()));
}

// The argument of MAIL or RCPT, with and without a macro: the MTA's reading is one of an envelope.
void check_path(std::string_view text) {
  const MailAddress alone = read_path(text, std::nullopt);
  check_kind(alone);
  require(alone.given().size() <= text.size());
  const std::string_view path = text.substr(0, text.find('\n'));
  const std::string_view macro = text.substr(std::min(path.size() + 1, text.size()));
  const MailAddress told = read_path(path, macro);
  check_kind(told);
  require(told == read_path(path, std::nullopt) || told == read_path(macro, std::nullopt));
  if (alone.kind() == MailAddress::Kind::malformed_domain) return;
  require(read_path(external_form(alone), std::nullopt) == alone);
}

void check(std::string_view text) {
  const MailAddress address = MailAddress::from_envelope(text);
  check_kind(address);
  require(MailAddress::from_envelope(external_form(address)) == address);
  check_path(text);
}

}  // namespace
}  // namespace postern::mail_address_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::mail_address_fuzz::check(postern::as_text(data, size));
  return 0;
}
