#include "ctl/import/address_word.h"

#include <algorithm>

#include "common/base/ip_network.h"
#include "ctl/import/octet_prefix.h"

namespace postern::import {
namespace {

constexpr std::string_view kNoLetters = "0123456789-/*";

std::string_view last_label(std::string_view word) {
  return word.substr(word.rfind('.') + 1);
}

// 24 for 255.255.255.0; nothing for a mask with holes.
std::optional<int> length_of_mask(std::string_view text) {
  const auto mask = IpAddress::parse(text);
  if (!mask || !mask->is_v4()) return std::nullopt;
  const std::uint32_t host_bits = ~mask->v4();
  if ((host_bits & (host_bits + 1)) != 0) return std::nullopt;
  int length = 32;
  for (std::uint32_t rest = host_bits; rest != 0; rest >>= 1) --length;
  return length;
}

}  // namespace

bool is_meant_as_addresses(std::string_view word) {
  std::string_view label = last_label(word);
  while (label.size() < word.size() && (label.empty() || label == "*" || label == "x")) {
    word.remove_suffix(label.size() + 1);
    label = last_label(word);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return label.find_first_not_of(kNoLetters) == std::string_view::npos &&
         std::any_of(label.begin(), label.end(), is_digit);
}

std::optional<std::string> network_meant_by(std::string_view word) {
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) {
    const auto length = length_of_mask(word.substr(slash + 1));
    if (!length || !IpAddress::parse(word.substr(0, slash))) return std::nullopt;
    return std::string(word.substr(0, slash + 1)) + std::to_string(*length);
  }
  std::string_view octets = word;
  while (octets.ends_with(".*")) octets.remove_suffix(2);
  if (octets.size() == word.size()) {
    if (!octets.ends_with('.')) return std::nullopt;
    octets.remove_suffix(1);
  }
  const auto dots = std::count(octets.begin(), octets.end(), '.');
  if (dots > 2 || std::count(word.begin(), word.end(), '.') > 3) return std::nullopt;
  const auto network = ipv4_octets(octets);
  return network ? std::optional(*network) : std::nullopt;
}

std::string network_around(std::string_view word) {
  const std::size_t slash = word.find('/');
  const auto address = IpAddress::parse(word.substr(0, slash));
  if (!address || slash == word.npos || IpNetwork::parse(word)) return std::string(word);
  IpAddress::Bytes bytes = address->bytes();
  for (std::size_t bit = 128; bit-- > 0;) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] & ~(0x80U >> bit % 8));
    std::string network = IpAddress(bytes).to_string() + std::string(word.substr(slash));
    if (IpNetwork::parse(network)) return network;
  }
  return std::string(word);
}

std::string no_name_but_addresses(std::string_view word) {
  return "'" + std::string(word) +
         "' is meant as addresses, and no name ends so; want an address, or a network such as "
         "192.0.2.0/24";
}

}  // namespace postern::import
