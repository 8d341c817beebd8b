#include "rules/checks/record_key.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/base/fingerprint.h"
#include "common/base/holder_network.h"
#include "rules/checks/outside_client.h"

namespace postern::checks {
namespace {

// For a key of no part, so that it cannot be forgotten.
constexpr std::string_view kWholeRule = "rule";

// RFC 5321 4.5.3.1: 64 + 1 + 255. A stranger could have any number of bytes of a longer one kept.
constexpr std::size_t kMaxPart = 320;

std::string client_key(const Transaction& t) {
  if (!t.client) return {};
  return t.client->is_v4() ? t.client->to_string() : network_text(*t.client);
}

// Behind the `@`; a dash without one.
std::string domain_key(const std::optional<MailAddress>& address) {
  if (!address || address->is_null()) return {};
  const std::size_t at = address->text().rfind('@');
  const bool has_domain = address->kind() != MailAddress::Kind::local_only;
  return has_domain && at != std::string::npos ? ascii_lower(address->text().substr(at + 1)) : "-";
}

std::string address_key(const std::optional<MailAddress>& address) {
  if (!address || address->is_null()) return {};
  const std::string_view local = address->untagged_local_part();
  // A local part that begins with `+` has nothing in front of a detail.
  return ascii_lower(local.substr(0, local.find('+', 1))) + "@" + domain_key(address);
}

std::string bounded(std::string part) {
  if (part.size() > kMaxPart) part = fingerprint_of(part).to_string();
  return part;
}

constexpr std::array<KeyPart, 8> kKeyParts = {{
    {"client", attribute_set({Attribute::client}), client_key},
    {"client_network", attribute_set({Attribute::client}), client_network_of},
    {"helo", attribute_set({Attribute::helo}),
     [](const Transaction& t) { return ascii_lower(t.helo); }},
    {"sender", attribute_set({Attribute::sender}),
     [](const Transaction& t) { return address_key(t.sender); }},
    {"sender_domain", attribute_set({Attribute::sender_domain}),
     [](const Transaction& t) { return domain_key(t.sender); }},
    {"recipient", attribute_set({Attribute::recipient}),
     [](const Transaction& t) { return address_key(t.recipient); }},
    {"recipient_domain", attribute_set({Attribute::recipient_domain}),
     [](const Transaction& t) { return domain_key(t.recipient); }},
    {"sasl_username", attribute_set({Attribute::sasl_username}),
     [](const Transaction& t) { return ascii_lower(t.sasl_username); }},
}};

}  // namespace

const KeyPart* find_key_part(std::string_view word) {
  const auto* found = std::ranges::find(kKeyParts, word, &KeyPart::word);
  return found == kKeyParts.end() ? nullptr : found;
}

std::string known_key_parts() {
  std::string text;
  for (const KeyPart& part : kKeyParts) text.append(text.empty() ? "" : ", ").append(part.word);
  return text;
}

std::string client_network_of(const Transaction& transaction) {
  return transaction.client ? network_text(*transaction.client) : std::string();
}

std::string sender_organization_of(const Transaction& transaction, const PublicSuffixes& suffixes) {
  const auto& sender = transaction.sender;
  const bool has_domain = sender && sender->kind() == MailAddress::Kind::domain;
  return std::string(has_domain ? suffixes.registrable(sender->domain().text())
                                : std::string_view());
}

std::string sender_party_of(const Transaction& transaction, const PublicSuffixes& suffixes) {
  std::string organization = sender_organization_of(transaction, suffixes);
  return organization.empty() ? bounded(domain_key(transaction.sender)) : organization;
}

RecordKey RecordKey::read(yaml::ConfigMap& options, std::vector<std::string_view> usual) {
  RecordKey key;
  const bool is_there = options.find("key") != nullptr;
  const auto values = options.scalars("key");
  if (!is_there && usual.empty()) {
    options.diagnostics().error(
        options.where(),
        "key: " + yaml::found_want("nothing", "what is counted for itself: " + known_key_parts() +
                                                  ", or rule for one record of the whole rule"));
  }
  const auto add = [&](std::string_view word) {
    const KeyPart* part = find_key_part(word);
    if (part != nullptr) key.parts_.push_back(part);
    return part != nullptr;
  };
  if (!is_there) std::ranges::for_each(usual, add);
  for (const yaml::YamlNode* value : values) {
    if (add(value->text) || (value->text == kWholeRule && values.size() == 1)) continue;
    options.diagnostics().error(
        value->where,
        "key: " + yaml::found_want("'" + value->text + "'", known_key_parts() + ", or rule alone"));
  }
  const AttributeSet looked_at = key.attributes();
  key.is_about_strangers_ = looked_at.test(static_cast<std::size_t>(Attribute::client)) &&
                            !looked_at.test(static_cast<std::size_t>(Attribute::sasl_username));
  return key;
}

AttributeSet RecordKey::attributes() const {
  AttributeSet all = is_about_strangers_ ? kOutsideClient : AttributeSet{};
  for (const KeyPart* part : parts_) all |= part->attributes;
  return all;
}

bool RecordKey::is_about_recipients() const {
  return (attributes() & attribute_set({Attribute::recipient, Attribute::recipient_domain})).any();
}

std::optional<std::vector<std::string>> RecordKey::parts(const Transaction& transaction) const {
  if (is_about_strangers_ && outside_client(transaction) == nullptr) return std::nullopt;
  std::vector<std::string> values;
  values.reserve(parts_.size());
  for (const KeyPart* part : parts_) {
    values.push_back(bounded(part->value(transaction)));
    if (values.back().empty()) return std::nullopt;
  }
  return values;
}

}  // namespace postern::checks
