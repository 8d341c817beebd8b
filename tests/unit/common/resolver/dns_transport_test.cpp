// Over real sockets on loopback, against a server that sends whatever a test says.
#include "common/resolver/dns_transport.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <string>

#include "common/dns/dns_message.h"

namespace postern::resolver::dns_transport_test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using namespace std::chrono_literals;

using Bytes = std::vector<std::uint8_t>;
using Outcome = DnsTransport::Outcome;
using Protocol = DnsTransport::Protocol;

constexpr auto kLong = 30s;  // for what must come

Bytes query_for(std::uint16_t id, const std::string& name) {
  return dns::encode_query(id, {DomainName::parse(name).value(), dns::DnsType::mx}, dns::Edns::opt);
}

Bytes reply_to(Bytes query) {
  query[2] |= 0x80;
  return query;
}

Bytes with(Bytes message, std::size_t at, std::uint8_t bits) {
  message[at] ^= bits;
  return message;
}

Bytes cut(Bytes message, std::size_t size) {
  message.resize(size);
  return message;
}

struct Ended {
  Outcome outcome;
  dns::Echo echo;
  Bytes wire;
};

dns::DnsServer server_at(const asio::ip::address& address, std::uint16_t port) {
  return dns::DnsServer::parse(address.to_string() + "#" + std::to_string(port)).value();
}

class DnsTransportTest : public testing::Test {
 protected:
  explicit DnsTransportTest(const asio::ip::address& at = asio::ip::address_v4::loopback())
      : server(io, udp::endpoint(at, 0)), other(io, udp::endpoint(at, 0)) {
    receive();
  }

  void start(std::chrono::milliseconds patience = kLong) {
    transport = std::make_shared<DnsTransport>(
        io.get_executor(), server_at(server.local_endpoint().address(), port()), patience);
  }
  std::uint16_t port() const { return server.local_endpoint().port(); }

  void send(const Bytes& query, Protocol protocol = Protocol::udp) {
    const std::size_t before = ended.size();
    transport->send(protocol, query, [this](const DnsTransport::Result& result) {
      ended.push_back({result.outcome, result.echo, Bytes(result.wire.begin(), result.wire.end())});
    });
    EXPECT_EQ(ended.size(), before) << "called from inside send()";
  }

  void run_until(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + kLong;
    while (ended.size() < count && std::chrono::steady_clock::now() < end) io.run_one_for(100ms);
    EXPECT_EQ(ended.size(), count);
  }

  void receive() {
    server.async_receive_from(asio::buffer(buffer), client, [this](error_code error, auto size) {
      if (error) return;
      ports.insert(client.port());
      on_query(Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)));
      receive();
    });
  }
  void say(const Bytes& bytes) { server.send_to(asio::buffer(bytes), client); }

  asio::io_context io{1};
  udp::socket server;
  udp::socket other;
  udp::endpoint client;  // who asked last
  std::array<std::uint8_t, 4096> buffer{};
  std::set<std::uint16_t> ports;  // that queries came from
  std::function<void(const Bytes&)> on_query = [this](const Bytes& query) { say(reply_to(query)); };
  std::vector<Ended> ended;
  std::shared_ptr<DnsTransport> transport;
};

struct Forgery {
  const char* name;
  std::function<Bytes(const Bytes&)> of;
};

const std::vector<Forgery>& forgeries() {
  static const std::vector<Forgery> all{
      {"WrongId", [](const Bytes& query) { return with(reply_to(query), 1, 1); }},
      {"WrongName", [](const Bytes& query) { return with(reply_to(query), 13, 1); }},
      {"WrongType", [](const Bytes& query) { return with(reply_to(query), 12 + 14 + 1, 1); }},
      {"WrongClass", [](const Bytes& query) { return with(reply_to(query), 12 + 14 + 3, 2); }},
      {"NoReply", [](const Bytes& query) { return query; }},
      {"NoQuestion", [](const Bytes& query) { return with(reply_to(query), 5, 1); }},
      {"TwoQuestions", [](const Bytes& query) { return with(reply_to(query), 5, 3); }},
      {"BareHeader", [](const Bytes& query) { return cut(reply_to(query), 12); }},
      {"Cut", [](const Bytes& query) { return cut(reply_to(query), 20); }},
      {"OneOctet", [](const Bytes&) { return Bytes(1, 0); }},
      {"Nothing", [](const Bytes&) { return Bytes(); }}};
  return all;
}

TEST_F(DnsTransportTest, ForgeriesAreDroppedAndTheReplyBehindThemCounts) {
  start();
  const Bytes query = query_for(0x1234, "mail.example");
  on_query = [&](const Bytes& asked) {
    other.send_to(asio::buffer(reply_to(asked)), client);  // wrong port
    for (const Forgery& forgery : forgeries()) say(forgery.of(asked));
    say(reply_to(asked));
    say(with(reply_to(asked), 3, 3));  // a second one comes too late
  };
  send(query);
  run_until(1);
  EXPECT_EQ(ended[0].outcome, Outcome::reply);
  EXPECT_EQ(ended[0].echo, dns::Echo::exact);
  EXPECT_EQ(ended[0].wire, reply_to(query));
}

TEST_F(DnsTransportTest, AForgeryAloneIsSilence) {
  start(100ms);
  std::size_t turn = 0;
  on_query = [&](const Bytes& asked) { say(forgeries()[turn].of(asked)); };
  for (; turn < forgeries().size(); ++turn) {
    send(query_for(7, "mail.example"));
    run_until(turn + 1);
    EXPECT_EQ(ended.back().outcome, Outcome::timeout) << forgeries()[turn].name;
  }
}

TEST_F(DnsTransportTest, OtherLettersAreTold) {
  start();
  on_query = [this](const Bytes& asked) { say(with(reply_to(asked), 13, 0x20)); };
  send(query_for(7, "mail.example"));
  run_until(1);
  EXPECT_EQ(ended[0].echo, dns::Echo::other_letters);
}

TEST_F(DnsTransportTest, TheQuestionSaysToWhichOfOneIdAReplyBelongs) {
  start();
  std::vector<Bytes> asked;
  on_query = [&](const Bytes& query) {
    asked.push_back(query);
    if (asked.size() < 3) return;
    for (const std::size_t which : {2U, 0U, 1U}) say(reply_to(asked[which]));
  };
  for (const char* name : {"a.example", "b.example", "c.example"}) send(query_for(7, name));
  run_until(3);
  EXPECT_EQ(ended[0].wire, reply_to(query_for(7, "c.example")));
  EXPECT_EQ(ended[1].wire, reply_to(query_for(7, "a.example")));
  EXPECT_EQ(ended[2].wire, reply_to(query_for(7, "b.example")));
}

// What cannot be read further back is for others to judge, and ends nothing else.
TEST_F(DnsTransportTest, GarbageBehindTheQuestionEndsOneQuery) {
  start();
  std::vector<Bytes> asked;
  on_query = [&](const Bytes& query) {
    asked.push_back(query);
    if (asked.size() < 2) return;
    Bytes garbage = reply_to(asked[0]);
    garbage.insert(garbage.end(), 100, 0xff);
    say(garbage);
    say(reply_to(asked[1]));
  };
  send(query_for(1, "bad.example"));
  send(query_for(2, "good.example"));
  run_until(2);
  EXPECT_EQ(ended[0].outcome, Outcome::reply);
  EXPECT_EQ(ended[1].wire, reply_to(query_for(2, "good.example")));
}

TEST_F(DnsTransportTest, APortIsSharedWhileAQueryIsOpenAndNoLonger) {
  start();
  std::vector<Bytes> asked;
  on_query = [&](const Bytes& query) {
    asked.push_back(query);
    if (asked.size() == 2)
      for (const Bytes& one : asked) say(reply_to(one));
    if (asked.size() > 2) say(reply_to(query));
  };
  send(query_for(1, "a.example"));
  send(query_for(2, "b.example"));
  run_until(2);
  EXPECT_EQ(ports.size(), 1U);
  // The system may pick a port again, but not always.
  for (std::uint16_t id = 3; id < 7; ++id) {
    send(query_for(id, "c.example"));
    run_until(id);
  }
  EXPECT_GE(ports.size(), 3U);
}

TEST_F(DnsTransportTest, TimeoutsComeInTheirOrder) {
  start(200ms);
  on_query = [](const Bytes&) {};
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    transport->send(Protocol::udp, query_for(static_cast<std::uint16_t>(i), "a.example"),
                    [&, i](const DnsTransport::Result& result) {
                      order.push_back(i);
                      ended.push_back({result.outcome, result.echo, {}});
                    });
  }
  run_until(5);
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
  for (const Ended& one : ended) EXPECT_EQ(one.outcome, Outcome::timeout);
}

TEST_F(DnsTransportTest, AClosedPortEndsAllThatIsOpenThere) {
  start();
  on_query = [](const Bytes&) {};
  send(query_for(1, "a.example"));
  while (ports.empty()) io.run_one_for(100ms);
  server.close();
  send(query_for(2, "b.example"));
  run_until(2);
  send(query_for(3, "c.example"));
  run_until(3);
  for (const Ended& one : ended) EXPECT_EQ(one.outcome, Outcome::unreachable);
}

// The system refuses to connect to it.
TEST_F(DnsTransportTest, WhereNothingCanBeSentIsUnreachable) {
  transport = std::make_shared<DnsTransport>(
      io.get_executor(), server_at(asio::ip::address_v4::broadcast(), 53), kLong);
  send(query_for(1, "a.example"));
  send(query_for(2, "a.example"), Protocol::tcp);
  run_until(2);
  for (const Ended& one : ended) EXPECT_EQ(one.outcome, Outcome::unreachable);
}

TEST_F(DnsTransportTest, AnInterfaceThatIsNotThereIsUnreachable) {
  transport = std::make_shared<DnsTransport>(
      io.get_executor(), dns::DnsServer::parse("fe80::53%not-there").value(), kLong);
  send(query_for(1, "a.example"));
  send(query_for(2, "a.example"), Protocol::tcp);
  run_until(2);
  for (const Ended& one : ended) EXPECT_EQ(one.outcome, Outcome::unreachable);
}

TEST_F(DnsTransportTest, NobodyIsCalledOnceItIsGone) {
  start();
  send(query_for(1, "a.example"));
  send(query_for(2, "a.example"), Protocol::tcp);
  transport.reset();
  for (int i = 0; i < 10; ++i) io.run_one_for(10ms);
  EXPECT_TRUE(ended.empty());
}

TEST_F(DnsTransportTest, AHandlerMayEndItAll) {
  start();
  transport->send(Protocol::udp, query_for(1, "a.example"),
                  [this](const DnsTransport::Result& result) {
                    transport.reset();
                    ended.push_back({result.outcome, result.echo, {}});
                  });
  run_until(1);
  EXPECT_EQ(ended[0].outcome, Outcome::reply);
}

class DnsTransportOverIpv6 : public DnsTransportTest {
 protected:
  DnsTransportOverIpv6() : DnsTransportTest(asio::ip::address_v6::loopback()) {}
};

TEST_F(DnsTransportOverIpv6, IsTheSame) {
  start();
  send(query_for(1, "a.example"));
  run_until(1);
  EXPECT_EQ(ended[0].wire, reply_to(query_for(1, "a.example")));
}

// --- TCP

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
}  // namespace postern::resolver::dns_transport_test
