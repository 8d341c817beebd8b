#include "milter/peer_sockets.h"

#include <sys/stat.h>

#include <vector>

#include "common/base/ip_scope.h"
#include "common/os/peer_name.h"
#include "server/service/client_shares.h"

namespace postern::milter {
namespace {

// 0: there is none.
ino_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

bool PeerSockets::take(int fd, const sockaddr_storage& from, std::size_t most) {
  forget(fd);
  const auto address = os::peer_address(from);
  if (!address || scope_of(*address) == IpScope::loopback) return true;
  const IpAddress peer = service::as_client(*address);
  if (counts_[peer] >= most) forget_closed(peer);
  if (counts_[peer] >= most) return false;
  known_.insert_or_assign(fd, Known{peer, inode_of(fd)});
  ++counts_[peer];
  return true;
}

void PeerSockets::forget(int fd) {
  const auto found = known_.find(fd);
  if (found == known_.end()) return;
  const auto count = counts_.find(found->second.peer);
  if (--count->second == 0) counts_.erase(count);
  known_.erase(found);
}

void PeerSockets::forget_closed(const IpAddress& peer) {
  std::vector<int> closed;
  for (const auto& [fd, known] : known_) {
    if (known.peer == peer && inode_of(fd) != known.inode) closed.push_back(fd);
  }
  for (const int fd : closed) forget(fd);
}

}  // namespace postern::milter
