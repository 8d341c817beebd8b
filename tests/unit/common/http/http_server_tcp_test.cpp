// The HTTP server over TCP, as Prometheus meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/http/http_fixture.h"

namespace postern::http::http_server_tcp_test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(HttpServerTcp, AnswersOnBothKindsOfAddresses) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    ListenAddress address;
    address.address = IpAddress::parse(host).value();
    auto listener = os::Listener::open(address);
    if (!listener) GTEST_SKIP() << listener.error().text;  // no IPv6
    RawClient client(listener->connect().value());
    boost::asio::io_context io{1};
    HttpServer server(io.get_executor(), std::move(*listener), HttpServer::Limits{},
                      [](const HttpRequest& request, const HttpServer::Respond& respond) {
                        respond({200, request.target, "text/plain; version=0.0.4"});
                      });
    server.start();
    std::thread thread([&io] { io.run(); });
    client.say(get("/metrics"));
    EXPECT_THAT(client.hear(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                     HasSubstr("Content-Type: text/plain; version=0.0.4\r\n"),
                                     EndsWith("\r\n\r\n/metrics")))
        << host;
    boost::asio::post(io, [&server] { server.stop(); });
    thread.join();
  }
}

}  // namespace
}  // namespace postern::http::http_server_tcp_test
