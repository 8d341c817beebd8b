// A small HTTP server on one listening socket, unix or TCP, for the control protocol and the
// metrics. Everything a client can do is bounded: sizes, time, connections. Lives on one executor,
// one thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "common/http/http_message.h"
#include "common/os/listener.h"

namespace postern::http {

class HttpServer {
 public:
  struct Limits {
    std::size_t max_header_bytes = 8192;
    std::size_t max_body_bytes = 65536;
    // For one more, that is closed which has waited longest for a request to be complete, or else
    // for its response to be read; without such a one, the newcomer.
    std::size_t max_connections = 32;
    std::chrono::seconds first_request{5};  // for the first whole request to arrive
    std::chrono::seconds idle{10};          // for each further one, or a response to leave
  };

  // Must be called once, on the executor, at once or later.
  using Respond = std::function<void(HttpResponse)>;
  // Called on the executor. What it throws becomes a 500 and nothing else.
  using Handler = std::function<void(const HttpRequest&, Respond)>;

  // Takes over the listener. Serves from start() on.
  HttpServer(const boost::asio::any_io_executor& executor, os::Listener listener, Limits limits,
             Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();  // on the executor, or when that runs no more

  void start();
  // Closes everything, so that the executor can run out of work.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace postern::http
