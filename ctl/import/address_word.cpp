#include "ctl/import/address_word.h"

#include <algorithm>
#include <vector>

#include "common/base/ascii_case.h"
#include "common/base/ip_address.h"
#include "common/base/ip_network.h"

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

constexpr std::string_view kDigits = "0123456789";

std::vector<std::string_view> parts_of(std::string_view text, char between) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(between);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_octet(std::string_view part) {
  if (part.empty() || part.size() > 3 || part.find_first_not_of(kDigits) != part.npos) return false;
  if (part.size() > 1 && part.front() == '0') return false;
  return part.size() < 3 || part <= "255";
}

bool is_group(std::string_view part) {
  return !part.empty() && part.size() <= 4 && (part.size() == 1 || part.front() != '0') &&
         part.find_first_not_of("0123456789abcdef") == part.npos;
}

// Text that is compressed leaves zeros out, so the beginning of an address is not always the
// beginning of its text.
bool may_be_compressed(const std::vector<std::string_view>& groups) {
  if (groups.back() == "0") return true;
  for (std::size_t i = 0; i + 1 < groups.size(); ++i) {
    if (groups[i] == "0" && groups[i + 1] == "0") return true;
  }
  return false;
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

bool looks_like_octets(std::string_view key) {
  if (key.find(':') != std::string_view::npos) return true;
  if (key.empty() || key.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  return key.front() != '.' && key.back() != '.';
}

Result<std::string> ipv4_octets(std::string_view key) {
  const auto parts = parts_of(key, '.');
  if (parts.size() > 4 || !std::all_of(parts.begin(), parts.end(), is_octet)) {
    return failure("'" + std::string(key) + "' is no IPv4 address and no beginning of one");
  }
  std::string network(key);
  for (std::size_t i = parts.size(); i < 4; ++i) network += ".0";
  return parts.size() == 4 ? network : network + "/" + std::to_string(8 * parts.size());
}

Result<std::string> ipv6_groups(std::string_view text, Ipv6Text written) {
  const std::string key = ascii_lower(text);
  const auto groups = parts_of(key, ':');
  const bool plain = std::all_of(groups.begin(), groups.end(), is_group) && groups.size() <= 8;
  if (!plain || (groups.size() == 8 && written != Ipv6Text::full)) {
    const auto address = IpAddress::parse(key);
    if (!address || key.find('.') != std::string::npos) {
      return failure("'" + key + "' is no IPv6 address and no beginning of one");
    }
    if (written == Ipv6Text::any) return address->to_string();
    if (written == Ipv6Text::compressed && address->to_string() == key) return key;
    return failure("the program looks for the text of an address, which never is '" + key +
                   "'; want it as the program writes it");
  }
  if (groups.size() < 8 && written == Ipv6Text::compressed && may_be_compressed(groups)) {
    return failure(
        "in the text of addresses zeros are left out (::), so this is not found in all "
        "that begin with it; want a cidr table");
  }
  if (groups.size() == 8) return key;
  return key + "::/" + std::to_string(16 * groups.size());
}

}  // namespace postern::import
