// Names without end, as a campaign with random sender domains brings them.
#include <gtest/gtest.h>
#include <malloc.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string>
#include <vector>

#include "common/resolver/resolver.h"
#include "tests/unit/common/resolver/dns_answers.h"

namespace postern::resolver::resolver_flood_test {
namespace {

using boost::asio::ip::udp;

// Says yes to everything, and remembers nothing.
class AddressServer {
 public:
  explicit AddressServer(boost::asio::io_context& io)
      : socket_(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    receive();
  }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  void receive() {
    message_.resize(512);
    socket_.async_receive_from(boost::asio::buffer(message_), client_,
                               [this](auto error, auto size) {
                                 if (error) return;
                                 constexpr std::size_t kOpt = 11;
                                 message_.resize(size - kOpt);
                                 message_[2] |= 0x80;
                                 message_[7] = 1;
                                 message_[11] = 0;
                                 const std::vector<std::uint8_t> record{
                                     0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, 1};
                                 message_.insert(message_.end(), record.begin(), record.end());
                                 socket_.send_to(boost::asio::buffer(message_), client_);
                                 receive();
                               });
  }

  udp::socket socket_;
  udp::endpoint client_;
  std::vector<std::uint8_t> message_;
};

// In this thread alone, whose memory mallinfo2(3) counts; in a build with a sanitizer it counts
// nothing.
TEST(ResolverFlood, OfAHundredThousandNamesNothingStaysBeyondTheCache) {
  constexpr int kAtOnce = 100;
  boost::asio::io_context io{1};
  AddressServer server(io);
  DnsSettings settings;
  settings.attempt_timeout = settings.query_timeout = std::chrono::seconds{60};
  settings.cache.max_bytes = 256 * kKiB;
  settings.upstreams = {{{IpAddress::from_v4(0x7f000001), server.port()}}};
  DnsCache cache(settings.cache);
  Resolver resolver(io.get_executor(), settings, cache);
  int asked = 0;
  int found = 0;
  const auto ask_until = [&](int end) {
    while (asked < end) {
      for (int i = 0; i < kAtOnce; ++i) {
        const std::string name = "n" + std::to_string(++asked) + ".example";
        resolver.ask(question(name), [&found](const dns::DnsFact& fact) {
          found += fact.answer->status == dns::DnsStatus::found ? 1 : 0;
        });
      }
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
      while (found < asked && std::chrono::steady_clock::now() < until) io.run_one();
    }
  };
  ask_until(10'000);  // the cache is full by then
  const std::size_t before = mallinfo2().uordblks;
  ask_until(100'000);
  EXPECT_EQ(found, 100'000);
  EXPECT_LT(mallinfo2().uordblks, before + settings.cache.max_bytes / 4);
  EXPECT_LE(cache.statistics().bytes, settings.cache.max_bytes);
  EXPECT_GT(cache.statistics().evictions, 90'000U);
}

}  // namespace
}  // namespace postern::resolver::resolver_flood_test
