// A small real DNS server for tests: serves a ZoneMap and its faults over UDP and TCP on one port,
// counts and logs what it is asked.
//
// Its sockets live on the executor, which must run one handler at a time. The functions may be
// called from any thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/zone_reply.h"

namespace postern {

class ZoneServer {
 public:
  struct Query {
    Transport transport = Transport::udp;
    std::string name;
    dns::DnsType type = dns::DnsType::a;
    bool edns = false;
    std::uint16_t client_port = 0;       // over UDP
    std::vector<std::uint8_t> question;  // as it came: its letters may be of either case
  };

  // Listens on `where`; port 0 means any. Throws boost::system::system_error when it cannot.
  ZoneServer(const boost::asio::any_io_executor& executor,
             const boost::asio::ip::udp::endpoint& where, ZoneMap zone);
  // On the executor, or when that runs no more.
  ~ZoneServer();
  ZoneServer(const ZoneServer&) = delete;
  ZoneServer& operator=(const ZoneServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // From the next query on. The counts of fail_first and drop_first go on.
  void replace(ZoneMap zone);
  // As if nothing had been asked so far.
  void forget_queries();
  // Closes the sockets: as if the server had died. They do not come back.
  void stop();

  // Every query so far, a repeated one and one over TCP counted anew.
  [[nodiscard]] std::vector<Query> queries() const;
  [[nodiscard]] int count(const std::string& name, dns::DnsType type) const;

  // Called on the executor before each query is answered; may call replace(). Set it before the
  // executor runs.
  void on_query(std::function<void(const Query&)> listener);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace postern
