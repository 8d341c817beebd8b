#include "common/http/http_server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace postern::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;
using std::chrono::steady_clock;
using Protocol = asio::generic::stream_protocol;
using Stream = beast::basic_stream<Protocol>;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

// A client that keeps its connection makes room for others now and then.
constexpr int kMaxRequests = 1000;
// Without descriptors or memory the connections that wait have to wait a little longer.
constexpr std::chrono::seconds kPause{1};
// What is read at a time of a body, beside the header.
constexpr std::size_t kPiece = 16384;
// RFC 9110 10.1.1: to a client that waits with its body until it is asked for.
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

HttpResponse fault(http::status status, const std::string& text) {
  return {.status = static_cast<unsigned>(status), .body = R"({"error": ")" + text + "\"}"};
}

std::string at_most(std::size_t bytes) {
  return "want at most " + std::to_string(bytes) + " bytes";
}

// What is answered to a request that cannot be read; nothing when there is nobody to be answered.
std::optional<HttpResponse> response_to(const error_code& error, const HttpServer::Limits& limits) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return fault(http::status::request_header_fields_too_large,
                 "found a longer header, " + at_most(limits.max_header_bytes));
  }
  if (error == http::error::body_limit) {
    return fault(http::status::payload_too_large,
                 "found a longer body, " + at_most(limits.max_body_bytes));
  }
  if (error.category() != make_error_code(http::error::bad_method).category()) return {};
  return fault(http::status::bad_request, "found no HTTP/1.1 request: " + error.message());
}

// What the parser lets through though two programs may read it differently: RFC 9112 3.2 (Host),
// 6.1 (Transfer-Encoding), 6.3 (Content-Length). Empty when there is nothing to say.
std::string_view ambiguity_of(const http::request<http::string_body>& request) {
  if (request.version() == 11 && request.count(http::field::host) != 1) {
    return "found none or several Host fields, want one";
  }
  if (request.count(http::field::content_length) > 1 ||
      request[http::field::content_length].find(',') != beast::string_view::npos) {
    return "found several lengths of the body";
  }
  const auto codings = request.count(http::field::transfer_encoding);
  if (codings > 0 && (request.version() != 11 || codings > 1 ||
                      !beast::iequals(request[http::field::transfer_encoding], "chunked"))) {
    return "found another transfer coding than chunked alone";
  }
  if (request.target().empty() || request.target().front() != '/') {
    return "found a request target that is not a path";
  }
  return {};
}

int family_of(const ListenAddress& address) {
  if (address.kind == ListenAddress::Kind::unix_socket) return AF_UNIX;
  return address.address.is_v4() ? AF_INET : AF_INET6;
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(const asio::any_io_executor& executor, os::Listener listener, Limits limits, Handler handler)
      : acceptor_(executor),
        pause_(executor),
        listener_(std::move(listener)),
        limits_(limits),
        handler_(std::move(handler)) {}

  void start();
  void stop();

  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] const Handler& handler() const { return handler_; }

 private:
  class Session;

  void accept();
  void take(Protocol::socket socket);
  void make_room();

  Acceptor acceptor_;
  asio::steady_timer pause_;
  std::optional<os::Listener> listener_;
  const Limits limits_;
  const Handler handler_;
  std::set<std::shared_ptr<Session>> sessions_;
};

// One connection: reads a request, hands it to the handler, writes its response, and so on. Kept by
// the server and by what it waits for, not by the answers that are still to come.
class HttpServer::Impl::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Protocol::socket socket, Impl& server)
      : stream_(std::move(socket)),
        buffer_(server.limits().max_header_bytes + kPiece),
        server_(&server) {}

  void read();
  // Nothing of the server is touched after it.
  void close();

  enum class State { reading, answering, writing };
  [[nodiscard]] State state() const { return state_; }
  // In this state.
  [[nodiscard]] steady_clock::time_point since() const { return since_; }

 private:
  using Parser = http::request_parser<http::string_body>;

  template <class Then>
  auto then(Then step);
  void enter(State state);
  void on_header();
  void read_body();
  void on_request();
  void respond(HttpResponse response);
  void on_written();
  void refuse(const error_code& error);
  void end();

  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  http::response<http::string_body> response_;
  int requests_ = 0;
  State state_ = State::reading;
  steady_clock::time_point since_;
  bool keep_ = false;
  Impl* server_;  // null once closed
};

// Goes on with `step` when the operation has succeeded, and the server is still there.
template <class Then>
auto HttpServer::Impl::Session::then(Then step) {
  return [self = shared_from_this(), step](const error_code& error, std::size_t) {
    if (self->server_ == nullptr) return;
    if (error) return self->refuse(error);
    (self.get()->*step)();
  };
}

void HttpServer::Impl::Session::enter(State state) {
  state_ = state;
  since_ = steady_clock::now();
}

void HttpServer::Impl::Session::read() {
  enter(State::reading);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_->limits().max_header_bytes));
  parser_->body_limit(server_->limits().max_body_bytes);
  const auto& limits = server_->limits();
  stream_.expires_after(requests_ == 0 ? limits.first_request : limits.idle);
  http::async_read_header(stream_, buffer_, *parser_, then(&Session::on_header));
}

void HttpServer::Impl::Session::on_header() {
  const auto& request = parser_->get();
  keep_ = request.keep_alive() && ++requests_ < kMaxRequests;
  if (const auto ambiguity = ambiguity_of(request); !ambiguity.empty()) {
    keep_ = false;
    return respond(fault(http::status::bad_request, std::string(ambiguity)));
  }
  if (parser_->is_done() || !beast::iequals(request[http::field::expect], "100-continue")) {
    return read_body();
  }
  asio::async_write(stream_, asio::buffer(kContinue), then(&Session::read_body));
}

void HttpServer::Impl::Session::read_body() {
  http::async_read(stream_, buffer_, *parser_, then(&Session::on_request));
}

void HttpServer::Impl::Session::on_request() {
  enter(State::answering);
  stream_.expires_never();
  auto& request = parser_->get();
  const HttpRequest asked{std::string(request.method_string()), std::string(request.target()),
                          std::move(request.body())};
  // The handler may stop the server, and destroy it with all that it has.
  const auto keep_server = server_->shared_from_this();
  const Respond respond_once = [weak = weak_from_this(),
                                number = requests_](HttpResponse response) {
    const auto self = weak.lock();
    if (!self || self->state_ != State::answering || self->requests_ != number) return;
    self->respond(std::move(response));
  };
  try {
    keep_server->handler()(asked, respond_once);
  } catch (...) {
    respond_once(fault(http::status::internal_server_error, "found a fault in the daemon itself"));
  }
}

void HttpServer::Impl::Session::respond(HttpResponse response) {
  if (server_ == nullptr) return;
  enter(State::writing);
  const bool has_body = parser_->get().method() != http::verb::head;
  response_ = {http::int_to_status(response.status), 11};
  response_.result(response.status);
  response_.set(http::field::content_type, response.content_type);
  if (has_body) response_.body() = std::move(response.body);
  response_.prepare_payload();
  response_.keep_alive(keep_);
  stream_.expires_after(server_->limits().idle);
  http::async_write(stream_, response_, then(&Session::on_written));
}

void HttpServer::Impl::Session::on_written() {
  if (keep_) return read();
  error_code ignored;
  stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
  end();
}

void HttpServer::Impl::Session::refuse(const error_code& error) {
  auto response = state_ == State::reading ? response_to(error, server_->limits()) : std::nullopt;
  if (!response) return end();
  keep_ = false;
  respond(std::move(*response));
}

void HttpServer::Impl::Session::end() {
  Impl* const server = server_;
  close();
  server->sessions_.erase(shared_from_this());
}

void HttpServer::Impl::Session::close() {
  server_ = nullptr;
  stream_.close();
}

void HttpServer::Impl::start() {
  acceptor_.assign(Protocol(family_of(listener_->address()), 0), listener_->fd());
  accept();
}

void HttpServer::Impl::accept() {
  acceptor_.async_accept(
      [self = shared_from_this()](const error_code& error, Protocol::socket socket) {
        if (!self->listener_ || error == asio::error::operation_aborted) return;
        if (!error) self->take(std::move(socket));
        if (!error || error == asio::error::connection_aborted) return self->accept();
        self->pause_.expires_after(kPause);
        self->pause_.async_wait([self](const error_code& stopped) {
          if (!stopped && self->listener_) self->accept();
        });
      });
}

void HttpServer::Impl::take(Protocol::socket socket) {
  if (sessions_.size() >= limits_.max_connections) make_room();
  if (sessions_.size() >= limits_.max_connections) return;  // closed with the socket
  const auto session = std::make_shared<Session>(std::move(socket), *this);
  sessions_.insert(session);
  session->read();
}

// Who only keeps connections open must not lock others out: first those that ask nothing, then
// those that do not read what they asked for.
void HttpServer::Impl::make_room() {
  for (const auto state : {Session::State::reading, Session::State::writing}) {
    std::shared_ptr<Session> longest;
    for (const auto& session : sessions_) {
      if (session->state() != state) continue;
      if (!longest || session->since() < longest->since()) longest = session;
    }
    if (!longest) continue;
    longest->close();
    sessions_.erase(longest);
    return;
  }
}

void HttpServer::Impl::stop() {
  if (!listener_) return;
  error_code ignored;
  try {
    pause_.cancel();
  } catch (const boost::system::system_error&) {
    // The wait ends by itself then, and finds no listener.
  }
  // Its owner closes it.
  if (acceptor_.is_open()) static_cast<void>(acceptor_.release(ignored));
  listener_.reset();
  for (const auto& session : std::exchange(sessions_, {})) session->close();
}

HttpServer::HttpServer(const asio::any_io_executor& executor, os::Listener listener, Limits limits,
                       Handler handler)
    : impl_(std::make_shared<Impl>(executor, std::move(listener), limits, std::move(handler))) {}

HttpServer::~HttpServer() {
  impl_->stop();
}

void HttpServer::start() {
  impl_->start();
}

void HttpServer::stop() {
  impl_->stop();
}

}  // namespace postern::http
