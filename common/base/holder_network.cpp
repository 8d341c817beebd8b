#include "common/base/holder_network.h"

#include <algorithm>

namespace postern {
namespace {

constexpr int kMappedHolderBits = 96;  // in front of the 32 of IPv4

}  // namespace

IpAddress network_of(const IpAddress& address, HolderBits bits) {
  IpAddress::Bytes bytes = address.bytes();
  int left = address.is_v4() ? kMappedHolderBits + bits.v4 : bits.v6;
  for (std::uint8_t& byte : bytes) {
    byte &= static_cast<std::uint8_t>(0xff00 >> std::clamp(left, 0, 8));
    left -= 8;
  }
  return IpAddress(bytes);
}

std::string network_text(const IpAddress& address, HolderBits bits) {
  std::string text = network_of(address, bits).to_string();
  text.append("/").append(std::to_string(address.is_v4() ? bits.v4 : bits.v6));
  return text;
}

}  // namespace postern
