#include "common/http/http_client.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "common/base/escape.h"
#include "common/os/unix_connect.h"

namespace postern::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Clock = std::chrono::steady_clock;

// One request and its response, on an event loop of its own.
class Exchange {
 public:
  Exchange(os::UniqueFd fd, const HttpRequest& request, std::size_t max_body)
      : stream_(Protocol::socket(io_, Protocol(AF_UNIX, 0), fd.release())) {
    request_.method_string(request.method);
    request_.target(request.target);
    request_.set(http::field::host, "localhost");
    if (!request.body.empty()) {
      request_.set(http::field::content_type, "application/json");
      request_.body() = request.body;
    }
    request_.prepare_payload();
    request_.keep_alive(false);
    response_.body_limit(max_body);
  }

  // Of the reading.
  error_code run(Clock::duration time_left) {
    stream_.expires_after(time_left);
    http::async_write(stream_, request_, [this](const error_code& error, std::size_t) {
      // A server that refuses a request answers before it has all of it.
      if (error == beast::error::timeout) {
        result_ = error;
      } else {
        read();
      }
    });
    io_.run();
    return result_;
  }

  HttpResponse response() {
    auto message = response_.release();
    return {message.result_int(), std::move(message.body())};
  }

 private:
  void read() {
    http::async_read(stream_, buffer_, response_,
                     [this](const error_code& error, std::size_t) { result_ = error; });
  }

  asio::io_context io_{1};
  beast::basic_stream<Protocol> stream_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> response_;
  beast::flat_buffer buffer_;
  error_code result_;
};

std::string explain(const error_code& error, std::chrono::milliseconds timeout,
                    std::size_t max_body) {
  if (error == beast::error::timeout) {
    return "no answer within " + std::to_string(timeout.count()) +
           " ms: the daemon is busy or hangs";
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::connection_reset) {
    return "the connection was closed before there was an answer: the daemon has too many of "
           "them, or has ended";
  }
  if (error == http::error::body_limit) {
    return "found an answer of more than " + std::to_string(max_body) + " bytes";
  }
  return "found no answer in HTTP: " + error.message();
}

}  // namespace

Result<HttpResponse> ask_http(const std::string& socket_path, const HttpRequest& request,
                              std::chrono::milliseconds timeout, std::size_t max_body) {
  const auto end = Clock::now() + timeout;
  auto fd = os::connect_unix(socket_path, timeout);
  if (!fd) return failure(fd.error().text);
  Exchange exchange(std::move(*fd), request, max_body);
  if (const auto error = exchange.run(end - Clock::now())) {
    return failure("cannot ask " + printable(socket_path) + ": " +
                   explain(error, timeout, max_body));
  }
  return exchange.response();
}

}  // namespace postern::http
