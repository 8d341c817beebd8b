#include "server/service/client_shares.h"

#include "common/base/holder_network.h"

namespace postern::service {

IpAddress as_client(const IpAddress& address) {
  return network_of(address, {.v4 = 32, .v6 = 64});
}

ClientShares::Permit ClientShares::take(const IpAddress& client, std::size_t most) {
  const IpAddress key = as_client(client);
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(key);
  if ((found == held_.end() ? 0 : found->second) >= most) return nullptr;
  ++(found == held_.end() ? held_[key] : found->second);
  return Permit(this, Release{key});
}

void ClientShares::give_back(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(client);
  if (found != held_.end() && --found->second == 0) held_.erase(found);
}

}  // namespace postern::service
