// An SPF record taken apart (RFC 7208 4.6 and 12). All of it is checked before any of it counts.
// What it consists of points into the text of the record. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/result.h"

namespace postern::spf {

enum class Qualifier : std::uint8_t { pass, fail, softfail, neutral };

struct Directive {
  enum class Mechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

  std::string_view text;  // as it is written, with its qualifier
  Qualifier qualifier = Qualifier::pass;
  Mechanism mechanism = Mechanism::all;
  std::string_view domain_spec;  // empty: the domain whose record it is
  IpAddress network;             // of ip4 and ip6
  int v4_bits = 32;              // of the client that count; of ip4, a and mx
  int v6_bits = 128;             // of ip6, a and mx

  // Whether it is one of the ten for which DNS may be asked (4.6.4).
  [[nodiscard]] bool asks() const {
    return mechanism != Mechanism::all && mechanism != Mechanism::ip4 &&
           mechanism != Mechanism::ip6;
  }
};

struct Record {
  std::vector<Directive> directives;
  std::string_view redirect;     // its domain-spec; empty: there is none
  std::string_view explanation;  // the same of `exp`
};

// Whether the text of a TXT record is an SPF record at all (4.5): another version is another thing.
bool is_spf_record(std::string_view text);

// The error names the term that is wrong. REQUIRES: is_spf_record(text).
Result<Record> parse_record(std::string_view text);

}  // namespace postern::spf
