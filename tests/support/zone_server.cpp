#include "tests/support/zone_server.h"

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <mutex>
#include <utility>

namespace postern {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using Bytes = std::vector<std::uint8_t>;

constexpr int kPortTries = 20;

void bind_to(tcp::acceptor& acceptor, const udp::endpoint& where) {
  const tcp::endpoint same(where.address(), where.port());
  acceptor.open(same.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(same);
  acceptor.listen();
}

}  // namespace

class ZoneServer::Impl : public std::enable_shared_from_this<ZoneServer::Impl> {
 public:
  Impl(const asio::any_io_executor& loop, ZoneMap zone)
      : executor(loop), udp_(loop), other_udp_(loop), acceptor_(loop), zone_(std::move(zone)) {}

  void listen(const udp::endpoint& where);
  void receive();
  void accept();
  void stop();

  const asio::any_io_executor executor;
  std::uint16_t port = 0;
  std::function<void(const Query&)> listener;

  mutable std::mutex mutex;  // of what follows
  std::vector<Query> queries;
  std::map<std::pair<std::string, dns::DnsType>, int> counts;

  void replace(ZoneMap zone) {
    const std::lock_guard lock(mutex);
    zone_ = std::move(zone);
  }
  void forget_queries() {
    const std::lock_guard lock(mutex);
    queries.clear();
    counts.clear();
  }

 private:
  // One TCP connection; kept alive by what it waits for.
  struct Connection {
    explicit Connection(tcp::socket&& accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::array<std::uint8_t, 2> length{};
    Bytes query;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  ZoneReply reply(std::span<const std::uint8_t> wire, Transport transport);
  void send(ZoneReply reply, const udp::endpoint& to);
  void read_query(const ConnectionPtr& connection);
  void answer(const ConnectionPtr& connection);
  void send(ZoneReply reply, const ConnectionPtr& connection);
  void after(std::chrono::milliseconds delay, std::function<void()> what);

  udp::socket udp_;
  udp::socket other_udp_;
  tcp::acceptor acceptor_;
  udp::endpoint sender_;
  std::vector<ConnectionPtr> stalled_;  // so that they stay open
  std::array<std::uint8_t, 4096> received_{};
  ZoneMap zone_;
};

// With port 0 the system picks a UDP port, which may be taken for TCP: then another is tried.
void ZoneServer::Impl::listen(const udp::endpoint& where) {
  for (int tries = 1;; ++tries) {
    try {
      udp_ = udp::socket(executor, where);
      bind_to(acceptor_, udp_.local_endpoint());
      break;
    } catch (const boost::system::system_error&) {
      acceptor_ = tcp::acceptor(executor);
      if (where.port() != 0 || tries == kPortTries) throw;
    }
  }
  port = udp_.local_endpoint().port();
  other_udp_ = udp::socket(executor, udp::endpoint(where.address(), 0));
}

void ZoneServer::Impl::stop() {
  error_code ignored;
  udp_.close(ignored);
  other_udp_.close(ignored);
  acceptor_.close(ignored);
}

ZoneReply ZoneServer::Impl::reply(std::span<const std::uint8_t> wire, Transport transport) {
  const auto parsed = parse_query(wire);
  if (!parsed) return {};
  const std::uint16_t client_port = transport == Transport::udp ? sender_.port() : std::uint16_t{0};
  const Query query{transport,    parsed->name, parsed->type,
                    parsed->edns, client_port,  parsed->question};
  if (listener) listener(query);
  const std::lock_guard lock(mutex);
  queries.push_back(query);
  const int asked_before = counts[{parsed->name, parsed->type}]++;
  return reply_to(zone_, *parsed, transport, asked_before);
}

void ZoneServer::Impl::after(std::chrono::milliseconds delay, std::function<void()> what) {
  if (delay == std::chrono::milliseconds{0}) return what();
  const auto timer = std::make_shared<asio::steady_timer>(executor, delay);
  timer->async_wait([timer, what = std::move(what)](error_code error) {
    if (!error) what();
  });
}

void ZoneServer::Impl::receive() {
  udp_.async_receive_from(
      asio::buffer(received_), sender_,
      [self = shared_from_this()](error_code error, std::size_t size) {
        if (!self->udp_.is_open()) return;
        if (!error) {
          self->send(self->reply({self->received_.data(), size}, Transport::udp), self->sender_);
        }
        self->receive();
      });
}

void ZoneServer::Impl::send(ZoneReply reply, const udp::endpoint& to) {
  const bool from_other = reply.kind == ZoneReply::Kind::send_from_other_port;
  if (reply.kind != ZoneReply::Kind::send && !from_other) return;
  const auto delay = reply.delay;
  after(delay, [self = shared_from_this(), reply = std::move(reply), to, from_other] {
    udp::socket& socket = from_other ? self->other_udp_ : self->udp_;
    error_code ignored;
    if (socket.is_open()) socket.send_to(asio::buffer(reply.wire), to, 0, ignored);
  });
}

void ZoneServer::Impl::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (!self->acceptor_.is_open()) return;
    if (!error) self->read_query(std::make_shared<Connection>(std::move(socket)));
    self->accept();
  });
}

void ZoneServer::Impl::read_query(const ConnectionPtr& connection) {
  asio::async_read(connection->socket, asio::buffer(connection->length),
                   [self = shared_from_this(), connection](error_code error, std::size_t) {
                     if (error || !self->acceptor_.is_open()) return;
                     const auto& length = connection->length;
                     connection->query.resize(static_cast<std::size_t>(length[0] << 8 | length[1]));
                     self->answer(connection);
                   });
}

void ZoneServer::Impl::answer(const ConnectionPtr& connection) {
  asio::async_read(connection->socket, asio::buffer(connection->query),
                   [self = shared_from_this(), connection](error_code error, std::size_t) {
                     if (error || !self->acceptor_.is_open()) return;
                     ZoneReply reply = self->reply(connection->query, Transport::tcp);
                     if (reply.kind == ZoneReply::Kind::stall) {
                       self->stalled_.push_back(connection);
                       return;
                     }
                     self->send(std::move(reply), connection);
                     self->read_query(connection);
                   });
}

void ZoneServer::Impl::send(ZoneReply reply, const ConnectionPtr& connection) {
  if (reply.kind == ZoneReply::Kind::nothing) return;
  const auto delay = reply.delay;
  after(delay, [reply = std::move(reply), connection] {
    if (reply.kind == ZoneReply::Kind::reset) {
      error_code ignored;
      connection->socket.set_option(asio::socket_base::linger(true, 0), ignored);
      connection->socket.close(ignored);
      return;
    }
    const auto framed = std::make_shared<Bytes>();
    framed->push_back(static_cast<std::uint8_t>(reply.wire.size() >> 8));
    framed->push_back(static_cast<std::uint8_t>(reply.wire.size() & 0xff));
    framed->insert(framed->end(), reply.wire.begin(), reply.wire.end());
    asio::async_write(connection->socket, asio::buffer(*framed),
                      [framed, connection](error_code, std::size_t) {});
  });
}

ZoneServer::ZoneServer(const asio::any_io_executor& executor, const udp::endpoint& where,
                       ZoneMap zone)
    : impl_(std::make_shared<Impl>(executor, std::move(zone))) {
  impl_->listen(where);
  impl_->receive();
  impl_->accept();
}

ZoneServer::~ZoneServer() {
  impl_->stop();
}

std::uint16_t ZoneServer::port() const {
  return impl_->port;
}

void ZoneServer::replace(ZoneMap zone) {
  impl_->replace(std::move(zone));
}

void ZoneServer::forget_queries() {
  impl_->forget_queries();
}

void ZoneServer::stop() {
  asio::dispatch(impl_->executor, [impl = impl_] { impl->stop(); });
}

std::vector<ZoneServer::Query> ZoneServer::queries() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queries;
}

int ZoneServer::count(const std::string& name, dns::DnsType type) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->counts.find({name, type});
  return found == impl_->counts.end() ? 0 : found->second;
}

void ZoneServer::on_query(std::function<void(const Query&)> listener) {
  impl_->listener = std::move(listener);
}

}  // namespace postern
