// Accepts connections from a listening socket, for one loop.
#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "common/os/accept_shortage.h"
#include "common/os/descriptor_reserve.h"
#include "common/os/unique_fd.h"

namespace postern::policyd {

// The server owns it; it runs on the thread of its loop. The owner of the listening socket keeps it
// and outlives the acceptor. While few descriptors are left, clients wait in the kernel's queue.
class Acceptor {
 public:
  // `taken` gets each connection, non-blocking, with the address of its client.
  using Taken = std::function<void(os::UniqueFd fd, const sockaddr_storage& peer)>;
  Acceptor(boost::asio::io_context& context, int listening_fd, os::AcceptShortage& shortage,
           Taken taken);
  ~Acceptor();  // on any thread. REQUIRES: the loop does not run
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();
  // Accepts no more; the owner may close the listening socket then. The loop may still have a
  // handler of the acceptor, so it must not be destroyed before the loop ends.
  void stop();

 private:
  enum class Outcome { taken, none_waiting, exhausted };
  void accept_waiting();
  Outcome accept_one();
  void pause();

  boost::asio::posix::stream_descriptor listening_;
  boost::asio::steady_timer pause_;
  os::AcceptShortage& shortage_;
  os::DescriptorReserve reserve_;
  Taken taken_;
  bool stopped_ = false;
};

}  // namespace postern::policyd
