// What an evaluation needs of names and addresses: where a domain-spec leads for this mail, which
// names the client has, and whether an address is its own. Pure; facts are asked for again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/spf/spf.h"
#include "rules/spf/spf_record.h"

namespace postern::spf {

// A name to ask about, in both its forms: of DNS, and of the macros, which have it as it is spelt.
struct Place {
  dns::DnsName name;
  std::string spelt{};  // empty: as the text of `name`
  [[nodiscard]] std::string_view octets() const { return spelt.empty() ? name.text() : spelt; }
};

// Where a domain-spec leads; without a place: to what is no name.
struct Target {
  std::optional<Place> place{};
  bool is_waiting = false;
};

struct Expansion {
  std::string text{};
  bool is_waiting = false;
};

// The names of the client that have its address.
struct ValidatedNames {
  std::vector<std::string> names{};
  bool is_waiting = false;
};

// Whether `name` is below `domain`.
bool is_name_below(std::string_view name, std::string_view domain);

class SpfNames {
 public:
  // Both outlive it.
  SpfNames(const Subject& subject, FactView& facts)
      : subject_(subject),
        facts_(facts),
        address_type_(subject.client.is_v4() ? dns::DnsType::a : dns::DnsType::aaaa) {}

  // A or AAAA: the client's family.
  [[nodiscard]] dns::DnsType address_type() const { return address_type_; }

  // Of the first ten (5.5), whatever DNS says of the others.
  ValidatedNames validated();
  // Why not all names that validated() had to look at are known; empty: they are.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  // The text with its macros replaced, `%{d}` being `place`.
  Expansion expand(std::string_view text, const Place& place);
  // An empty domain-spec is `place` itself.
  Target target_of(std::string_view domain_spec, const Place& place);

  // Whether the address is the client's, as far as the directive looks.
  [[nodiscard]] bool is_near(const IpAddress& address, const Directive& directive) const;
  [[nodiscard]] bool has_near(const dns::DnsAnswer& answer, const Directive& directive) const;

  // Whether `matched` is for everybody, or one of networks of the record that together are more
  // than half of all addresses of the client's family, of IPv6 of 2000::/3.
  [[nodiscard]] bool is_most_of_all(const Record& record, const Directive& matched) const;

 private:
  [[nodiscard]] int bits_of(const Directive& directive) const {
    return subject_.client.is_v4() ? directive.v4_bits : directive.v6_bits;
  }

  const Subject& subject_;
  FactView& facts_;
  dns::DnsType address_type_;
  std::string fault_;
};

}  // namespace postern::spf
