// Whole messages to one DNS server and back, over UDP and TCP (RFC 1035 4.2). Nothing is sent
// twice, and nothing judged but whether a message is a reply to a query (common/dns/dns_letters.h):
// anything else is dropped, and waiting goes on.
//
// Queries over UDP share a connected socket on a port that the kernel picks, as long as one of them
// is open and for a second at most; over TCP each has a connection to itself, so that servers which
// answer in turn, and connections that break, hold up nobody else.
//
// Lives on one executor (one thread), in a shared_ptr. Queries that are still open when it is
// destroyed are dropped without a call.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/dns/dns_letters.h"
#include "common/dns/dns_server.h"

namespace postern::resolver {

class DnsTransport : public std::enable_shared_from_this<DnsTransport> {
 public:
  enum class Protocol { udp, tcp };

  // unreachable: the server's machine said so, or it could not be sent.
  enum class Outcome { reply, timeout, unreachable };
  struct Result {
    Outcome outcome = Outcome::unreachable;
    // Of `reply`; `wire` during the call alone.
    dns::Echo echo = dns::Echo::none;
    std::span<const std::uint8_t> wire = {};
  };
  using Handler = std::function<void(const Result&)>;

  // A query that has no reply after `patience` ends with `timeout`.
  DnsTransport(boost::asio::any_io_executor executor, dns::DnsServer server,
               std::chrono::milliseconds patience);
  ~DnsTransport();
  DnsTransport(const DnsTransport&) = delete;
  DnsTransport& operator=(const DnsTransport&) = delete;

  // Sends `query`, one of encode_query(). Calls `handler` at most once, on the executor and never
  // from inside send().
  void send(Protocol protocol, std::vector<std::uint8_t> query, Handler handler);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Port;
  struct Connection;
  struct Query {
    std::vector<std::uint8_t> wire;
    Handler handler;
    TimePoint deadline;
    std::shared_ptr<Port> port;              // over UDP
    std::shared_ptr<Connection> connection;  // over TCP
  };
  using Queries = std::list<Query>;

  [[nodiscard]] std::optional<boost::asio::ip::udp::endpoint> endpoint() const;
  bool send_datagram(Queries::iterator query);
  std::shared_ptr<Port> open_port();
  void wait_for_datagrams(const std::shared_ptr<Port>& port);
  void read_datagrams(const std::shared_ptr<Port>& port);
  void take(Port& port, std::span<const std::uint8_t> datagram);
  void lose(const std::shared_ptr<Port>& port);
  bool connect(Queries::iterator query);
  auto then(const std::shared_ptr<Connection>& connection, auto next);
  void read_length(const std::shared_ptr<Connection>& connection);
  void read_message(const std::shared_ptr<Connection>& connection);
  void watch_deadlines();
  void finish(Queries::iterator query, const Result& result);

  const boost::asio::any_io_executor executor_;
  const dns::DnsServer server_;
  const std::chrono::milliseconds patience_;
  Queries open_;  // in the order of their deadlines
  boost::asio::steady_timer deadline_timer_;
  bool watching_ = false;
  std::weak_ptr<Port> port_;  // for the next query; a port lives as long as a query on it
};

}  // namespace postern::resolver
