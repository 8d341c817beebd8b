// What a record of a check is about: values of the transaction, in the form in which they are
// counted. Aliases of one are one: letters in lower case, addresses without a bounce tag and
// without `+detail`, an IPv6 client as its /64. What is longer than any address is its fingerprint.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/public_suffixes.h"
#include "common/yaml/config_map.h"
#include "rules/model/transaction.h"

namespace postern::checks {

// One value: an attribute, or a network made of the client.
struct KeyPart {
  std::string_view word;
  AttributeSet attributes;
  // Empty: the transaction has none, as of the null sender.
  std::string (*value)(const Transaction&);
};

// Null where no part is called so.
const KeyPart* find_key_part(std::string_view word);
// `client, client_network, ...`
std::string known_key_parts();

// The network of the client; empty without a client.
std::string client_network_of(const Transaction& transaction);
// What somebody has registered of the sender's domain: of a@news.shop.example it is shop.example.
// Empty: the sender is null, or has no domain but an address, nothing or no name.
std::string sender_organization_of(const Transaction& transaction, const PublicSuffixes& suffixes);
// The same for every sender but the null one: without a domain name what stands behind the `@`, or
// a dash.
std::string sender_party_of(const Transaction& transaction, const PublicSuffixes& suffixes);

class RecordKey {
 public:
  // Of the option `key`, and without that of `usual` (words; may be empty). Errors go to the
  // diagnostics of the options.
  static RecordKey read(yaml::ConfigMap& options, std::vector<std::string_view> usual);

  [[nodiscard]] AttributeSet attributes() const;
  // Whether it can tell one recipient of a message from another.
  [[nodiscard]] bool is_about_recipients() const;
  // Nothing where the transaction lacks one of them; and for clients on this machine or in a
  // private network, and those that have logged in, unless the user is a part.
  [[nodiscard]] std::optional<std::vector<std::string>> parts(const Transaction& transaction) const;

 private:
  std::vector<const KeyPart*> parts_;  // none: one record for the whole rule
  bool is_about_strangers_ = false;
};

}  // namespace postern::checks
