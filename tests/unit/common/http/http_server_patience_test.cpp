// Clients that keep the server waiting, and how it makes room for others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "common/http/http_server.h"
#include "tests/support/stopwatch.h"
#include "tests/unit/common/http/http_fixture.h"

namespace postern::http::http_server_patience_test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(HttpServer, AByteNowAndThenIsNotEnough) {
  HttpServer::Limits limits;
  limits.first_request = std::chrono::seconds{1};
  HttpFixture fixture(echo, limits);
  RawClient client(fixture.path());
  const Stopwatch watch;
  std::thread drip([&] {
    while (client.say("G")) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  });
  EXPECT_THAT(client.hear(), IsEmpty());
  drip.join();
  EXPECT_LT(watch.own(), std::chrono::seconds{10});
}

TEST(HttpServer, WhoReadsNoAnswerIsGivenUp) {
  HttpServer::Limits limits;
  limits.idle = std::chrono::seconds{1};
  limits.max_connections = 1;
  HttpFixture fixture(
      [](const HttpRequest&, const HttpServer::Respond& respond) {
        respond({200, std::string(std::size_t{8} << 20, 'x')});
      },
      limits);
  RawClient lazy(fixture.path());
  lazy.say(get("/"));
  std::string answer;
  for (int i = 0; answer.empty() && i < 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    answer = answer_of(fixture, get("/"));
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
}

std::chrono::seconds time_to_the_end(RawClient& client) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(client.hear(), IsEmpty());
  return std::chrono::round<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
}

TEST(HttpServer, WhoAsksNothingIsGivenUpSoonerThanWhoHasAsked) {
  EXPECT_LT(HttpServer::Limits{}.first_request, HttpServer::Limits{}.idle);
  HttpServer::Limits limits;
  limits.first_request = std::chrono::seconds{1};
  limits.idle = std::chrono::seconds{60};
  HttpFixture fixture(echo, limits);
  RawClient used(fixture.path());
  used.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  used.hear("GET / []");
  RawClient silent(fixture.path());
  RawClient half(fixture.path());
  half.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx");
  EXPECT_LT(time_to_the_end(silent), std::chrono::seconds{10});
  EXPECT_LT(time_to_the_end(half), std::chrono::seconds{10});
  used.say(get("/again"));
  EXPECT_THAT(used.hear(), EndsWith("GET /again []"));
}

using Clients = std::vector<std::unique_ptr<RawClient>>;

// So many that the server has; each has been answered once, and stays.
Clients full_house(const HttpFixture& fixture, std::size_t many) {
  Clients clients;
  while (clients.size() < many) {
    clients.push_back(std::make_unique<RawClient>(fixture.path()));
    clients.back()->say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    clients.back()->hear("GET / []");
  }
  return clients;
}

TEST(HttpServer, ForANewcomerTheLongestIdleIsClosed) {
  HttpServer::Limits limits;
  limits.max_connections = 3;
  limits.first_request = limits.idle = std::chrono::seconds{60};
  HttpFixture fixture(echo, limits);
  const Clients clients = full_house(fixture, 3);
  // The first to come is not the longest idle any more.
  clients[0]->say("GET /0 HTTP/1.1\r\nHost: x\r\n\r\n");
  clients[0]->hear("GET /0 []");
  RawClient newcomer(fixture.path());
  newcomer.say("GET /new HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(newcomer.hear("GET /new []"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(clients[1]->hear(), IsEmpty());
  for (const std::size_t stays : {0U, 2U}) {
    clients[stays]->say(get("/still"));
    EXPECT_THAT(clients[stays]->hear(), EndsWith("GET /still []")) << stays;
  }
}

TEST(HttpServer, ManyWhoAskNothingLockNobodyOut) {
  HttpServer::Limits limits;
  limits.first_request = std::chrono::seconds{60};
  HttpFixture fixture(echo, limits);
  Clients silent;
  for (std::size_t i = 0; i < limits.max_connections + 10; ++i) {
    silent.push_back(std::make_unique<RawClient>(fixture.path()));
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(answer_of(fixture, get("/in")), EndsWith("GET /in []"));
  }
}

TEST(HttpServer, ManyWhoReadNoAnswerLockNobodyOut) {
  HttpServer::Limits limits;
  limits.max_connections = 4;
  limits.first_request = limits.idle = std::chrono::seconds{60};
  HttpFixture fixture(
      [](const HttpRequest& request, const HttpServer::Respond& respond) {
        respond({200, std::string(request.target == "/big" ? std::size_t{8} << 20 : 2, 'x')});
      },
      limits);
  Clients lazy;
  for (int i = 0; i < 10; ++i) {
    lazy.push_back(std::make_unique<RawClient>(fixture.path()));
    lazy.back()->say(get("/big"));
    EXPECT_THAT(answer_of(fixture, get("/small")), EndsWith("xx")) << i;
  }
}

TEST(HttpServer, WhoIsBeingAnsweredIsNotClosedForANewcomer) {
  HttpServer::Limits limits;
  limits.max_connections = 2;
  std::vector<HttpServer::Respond> responds;  // on the server's thread
  std::promise<void> both;
  HttpFixture fixture(
      [&](const HttpRequest&, HttpServer::Respond respond) {
        responds.push_back(std::move(respond));
        if (responds.size() == 2) both.set_value();
      },
      limits);
  Clients clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<RawClient>(fixture.path()));
    clients.back()->say(get("/"));
  }
  ASSERT_EQ(both.get_future().wait_for(kHttpPatience), std::future_status::ready);
  RawClient third(fixture.path());
  EXPECT_THAT(third.hear(), IsEmpty());
  fixture.on_thread([&] {
    for (const auto& respond : responds) respond({200, "answered"});
  });
  for (const auto& client : clients) EXPECT_THAT(client->hear(), EndsWith("answered"));
}

}  // namespace
}  // namespace postern::http::http_server_patience_test
