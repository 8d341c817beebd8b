// The transport over TCP.
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <list>

#include "tests/unit/common/resolver/dns_transport_fixture.h"

namespace postern::resolver::dns_tcp_transport_test {
namespace {

using namespace dns_transport;
using asio::ip::tcp;

class DnsTransportOverTcp : public DnsTransportTest {
 protected:
  DnsTransportOverTcp() : acceptor(io, tcp::endpoint(tcp::v4(), 0)) {}

  void start(std::chrono::milliseconds patience = kLong) {
    transport = std::make_shared<DnsTransport>(
        io.get_executor(),
        server_at(asio::ip::address_v4::loopback(), acceptor.local_endpoint().port()), patience);
    accept();
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket accepted) {
      if (error) return;
      connections.emplace_back(std::move(accepted));
      read(connections.back());
      accept();
    });
  }

  struct Accepted {
    explicit Accepted(tcp::socket&& from) : socket(std::move(from)) {}
    tcp::socket socket;
    Bytes frame = Bytes(2 + query_for(7, "mail.example").size());  // of the one query that there is
  };

  void read(Accepted& one) {
    asio::async_read(one.socket, asio::buffer(one.frame), [this, &one](error_code error, auto) {
      if (!error) on_connection(one.socket, Bytes(one.frame.begin() + 2, one.frame.end()));
    });
  }

  static Bytes framed(const Bytes& message) {
    Bytes frame{static_cast<std::uint8_t>(message.size() >> 8),
                static_cast<std::uint8_t>(message.size())};
    frame.insert(frame.end(), message.begin(), message.end());
    return frame;
  }

  void ask() { send(query_for(7, "mail.example"), Protocol::tcp); }

  tcp::acceptor acceptor;
  std::list<Accepted> connections;
  std::function<void(tcp::socket&, const Bytes&)> on_connection;
};

TEST_F(DnsTransportOverTcp, TheReplyMayComeBehindForgeriesAndInPieces) {
  start();
  Bytes due = reply_to(query_for(7, "mail.example"));
  due.resize(65535);
  on_connection = [&](tcp::socket& socket, const Bytes& query) {
    for (const Forgery& forgery : forgeries()) {
      asio::write(socket, asio::buffer(framed(forgery.of(query))));
    }
    const Bytes frame = framed(due);
    asio::write(socket, asio::buffer(frame, 1));
    asio::post(io, [&socket, frame] { asio::write(socket, asio::buffer(frame) + 1); });
  };
  ask();
  run_until(1);
  EXPECT_EQ(ended[0].wire, due);
}

TEST_F(DnsTransportOverTcp, AConnectionThatBreaksBreaksAlone) {
  start();
  on_connection = [this](tcp::socket& socket, const Bytes& query) {
    if (connections.size() == 1) return;
    if (connections.size() == 2) return socket.close();
    connections.front().socket.close();
    asio::write(socket, asio::buffer(framed(reply_to(query))));
  };
  for (int i = 0; i < 3; ++i) ask();
  run_until(3);
  std::multiset<Outcome> outcomes;
  for (const Ended& one : ended) outcomes.insert(one.outcome);
  EXPECT_EQ(outcomes.count(Outcome::unreachable), 2U);
  EXPECT_EQ(outcomes.count(Outcome::reply), 1U);
}

TEST_F(DnsTransportOverTcp, AConnectionThatStallsIsGivenUp) {
  start(300ms);
  on_connection = [](tcp::socket& socket, const Bytes& query) {
    asio::write(socket, asio::buffer(framed(reply_to(query)), 20));
  };
  ask();
  run_until(1);
  EXPECT_EQ(ended[0].outcome, Outcome::timeout);
  error_code error;
  std::array<std::uint8_t, 1> more{};
  asio::read(connections.back().socket, asio::buffer(more), error);
  EXPECT_TRUE(error) << "it is closed";
}

TEST_F(DnsTransportOverTcp, NobodyListens) {
  start();
  acceptor.close();
  ask();
  run_until(1);
  EXPECT_EQ(ended[0].outcome, Outcome::unreachable);
}

}  // namespace
}  // namespace postern::resolver::dns_tcp_transport_test
