// Over UDP, for IPv4 and IPv6.
#include "common/resolver/dns_transport.h"

#include <gtest/gtest.h>

#include "tests/unit/common/resolver/dns_transport_fixture.h"

namespace postern::resolver::dns_transport_test {
namespace {

using namespace dns_transport;

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

}  // namespace
}  // namespace postern::resolver::dns_transport_test
