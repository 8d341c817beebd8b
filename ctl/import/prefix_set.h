// Networks of one address family as Postfix compares them: first match, `!` and nested conditions
// need differences and intersections, which are sets of prefixes again. Values; no I/O.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/ip_network.h"

namespace postern::import {

// An address with its host bits zero, and how many bits count, of the 128 of the mapped form.
struct Prefix {
  IpAddress first;
  int length = 0;

  static Prefix of(const IpNetwork& network) {
    return {network.first(), network.mapped_prefix_length()};
  }
  [[nodiscard]] bool contains(const Prefix& other) const;
  // As an entry of a network list.
  [[nodiscard]] std::string to_string() const;
};

// All of IPv4 (::ffff:0:0/96 in the mapped form), and all of IPv6 without it.
enum class Family { v4, v6 };
std::vector<Prefix> every_address(Family family);

// What is in both; in `one` but not in the other. Both sets are disjoint prefixes.
std::vector<Prefix> intersection(const std::vector<Prefix>& one, const std::vector<Prefix>& other);
std::vector<Prefix> difference(const std::vector<Prefix>& one, const Prefix& other);

// Prefixes that were seen, each with a number.
class SeenPrefixes {
 public:
  // The number of the prefix that holds this one (or is it), if one was added.
  [[nodiscard]] std::optional<std::size_t> holder_of(const Prefix& prefix) const;
  void add(const Prefix& prefix, std::size_t number);

 private:
  static std::string key_of(const Prefix& prefix);
  std::unordered_map<std::string, std::size_t> numbers_;
  bool used_[129] = {};
};

}  // namespace postern::import
