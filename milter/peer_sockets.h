// How many of libmilter's connections come from each address over the network, so that one of
// several hosts leaves room for the others. libmilter closes them itself and tells nobody: a
// descriptor that is another socket by now is one that was closed.
//
// For libmilter's listening thread.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <map>

#include "common/base/ip_address.h"

namespace postern::milter {

class PeerSockets {
 public:
  // Notes a connection that was just taken. False: its address has `most` already, and it is to be
  // closed. Through loopback and unix sockets all come from one address, so that there is no end.
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
