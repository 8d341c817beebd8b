// How much of something each client has at once, so that no one of them takes it all. Shared by all
// threads; every function may be called from any.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "common/base/ip_address.h"

namespace postern::service {

// Who an address is when it is about shares: of IPv6 the /64, of which one host may use any address
// (RFC 4291 2.5.1).
IpAddress as_client(const IpAddress& address);

// So many of all permits one address over the network may have; a tenth is left to others.
constexpr std::size_t share_of_one_host(std::size_t permits) {
  return permits < 2 ? 1 : permits - (permits + 9) / 10;
}

class ClientShares {
 public:
  struct Release {
    IpAddress client;
    void operator()(ClientShares* of) const { of->give_back(client); }
  };
  // One of a client's; given back when destroyed. The shares outlive it.
  using Permit = std::unique_ptr<ClientShares, Release>;

  // Null when the client (as_client()) has `most` already. May throw std::bad_alloc.
  Permit take(const IpAddress& client, std::size_t most);

 private:
  void give_back(const IpAddress& client);

  std::mutex mutex_;
  std::map<IpAddress, std::size_t> held_;  // of those that have any
};

}  // namespace postern::service
