// For tests of the transport: it asks over real sockets on loopback, and a server says whatever a
// test wants.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/dns/dns_message.h"
#include "common/resolver/dns_transport.h"

namespace postern::resolver::dns_transport {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;
using namespace std::chrono_literals;

using Bytes = std::vector<std::uint8_t>;
using Outcome = DnsTransport::Outcome;
using Protocol = DnsTransport::Protocol;

inline constexpr auto kLong = 30s;  // for what must come

inline Bytes query_for(std::uint16_t id, const std::string& name) {
  return dns::encode_query(id, {DomainName::parse(name).value(), dns::DnsType::mx}, dns::Edns::opt);
}

inline Bytes reply_to(Bytes query) {
  query[2] |= 0x80;
  return query;
}

inline Bytes with(Bytes message, std::size_t at, std::uint8_t bits) {
  message[at] ^= bits;
  return message;
}

inline Bytes cut(Bytes message, std::size_t size) {
  message.resize(size);
  return message;
}

struct Ended {
  Outcome outcome;
  dns::Echo echo;
  Bytes wire;
};

inline dns::DnsServer server_at(const asio::ip::address& address, std::uint16_t port) {
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

inline const std::vector<Forgery>& forgeries() {
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

}  // namespace postern::resolver::dns_transport
