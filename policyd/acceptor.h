// Takes connections from a listening socket, for one loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "common/io/log.h"
#include "common/io/unique_fd.h"

namespace postern {

// Lives on the thread of its loop. The listening socket stays its owner's, who outlives it.
class Acceptor {
 public:
  // `taken` gets each connection, non-blocking, with its address family.
  using Taken = std::function<void(UniqueFd fd, int family)>;
  Acceptor(boost::asio::io_context& context, int listening_fd, DaemonLog& log, Taken taken);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();

 private:
  enum class Outcome { taken, none_waiting, exhausted };
  void accept_waiting();
  Outcome accept_one();
  void pause();

  boost::asio::posix::stream_descriptor listening_;
  boost::asio::steady_timer pause_;
  DaemonLog& log_;
  Taken taken_;
};

}  // namespace postern
