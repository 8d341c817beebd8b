#include "rules/never_match.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/utf8.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"

namespace postern {
namespace {

bool is_number(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_client_name(Attribute attribute) {
  return attribute == Attribute::client_name || attribute == Attribute::reverse_client_name;
}

// Whoever holds an address writes its reverse name, with any last label; but neither MTA takes a
// number alone for a name (Postfix: valid_hostname(), sendmail: hostnamebyanyaddr()).
bool can_end_in_number(Attribute attribute, std::string_view name) {
  const bool numbers_alone = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return attribute == Attribute::helo ||
         (attribute == Attribute::reverse_client_name && !numbers_alone);
}

// RFC 3696 2: a top-level domain is never a number, so that a name is never taken for an address.
std::optional<NeverMatch> why_no_name(Attribute attribute, std::string_view name) {
  if (!is_number(name.substr(name.rfind('.') + 1)) || can_end_in_number(attribute, name)) {
    return std::nullopt;
  }
  const std::string about(to_string(attribute));
  if (IpAddress::parse(name)) {
    return NeverMatch{"is an IP address, which no " + about + " is",
                      "it in a list of kind network"};
  }
  return NeverMatch{"ends in a number, as no " + about + " does (RFC 3696 2)", "a name"};
}

std::optional<NeverMatch> why_no_domain(Attribute attribute, const lists::DomainList& list,
                                        lists::EntryId id) {
  const lists::DomainPattern pattern = list.pattern(id);
  const std::string_view name = list.entries().key(id);
  if (pattern == lists::DomainPattern::regex) return std::nullopt;
  const bool needs_more =
      pattern == lists::DomainPattern::below || pattern == lists::DomainPattern::prefix;
  if (needs_more && name.size() + 2 > DomainName::kMaxLength) {
    return NeverMatch{"leaves no room for what it stands for: a name has at most " +
                          std::to_string(DomainName::kMaxLength) + " characters",
                      "the name alone"};
  }
  if (pattern == lists::DomainPattern::prefix) return std::nullopt;
  if (pattern == lists::DomainPattern::exact && name == "unknown" && is_client_name(attribute)) {
    const std::string about(to_string(attribute));
    return NeverMatch{"is no name: a client without one has no " + about,
                      "not: { " + about + ": '~.' }"};
  }
  if (pattern == lists::DomainPattern::exact || attribute != Attribute::reverse_client_name) {
    return why_no_name(attribute, name);
  }
  return std::nullopt;
}

// Addresses are compared as the MTA understood them, without the quotes of the local part and
// without a route: only what stands for itself then is ever found.
bool can_be_read(std::string_view key) {
  if (key.find_first_of("\"\\,:<>=!%") == std::string_view::npos) return true;
  lists::AddressList alone("alone");
  if (!alone.add(key, 0, {}) || !alone.build()) return true;
  const std::string address(key.ends_with('@') ? std::string(key) + "a.example" : std::string(key));
  return alone.find(MailAddress::from_envelope(address), UtcTime::min()) != lists::kNoEntry;
}

std::optional<NeverMatch> why_no_address(Attribute attribute, std::string_view key) {
  if (key.starts_with('~')) return std::nullopt;
  if (key == "<>") {
    if (attribute == Attribute::sender) return std::nullopt;
    return NeverMatch{
        "is the null sender, and a " + std::string(to_string(attribute)) + " is never empty",
        "an address"};
  }
  const std::string_view domain = key.substr(key.rfind('@') + 1);
  if (auto why = domain.empty() ? std::nullopt : why_no_name(attribute, domain)) {
    return NeverMatch{"has a domain that " + why->why, "user@ alone, or a ~regex"};
  }
  if (can_be_read(key)) return std::nullopt;
  std::string read = ascii_lower(MailAddress::from_envelope(key).local_part());
  return NeverMatch{"is compared as the MTA understands it, without quotes and route",
                    std::move(read) + "@" + std::string(domain)};
}

// RFC 5322 2.2: what a field says once it is unfolded and decoded (common/mime/header_text.h).
std::optional<NeverMatch> why_no_header(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  if (text.starts_with('~')) return std::nullopt;
  if (kBlanks.find(text.front()) != std::string_view::npos ||
      kBlanks.find(text.back()) != std::string_view::npos) {
    return NeverMatch{"has a blank at an end, where the text of a header field has none",
                      "it without"};
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (length == 0) {
      return NeverMatch{"is not UTF-8, as the text of a header field is", "it in UTF-8"};
    }
    rest.remove_prefix(length);
  }
  if (text.find_first_of("\r\n") == std::string_view::npos) return std::nullopt;
  return NeverMatch{"has a line break, where the text of a header field has none", "a blank there"};
}

std::optional<NeverMatch> why_not_told(lists::ClientFact fact, std::string_view text) {
  if (text.starts_with('~')) return std::nullopt;
  auto why = lists::why_no_fact(fact, text);
  if (!why) return std::nullopt;
  return NeverMatch{*std::move(why), fact == lists::ClientFact::country ? "DE" : "AS64500"};
}

}  // namespace

std::optional<NeverMatch> why_never_matches(Attribute attribute, const lists::List& list,
                                            lists::EntryId id) {
  switch (list.kind()) {
    case lists::ListKind::domain:
      return why_no_domain(attribute, static_cast<const lists::DomainList&>(list), id);
    case lists::ListKind::address:
      return why_no_address(attribute, list.entries().key(id));
    case lists::ListKind::text:
      if (attribute == Attribute::header) return why_no_header(list.entries().key(id));
      if (const auto fact = database_fact(attribute)) {
        return why_not_told(*fact, list.entries().key(id));
      }
      return std::nullopt;
    case lists::ListKind::network:
      return std::nullopt;  // what is no network is refused when it is read
  }
  return std::nullopt;
}

std::optional<NeverMatch> why_never_matches(const std::vector<Attribute>& attributes,
                                            const lists::List& list, lists::EntryId id) {
  std::optional<NeverMatch> first;
  for (const Attribute attribute : attributes) {
    auto why = why_never_matches(attribute, list, id);
    if (!why) return std::nullopt;
    if (!first) first = std::move(why);
  }
  return first;
}

std::vector<Attribute> attributes_compared_with(const lists::List& list,
                                                const std::vector<Predicate>& predicates) {
  std::vector<Attribute> found;
  for (const Predicate& predicate : predicates) {
    const bool compared =
        std::find(predicate.lists.begin(), predicate.lists.end(), &list) != predicate.lists.end();
    const bool known = std::find(found.begin(), found.end(), predicate.attribute) != found.end();
    if (compared && !known) found.push_back(predicate.attribute);
  }
  return found;
}

}  // namespace postern
