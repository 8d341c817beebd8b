// Takes connections from a listening socket, for one loop.
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

// Lives on the thread of its loop. The listening socket stays its owner's, who outlives it. While
// few descriptors are left, what connects waits in the system's queue.
class Acceptor {
 public:
  // `taken` gets each connection, non-blocking, and who it comes from.
  using Taken = std::function<void(os::UniqueFd fd, const sockaddr_storage& peer)>;
  Acceptor(boost::asio::io_context& context, int listening_fd, os::AcceptShortage& shortage,
           Taken taken);
  ~Acceptor();  // on any thread, when the loop does not run
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();
  // Takes no more; the listening socket may be closed then. What has been completed may still be
  // waiting on the loop for its turn: destroy the acceptor only when the loop does not run any
  // more.
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
