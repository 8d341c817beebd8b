// Descriptors that the connections of MTAs leave to the rest of the daemon: without them no
// question to DNS could be asked, no file read, and nobody could ask what is wrong.
//
// For one who takes connections, on one thread.
#pragma once

#include <cstddef>

namespace postern::os {

class DescriptorReserve {
 public:
  // As many are kept back, or a quarter of the limit where that is less: the control socket and the
  // metrics may have 32 connections each; the others are for DNS over TCP and UDP, files and log.
  static constexpr std::size_t kMost = 100;

  // Whether one more connection may be taken. `listening_fd` is any open descriptor.
  bool has_room(int listening_fd);
  // A connection was taken.
  void taken(int fd);

 private:
  bool nearly_used_up_ = false;  // as the last look had it
};

}  // namespace postern::os
