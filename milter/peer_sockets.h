// Counts libmilter's connections from each network address, so that one host leaves room for the
// others. libmilter closes connections itself and gives no notice: a descriptor that belongs to
// another socket now was closed before.
//
// Only libmilter's listening thread uses it.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <map>

#include "common/base/ip_address.h"

namespace postern::milter {

class PeerSockets {
 public:
  // Records a connection that was just accepted. False: its address has `most` connections already,
  // and the caller closes this one. Connections through loopback or a unix socket are not limited,
  // because they all come from one address.
  bool take(int fd, const sockaddr_storage& from, std::size_t most);

 private:
  struct Known {
    IpAddress peer;
    ino_t inode;
  };
  void forget(int fd);
  void forget_closed(const IpAddress& peer);

  std::map<int, Known> known_;
  std::map<IpAddress, std::size_t> counts_;
};

}  // namespace postern::milter
