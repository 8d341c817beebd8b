#include "common/resolver/dns_transport.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <unordered_map>
#include <utility>

#include "common/os/zone_index.h"

namespace postern::resolver {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using std::chrono::steady_clock;

// A sender whose DNS never answers could keep a query open, and so hold the port still and leave
// the id alone to guess (RFC 5452 9.2).
constexpr std::chrono::seconds kPortLife{1};
// More than a server may send (RFC 6891 6.2.5); what is longer is cut.
constexpr std::size_t kLongestDatagram = 4096;
// Then others have their turn.
constexpr int kDatagramsAtOnce = 64;
constexpr int kReceiveBuffer = 1 << 20;  // for a burst of replies while the loop is busy

std::uint16_t u16(std::span<const std::uint8_t> octets) {
  return static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
}

}  // namespace

struct DnsTransport::Port {
  explicit Port(const asio::any_io_executor& executor) : socket(executor) {}
  udp::socket socket;
  const TimePoint opened = steady_clock::now();
  std::unordered_multimap<std::uint16_t, Queries::iterator> waiting;  // by id
};

struct DnsTransport::Connection {
  Connection(const asio::any_io_executor& executor, Queries::iterator of)
      : socket(executor), query(of) {}
  tcp::socket socket;  // open as long as `query` is
  Queries::iterator query;
  std::array<std::uint8_t, 2> length{};
  std::vector<std::uint8_t> message;
};

DnsTransport::DnsTransport(asio::any_io_executor executor, dns::DnsServer server,
                           std::chrono::milliseconds patience)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      patience_(patience),
      deadline_timer_(executor_) {}

DnsTransport::~DnsTransport() {
  for (const Query& query : open_) {
    error_code ignored;
    if (query.connection) query.connection->socket.close(ignored);
  }
}

void DnsTransport::send(Protocol protocol, std::vector<std::uint8_t> query, Handler handler) {
  const TimePoint deadline = steady_clock::now() + patience_;
  open_.push_back({std::move(query), std::move(handler), deadline, nullptr, nullptr});
  const auto last = std::prev(open_.end());
  if (protocol == Protocol::udp ? send_datagram(last) : connect(last)) return watch_deadlines();
  asio::post(executor_, [handler = std::move(last->handler)] { handler({}); });
  open_.erase(last);
}

// Nothing while this machine has no such interface.
std::optional<udp::endpoint> DnsTransport::endpoint() const {
  const IpAddress& address = server_.address;
  if (address.is_v4()) return udp::endpoint(asio::ip::address_v4(address.v4()), server_.port);
  int scope = 0;
  if (!server_.zone.empty()) {
    const auto index = os::zone_index(server_.zone);
    if (!index) return std::nullopt;
    scope = *index;
  }
  return udp::endpoint(
      asio::ip::address_v6(address.bytes(), static_cast<asio::ip::scope_id_type>(scope)),
      server_.port);
}

// False: there is no way to send it. A datagram for which the system has no room is a lost one.
bool DnsTransport::send_datagram(Queries::iterator query) {
  auto port = port_.lock();
  if (!port || steady_clock::now() >= port->opened + kPortLife) port = open_port();
  if (!port) return false;
  query->port = port;
  port->waiting.emplace(u16(query->wire), query);
  error_code error;
  port->socket.send(asio::buffer(query->wire), 0, error);
  if (error && error != asio::error::would_block) {
    asio::post(executor_, [weak = weak_from_this(), lost = std::weak_ptr(port)] {
      const auto self = weak.lock();
      const auto still_open = lost.lock();
      if (self && still_open) self->lose(still_open);
    });
  }
  return true;
}

std::shared_ptr<DnsTransport::Port> DnsTransport::open_port() {
  const auto where = endpoint();
  if (!where) return nullptr;
  auto port = std::make_shared<Port>(executor_);
  error_code error;
  port->socket.open(where->protocol(), error);
  if (!error) port->socket.non_blocking(true, error);
  if (!error) port->socket.set_option(udp::socket::receive_buffer_size(kReceiveBuffer), error);
  if (!error) port->socket.connect(*where, error);
  if (error) return nullptr;
  port_ = port;
  wait_for_datagrams(port);
  return port;
}

void DnsTransport::wait_for_datagrams(const std::shared_ptr<Port>& port) {
  port->socket.async_wait(udp::socket::wait_read,
                          [weak = weak_from_this(), waiting = std::weak_ptr(port)](error_code) {
                            const auto self = weak.lock();
                            const auto still_open = waiting.lock();
                            if (self && still_open) self->read_datagrams(still_open);
                          });
}

void DnsTransport::read_datagrams(const std::shared_ptr<Port>& port) {
  std::array<std::uint8_t, kLongestDatagram> datagram;
  for (int i = 0; i < kDatagramsAtOnce && !port->waiting.empty(); ++i) {
    error_code error;
    const std::size_t size = port->socket.receive(asio::buffer(datagram), 0, error);
    if (error == asio::error::would_block) break;
    if (error) return lose(port);
    take(*port, std::span(datagram).first(size));
  }
  if (!port->waiting.empty()) wait_for_datagrams(port);
}

void DnsTransport::take(Port& port, std::span<const std::uint8_t> datagram) {
  if (datagram.size() < 2) return;
  const auto [begin, end] = port.waiting.equal_range(u16(datagram));
  for (auto at = begin; at != end; ++at) {
    const dns::Echo echo = dns::echo_of(datagram, at->second->wire);
    if (echo != dns::Echo::none) return finish(at->second, {Outcome::reply, echo, datagram});
  }
}

// The kernel does not say which datagram the error is about (ICMP, RFC 1122 4.1.3.3).
void DnsTransport::lose(const std::shared_ptr<Port>& port) {
  if (port_.lock() == port) port_.reset();
  for (const auto& [id, query] : std::exchange(port->waiting, {})) finish(query, {});
}

// What is done when a step over TCP went well, unless the query is over by then.
auto DnsTransport::then(const std::shared_ptr<Connection>& connection, auto next) {
  return [weak = weak_from_this(), connection, next](error_code error, std::size_t = 0) {
    const auto self = weak.lock();
    if (!self || !connection->socket.is_open()) return;
    if (error) return self->finish(connection->query, {});
    next(*self);
  };
}

bool DnsTransport::connect(Queries::iterator query) {
  const auto where = endpoint();
  if (!where) return false;
  auto connection = std::make_shared<Connection>(executor_, query);
  const tcp::endpoint same(where->address(), where->port());
  error_code error;
  connection->socket.open(same.protocol(), error);
  if (error) return false;
  query->connection = connection;
  const std::size_t size = query->wire.size();
  connection->message = {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  connection->message.insert(connection->message.end(), query->wire.begin(), query->wire.end());
  connection->socket.async_connect(same, then(connection, [connection](DnsTransport& self) {
                                     asio::async_write(
                                         connection->socket, asio::buffer(connection->message),
                                         self.then(connection, [connection](DnsTransport& writer) {
                                           writer.read_length(connection);
                                         }));
                                   }));
  return true;
}

void DnsTransport::read_length(const std::shared_ptr<Connection>& connection) {
  asio::async_read(connection->socket, asio::buffer(connection->length),
                   then(connection, [connection](DnsTransport& self) {
                     connection->message.resize(u16(connection->length));
                     self.read_message(connection);
                   }));
}

void DnsTransport::read_message(const std::shared_ptr<Connection>& connection) {
  asio::async_read(connection->socket, asio::buffer(connection->message),
                   then(connection, [connection](DnsTransport& self) {
                     const auto query = connection->query;
                     const dns::Echo echo = dns::echo_of(connection->message, query->wire);
                     if (echo == dns::Echo::none) return self.read_length(connection);
                     self.finish(query, {Outcome::reply, echo, connection->message});
                   }));
}

// One timer for all, which is not set anew as long as any query is open.
void DnsTransport::watch_deadlines() {
  if (watching_ || open_.empty()) return;
  watching_ = true;
  deadline_timer_.expires_at(open_.front().deadline);
  deadline_timer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->watching_ = false;
    const auto now = steady_clock::now();
    while (!self->open_.empty() && self->open_.front().deadline <= now) {
      self->finish(self->open_.begin(), {Outcome::timeout});
    }
    self->watch_deadlines();
  });
}

void DnsTransport::finish(Queries::iterator query, const Result& result) {
  if (query->port) {
    auto& waiting = query->port->waiting;
    const auto [begin, end] = waiting.equal_range(u16(query->wire));
    const auto own = std::find_if(begin, end, [&](const auto& one) { return one.second == query; });
    if (own != end) waiting.erase(own);
  }
  error_code ignored;
  if (query->connection) query->connection->socket.close(ignored);
  const Query over = std::move(*query);
  open_.erase(query);
  if (open_.empty()) {
    deadline_timer_.cancel();
    watching_ = false;
  }
  over.handler(result);
}

}  // namespace postern::resolver
