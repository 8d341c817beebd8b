#include "common/base/ip_network.h"

#include <algorithm>

#include "common/base/escape.h"
#include "common/base/whole_number.h"

namespace postern {
namespace {

constexpr int kBits = 128;
constexpr int kV4Bits = 32;
constexpr int kMappedBits = kBits - kV4Bits;  // of the IPv4-mapped prefix, ::ffff:0:0/96

constexpr int kBroadV4Bits = kMappedBits + 8;
constexpr int kBroadV6Bits = 19;

// The bits of octet `index` that belong to a network of this prefix length.
std::uint8_t mask_octet(std::size_t index, int prefix_length) {
  const int bits = std::clamp(prefix_length - 8 * static_cast<int>(index), 0, 8);
  return static_cast<std::uint8_t>(0xff00 >> bits);
}

IpAddress masked(const IpAddress& address, int prefix_length) {
  IpAddress::Bytes bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] &= mask_octet(i, prefix_length);
  return IpAddress(bytes);
}

Result<int> parse_length(std::string_view text, int most) {
  const auto length = parse_whole<int>(text);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (!length || *length < 0 || *length > most || leading_zero) {
    std::string found = "prefix length ";
    append_log_value(found, text, 40);
    return failure(found + "; it is 0 to " + std::to_string(most));
  }
  return *length;
}

}  // namespace

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = IpAddress::parse(address_text);
  if (!address) return tl::unexpected(address.error());
  if (slash == std::string_view::npos) return IpNetwork(*address, kBits);

  // By the notation, not the address: `::ffff:192.0.2.0/120` counts in 128 bits.
  const bool dotted = address_text.find(':') == std::string_view::npos;
  const auto length = parse_length(text.substr(slash + 1), dotted ? kV4Bits : kBits);
  if (!length) return tl::unexpected(length.error());

  const int mapped_length = *length + (dotted ? kMappedBits : 0);
  auto network = around(*address, mapped_length);
  if (network && network->first() != *address) {
    return failure("bits set behind the prefix in " + address->to_string() + '/' +
                   std::to_string(*length) + "; the network is " + network->to_string());
  }
  return network;
}

Result<IpNetwork> IpNetwork::around(const IpAddress& address, int mapped_prefix_length) {
  const IpNetwork network(masked(address, mapped_prefix_length), mapped_prefix_length);
  if (mapped_prefix_length < kMappedBits && network.contains(IpAddress::from_v4(0))) {
    return failure(
        "network " + network.to_string() +
        " holds all of IPv4 as well (::ffff:0:0/96); want 2000::/3 for the IPv6 Internet");
  }
  return network;
}

IpAddress IpNetwork::last() const {
  IpAddress::Bytes bytes = first_.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(bytes[i] | (~mask_octet(i, mapped_prefix_length_) & 0xff));
  }
  return IpAddress(bytes);
}

bool IpNetwork::contains(const IpAddress& address) const {
  return masked(address, mapped_prefix_length_) == first_;
}

bool IpNetwork::overlaps(const IpNetwork& other) const {
  return contains(other.first()) || other.contains(first());
}

bool IpNetwork::is_broad() const {
  const bool is_v4 = first_.is_v4() && mapped_prefix_length_ >= kMappedBits;
  return mapped_prefix_length_ < (is_v4 ? kBroadV4Bits : kBroadV6Bits);
}

std::string IpNetwork::to_string() const {
  if (mapped_prefix_length_ == kBits) return first_.to_string();
  const int length = mapped_prefix_length_ - (first_.is_v4() ? kMappedBits : 0);
  return first_.to_string() + '/' + std::to_string(length);
}

}  // namespace postern
