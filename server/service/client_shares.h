// Gives out permits by client, so that no client takes all that there is. All threads share it, and
// any thread may call any function.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "common/base/ip_address.h"

namespace postern::service {

// The address by which a client is counted: of an IPv6 address the /64 network, in which one host
// may use any address (RFC 4291 2.5.1).
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
  // Belongs to one client; is given back when it is destroyed. The shares outlive it.
  using Permit = std::unique_ptr<ClientShares, Release>;

  // Null when the client (as_client()) has `most` already. May throw std::bad_alloc.
  Permit take(const IpAddress& client, std::size_t most);

 private:
  void give_back(const IpAddress& client);

  std::mutex mutex_;
  std::map<IpAddress, std::size_t> held_;  // of those that have any
};

}  // namespace postern::service
