#include "server/redis/stream.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace postern::redis {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using Socket = asio::generic::stream_protocol::socket;
using Endpoint = asio::generic::stream_protocol::endpoint;

Endpoint endpoint_of(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::unix_socket) {
    return asio::local::stream_protocol::endpoint(address.path);
  }
  return asio::ip::tcp::endpoint(asio::ip::make_address(address.address.to_string()), address.port);
}

// A command is written when it is there; nothing is to wait for more.
void send_at_once(Socket& socket, const ListenAddress& address) {
  Stream::Error ignored;
  if (address.kind == ListenAddress::Kind::tcp) {
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
}

class PlainStream final : public Stream {
 public:
  PlainStream(const asio::any_io_executor& executor, ListenAddress address)
      : address_(std::move(address)), socket_(executor) {}

  void connect(std::function<void(const Error&)> connected) override {
    socket_.async_connect(endpoint_of(address_),
                          [this, connected = std::move(connected)](const Error& error) {
                            if (!error) send_at_once(socket_, address_);
                            connected(error);
                          });
  }
  void read_some(asio::mutable_buffer to, Moved moved) override {
    socket_.async_read_some(to, std::move(moved));
  }
  void write(asio::const_buffer from, Moved moved) override {
    asio::async_write(socket_, from, std::move(moved));
  }
  void close() noexcept override {
    Error ignored;
    socket_.close(ignored);
  }

 private:
  ListenAddress address_;
  Socket socket_;
};

class TlsStream final : public Stream {
 public:
  TlsStream(const asio::any_io_executor& executor, ListenAddress address, ssl::context context)
      : address_(std::move(address)), context_(std::move(context)), stream_(executor, context_) {}

  void connect(std::function<void(const Error&)> connected) override {
    stream_.next_layer().async_connect(
        endpoint_of(address_), [this, connected = std::move(connected)](const Error& error) {
          if (error) return connected(error);
          send_at_once(stream_.next_layer(), address_);
          stream_.async_handshake(ssl::stream_base::client, connected);
        });
  }
  void read_some(asio::mutable_buffer to, Moved moved) override {
    stream_.async_read_some(to, std::move(moved));
  }
  void write(asio::const_buffer from, Moved moved) override {
    asio::async_write(stream_, from, std::move(moved));
  }
  // No close_notify: all that counts are whole replies.
  void close() noexcept override {
    Error ignored;
    stream_.next_layer().close(ignored);
  }

  Error expect(const TlsFiles& files) {
    Error error;
    const bool is_named = !files.name.empty();
    const std::string name = is_named ? files.name : address_.address.to_string();
    if (is_named) ::SSL_set_tlsext_host_name(stream_.native_handle(), name.c_str());
    stream_.set_verify_mode(ssl::verify_peer, error);
    if (!error) stream_.set_verify_callback(ssl::host_name_verification(name), error);
    return error;
  }

 private:
  ListenAddress address_;
  ssl::context context_;
  ssl::stream<Socket> stream_;
};

tl::unexpected<postern::Error> wrong_file(const std::string& file, const Stream::Error& error) {
  return failure("TLS: " + file + ": " + error.message());
}

Result<ssl::context> context_of(const TlsFiles& files) {
  ssl::context context(ssl::context::tls_client);
  Stream::Error error;
  context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  if (!error && files.ca.empty()) context.set_default_verify_paths(error);
  if (!error && !files.ca.empty()) context.load_verify_file(files.ca, error);
  if (error) return wrong_file(files.ca.empty() ? "certificates of the system" : files.ca, error);
  if (files.certificate.empty()) return context;
  context.use_certificate_chain_file(files.certificate, error);
  if (error) return wrong_file(files.certificate, error);
  context.use_private_key_file(files.key, ssl::context::pem, error);
  if (error) return wrong_file(files.key, error);
  return context;
}

}  // namespace

Result<std::shared_ptr<Stream>> make_stream(const asio::any_io_executor& executor,
                                            const ServerPlace& place) {
  if (place.transport == ServerPlace::Transport::plain) {
    return std::make_shared<PlainStream>(executor, place.address);
  }
  auto context = context_of(place.tls);
  if (!context) return tl::unexpected(context.error());
  auto stream = std::make_shared<TlsStream>(executor, place.address, std::move(*context));
  if (const auto error = stream->expect(place.tls)) return wrong_file("the server's name", error);
  return stream;
}

}  // namespace postern::redis
