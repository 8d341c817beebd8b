// How much of something each client has at once, so that no one of them takes it all. Shared by all
// threads; every function may be called from any.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "common/base/ip_address.h"

namespace postern::service {

// Who an address is when it is about shares: of IPv6 the /64, of which one host may use any address
// (RFC 4291 2.5.1).
IpAddress as_client(const IpAddress& address);

// So many of `places` one address over the network may have; a tenth is left to others.
constexpr std::size_t share_of_one_host(std::size_t places) {
  return places < 2 ? 1 : places - (places + 9) / 10;
}

class ClientShares {
 public:
  // One of a client's; given back when destroyed. The shares outlive it.
  class Place {
   public:
    Place(Place&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), client_(other.client_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(client_, other.client_);
      return *this;
    }
    ~Place() {
      if (of_ != nullptr) of_->give_back(client_);
    }

   private:
    friend class ClientShares;
    Place(ClientShares& of, const IpAddress& client) : of_(&of), client_(client) {}
    ClientShares* of_;
    IpAddress client_;
  };

  // Nothing when the client (as_client()) has `most` already. May throw std::bad_alloc.
  std::optional<Place> take(const IpAddress& client, std::size_t most);

 private:
  void give_back(const IpAddress& client);

  std::mutex mutex_;
  std::map<IpAddress, std::size_t> held_;  // of those that have any
};

}  // namespace postern::service
