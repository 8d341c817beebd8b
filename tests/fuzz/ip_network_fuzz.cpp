// Text that parses as an address or network comes back as itself; containment is a range of
// addresses.
#include "common/base/ip_network.h"

#include <algorithm>
#include <array>

#include "common/base/ip_scope.h"
#include "tests/fuzz/require.h"

namespace postern::ip_network_fuzz {
namespace {

void check_address(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) return;
  require(IpAddress::parse(address->to_string()) == *address);
  require(scope_of(*address) <= IpScope::reserved);
  if (embedded_v4(*address)) require(scope_of(*address) != IpScope::loopback);
  if (address->is_v4()) require(IpAddress::from_v4(address->v4()) == *address);
}

void check_contains(const IpNetwork& network, const IpAddress& address) {
  const bool between = network.first() <= address && address <= network.last();
  require(network.contains(address) == between);
}

// The addresses one below and one above, where a range goes wrong first.
IpAddress stepped(const IpAddress& address, std::uint8_t step, std::uint8_t carry_at) {
  IpAddress::Bytes bytes = address.bytes();
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const bool carries = bytes[i] == carry_at;
    bytes[i] = static_cast<std::uint8_t>(bytes[i] + step);
    if (!carries) break;
  }
  return IpAddress(bytes);
}

void check_network(std::string_view text, const IpAddress& other) {
  const auto network = IpNetwork::parse(text);
  if (!network) return;
  require(IpNetwork::parse(network->to_string()) == *network);
  require(network->contains(network->first()) && network->contains(network->last()));
  require(network->mapped_prefix_length() >= 0 && network->mapped_prefix_length() <= 128);
  check_contains(*network, other);
  check_contains(*network, stepped(network->first(), 0xff, 0x00));
  check_contains(*network, stepped(network->last(), 0x01, 0xff));
}

}  // namespace
}  // namespace postern::ip_network_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = postern::as_text(data, size);
  postern::IpAddress::Bytes tail{};
  const std::size_t count = std::min(size, tail.size());
  std::copy_n(data + (size - count), count, tail.begin());
  postern::ip_network_fuzz::check_address(text);
  postern::ip_network_fuzz::check_network(text, postern::IpAddress(tail));
  return 0;
}
