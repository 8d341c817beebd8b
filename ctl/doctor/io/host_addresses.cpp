#include "ctl/doctor/io/host_addresses.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>

namespace postern::doctor {
namespace {

constexpr std::size_t kMaxAddresses = 64;

struct FreeAddressList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

}  // namespace

std::vector<IpAddress> addresses_of_host(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, FreeAddressList> list(found);
  std::vector<IpAddress> addresses;
  for (const addrinfo* one = list.get(); one != nullptr && addresses.size() < kMaxAddresses;
       one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    const auto address = IpAddress::parse(text.data());
    if (address) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace postern::doctor
