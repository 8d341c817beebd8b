#include "common/dns/reverse_name.h"

#include <cstddef>
#include <cstdint>

namespace postern::dns {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr unsigned kBitsOfOctet = 8;
constexpr std::uint32_t kOctetMask = 0xff;

DnsName known_name(std::string_view text) {
  return DnsName(DomainName::parse(text).value());
}

}  // namespace

std::string reversed_labels(const IpAddress& address) {
  std::string labels;
  const auto add = [&labels](const std::string& label) {
    labels.append(labels.empty() ? "" : ".").append(label);
  };
  if (address.is_v4()) {
    for (unsigned shift = 0; shift < 4 * kBitsOfOctet; shift += kBitsOfOctet) {
      add(std::to_string(address.v4() >> shift & kOctetMask));
    }
    return labels;
  }
  for (std::size_t at = address.bytes().size(); at-- > 0;) {
    const std::uint8_t octet = address.bytes()[at];
    add(std::string(1, kHexDigits[octet & 0xf]));
    add(std::string(1, kHexDigits[octet >> 4]));
  }
  return labels;
}

DnsName reverse_name(const IpAddress& address) {
  const std::string_view zone = address.is_v4() ? ".in-addr.arpa" : ".ip6.arpa";
  return known_name(reversed_labels(address).append(zone));
}

Result<DnsName> name_in_zone(const IpAddress& address, const DnsName& zone) {
  return known_name(reversed_labels(address)).under(zone);
}

}  // namespace postern::dns
