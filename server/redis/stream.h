// A connection of bytes to a server: a unix socket, TCP, or TLS over it (OpenSSL through
// Boost.Asio: the hiredis of Debian 12 has none). The only place that knows how they differ.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "common/base/listen_address.h"
#include "common/base/result.h"

namespace postern::redis {

// Files are read when a connection is made, so that new ones are taken. Empty: none.
struct TlsFiles {
  std::string ca;           // whom the server's certificate is from; empty: whom the system trusts
  std::string certificate;  // the client's own, with those above it
  std::string key;
  std::string name;  // in the server's certificate; empty: its address
};

struct ServerPlace {
  ListenAddress address;
  enum class Transport : std::uint8_t { plain, tls } transport = Transport::plain;
  TlsFiles tls = {};
};

// On its executor, one thread's. Whoever destroys it while it is at work hears of that work no
// more than that it was cancelled: buffers and handlers stay until then.
class Stream {
 public:
  using Error = boost::system::error_code;
  using Moved = std::function<void(const Error& error, std::size_t bytes)>;

  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  // Until bytes can be sent, or it cannot be. Once.
  virtual void connect(std::function<void(const Error& error)> connected) = 0;
  // What has come, one byte at least.
  virtual void read_some(boost::asio::mutable_buffer to, Moved moved) = 0;
  // All of it. One at a time.
  virtual void write(boost::asio::const_buffer from, Moved moved) = 0;
  // What is under way ends with an error.
  virtual void close() noexcept = 0;
};

// Error: a file of TLS is not right.
Result<std::shared_ptr<Stream>> make_stream(const boost::asio::any_io_executor& executor,
                                            const ServerPlace& place);

}  // namespace postern::redis
