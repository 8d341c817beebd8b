#include "ctl/alert/web_post.h"

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>

#include "common/base/ip_address.h"

namespace postern::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;

constexpr std::size_t kMaxAnswer = std::size_t{64} << 10;
constexpr unsigned kOk = 200;
constexpr unsigned kOkEnd = 300;

// One request and its answer, on an event loop of its own.
class PostExchange {
 public:
  PostExchange(const WebPost& post, std::chrono::milliseconds timeout)
      : post_(post), until_(std::chrono::steady_clock::now() + timeout) {
    request_.method(http::verb::post);
    request_.target(post.to.target);
    request_.set(http::field::host, post.to.authority());
    request_.set(http::field::user_agent, "postern");
    request_.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : post.fields) request_.set(name, value);
    request_.body() = post.body;
    request_.prepare_payload();
    request_.keep_alive(false);
    response_.body_limit(kMaxAnswer);
  }

  Result<void> run() { return post_.to.is_tls ? run_tls() : run_plain(); }

 private:
  Result<void> run_plain() {
    beast::tcp_stream stream(io_);
    return connect(stream).and_then([&] { return ask(stream); });
  }

  Result<void> run_tls() {
    asio::ssl::context context(asio::ssl::context::tls_client);
    error_code error;
    context.set_default_verify_paths(error);
    ::SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    beast::ssl_stream<beast::tcp_stream> stream(io_, context);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(post_.to.host));
    // RFC 6066 3: a name, and no address.
    if (!IpAddress::parse(post_.to.host)) {
      ::SSL_set_tlsext_host_name(stream.native_handle(), post_.to.host.c_str());
    }
    return connect(beast::get_lowest_layer(stream))
        .and_then([&] {
          return step("agree on TLS with", beast::get_lowest_layer(stream), [&](auto done) {
            stream.async_handshake(asio::ssl::stream_base::client, done);
          });
        })
        .and_then([&] { return ask(stream); });
  }

  Result<void> connect(beast::tcp_stream& stream) {
    asio::ip::tcp::resolver resolver(io_);
    asio::ip::tcp::resolver::results_type found;
    return step("look up", stream,
                [&](auto done) {
                  resolver.async_resolve(post_.to.host, std::to_string(post_.to.port),
                                         [&found, done](const error_code& error, auto results) {
                                           found = results;
                                           done(error);
                                         });
                })
        .and_then([&] {
          return step("connect to", stream, [&](auto done) { stream.async_connect(found, done); });
        });
  }

  template <class Stream>
  Result<void> ask(Stream& stream) {
    auto& lowest = beast::get_lowest_layer(stream);
    return step("send to", lowest, [&](auto done) { http::async_write(stream, request_, done); })
        .and_then([&] {
          return step("hear from", lowest,
                      [&](auto done) { http::async_read(stream, buffer_, response_, done); });
        })
        .and_then([&]() -> Result<void> {
          const unsigned status = response_.get().result_int();
          if (status >= kOk && status < kOkEnd) return {};
          return failure(post_.to.host + " answers " + std::to_string(status));
        });
  }

  // Runs one operation, which `begin` is given the handler for, to its end.
  Result<void> step(const char* what, beast::tcp_stream& stream, const auto& begin) {
    error_code result;
    stream.expires_at(until_);
    begin([&result](const error_code& error, const auto&... /*rest*/) { result = error; });
    io_.restart();
    io_.run();
    if (!result) return {};
    return failure(std::string("cannot ") + what + " " + post_.to.host + ": " + result.message());
  }

  const WebPost& post_;
  std::chrono::steady_clock::time_point until_;
  asio::io_context io_{1};
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> response_;
  beast::flat_buffer buffer_;
};

}  // namespace

Result<void> send_post(const WebPost& post, std::chrono::milliseconds timeout) {
  return PostExchange(post, timeout).run();
}

}  // namespace postern::ctl
