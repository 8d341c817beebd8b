#include "common/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "tests/unit/common/http/http_fixture.h"

namespace postern::http::http_server_test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string answer_to(const std::string& request, HttpServer::Limits limits = {}) {
  HttpFixture fixture(echo, limits);
  return answer_of(fixture, request);
}

std::string post(const std::string& fields, const std::string& body) {
  return "POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n" + body;
}

TEST(HttpServer, PassesMethodTargetAndBody) {
  EXPECT_THAT(answer_to(get("/v1/a?b=c%20d")),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\nGET /v1/a?b=c%20d []")));
  EXPECT_THAT(answer_to(post("Content-Length: 5\r\n", "hello")), EndsWith("POST /p [hello]"));
  EXPECT_THAT(answer_to("PURGE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("PURGE / []"));
}

TEST(HttpServer, AnswersAreJson) {
  EXPECT_THAT(answer_to(get("/")),
              AllOf(HasSubstr("Content-Type: application/json\r\n"),
                    HasSubstr("Content-Length: 8\r\n"), HasSubstr("Connection: close\r\n")));
}

TEST(HttpServer, AnAnswerToHeadHasNoBody) {
  EXPECT_THAT(answer_to("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              EndsWith("\r\n\r\n"));
}

TEST(HttpServer, ManyRequestsOverOneConnection) {
  HttpFixture fixture(echo);
  RawClient client(fixture.path());
  for (int i = 0; i < 100; ++i) {
    const std::string target = "/" + std::to_string(i);
    client.say("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.hear("GET " + target + " []"), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  client.say(get("/last"));
  EXPECT_THAT(client.hear(), EndsWith("GET /last []"));
}

TEST(HttpServer, RequestsSentAheadAreAnsweredInTheirOrder) {
  HttpFixture fixture(echo);
  RawClient client(fixture.path());
  client.say("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" + get("/2"));
  const std::string answers = client.hear();
  EXPECT_LT(answers.find("GET /1 []"), answers.find("GET /2 []"));
  EXPECT_THAT(answers, EndsWith("GET /2 []"));
}

TEST(HttpServer, AConnectionIsNotKeptForever) {
  HttpFixture fixture(echo);
  RawClient client(fixture.path());
  std::string requests;
  for (int i = 0; i < 1100; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  std::thread sender([&] { client.say(requests); });
  const std::string answers = client.hear();
  sender.join();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answers.find("GET / []", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 1000U);
}

TEST(HttpServer, Http10ClosesAfterTheAnswer) {
  EXPECT_THAT(answer_to("GET /old HTTP/1.0\r\n\r\n"), EndsWith("GET /old []"));
}

TEST(HttpServer, BodiesInChunks) {
  EXPECT_THAT(
      answer_to(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")),
      EndsWith("POST /p [abcde]"));
}

TEST(HttpServer, WhoExpectsToBeToldToGoOnIsTold) {
  HttpFixture fixture(echo);
  RawClient client(fixture.path());
  client.say(post("Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("hello");
  EXPECT_THAT(client.hear(), EndsWith("POST /p [hello]"));
}

TEST(HttpServer, WhoExpectsAndSendsAtOnceIsAnswered) {
  EXPECT_THAT(answer_to(post("Content-Length: 5\r\nExpect: 100-continue\r\n", "hello")),
              EndsWith("POST /p [hello]"));
}

TEST(HttpServer, RefusesLongHeaders) {
  HttpServer::Limits limits;
  limits.max_header_bytes = 1000;
  EXPECT_THAT(answer_to(get("/" + std::string(900, 'a')), limits), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to(get("/" + std::string(1000, 'a')), limits),
              AllOf(StartsWith("HTTP/1.1 431 "), EndsWith(R"(want at most 1000 bytes"})")));
  EXPECT_THAT(answer_to(get("/" + std::string(200000, 'a')), limits), StartsWith("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "X: y\r\n";
  EXPECT_THAT(answer_to(post(many, ""), limits), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServer, RefusesLongBodies) {
  HttpServer::Limits limits;
  limits.max_body_bytes = 10;
  EXPECT_THAT(answer_to(post("Content-Length: 10\r\n", "0123456789"), limits),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer_to(post("Content-Length: 11\r\n", ""), limits),
              AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("want at most 10 bytes")));
  EXPECT_THAT(answer_to(post("Content-Length: 99999999999999\r\n", "x"), limits),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      answer_to(post("Transfer-Encoding: chunked\r\n", "b\r\n01234567890\r\n0\r\n\r\n"), limits),
      StartsWith("HTTP/1.1 413 "));
}

class HttpServerRefuses : public testing::TestWithParam<std::string> {};

TEST_P(HttpServerRefuses, WhatTwoProgramsCouldReadDifferently) {
  std::atomic<int> asked{0};
  HttpFixture fixture([&](const HttpRequest& request, const HttpServer::Respond& respond) {
    ++asked;
    echo(request, respond);
  });
  EXPECT_THAT(answer_of(fixture, GetParam()),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr(R"({"error": ")"),
                    HasSubstr("Connection: close\r\n")));
  EXPECT_EQ(asked, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, HttpServerRefuses,
    testing::Values("hello\r\n\r\n", "\x16\x03\x01\x02\x00\x01",     // no HTTP, TLS
                    "GET / HTTP/2.0\r\nHost: x\r\n\r\n",             //
                    "GET / HTTP/1.1\r\n\r\n",                        // Host: none
                    "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",  // two
                    "GET x HTTP/1.1\r\nHost: x\r\n\r\n",             // no path
                    "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",     //
                    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",         //
                    "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",          //
                    "GET / HTTP/1.1\nHost: x\n\n",                   // bare line feeds
                    "GET / HTTP/1.1\r\nHost : x\r\n\r\n",            // space before the colon
                    "GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",  // bare CR
                    post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"),
                    post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"),
                    post("Content-Length: 1, 1\r\n", "a"),  //
                    post("Content-Length: +1\r\n", "a"),    //
                    post("Content-Length: 0x1\r\n", "a"),   //
                    post("Content-Length: -1\r\n", "a"),    //
                    post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                    post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
                    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                         "0\r\n\r\n"),
                    post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
                    post("Transfer-Encoding: gzip\r\n", ""),  //
                    post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
                    post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),  //
                    post("Transfer-Encoding: chunked\r\n", "zz\r\n"),      //
                    post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n"),
                    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));

TEST(HttpServer, ARequestThatIsCutOffHasNoAnswer) {
  HttpFixture fixture(echo);
  for (const std::string request : {"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
    RawClient client(fixture.path());
    client.say(request);
    client.end_of_sending();
    EXPECT_THAT(client.hear(), IsEmpty());
  }
  RawClient body(fixture.path());
  body.say(post("Content-Length: 5\r\n", "hel"));
  body.end_of_sending();
  EXPECT_THAT(body.hear(), IsEmpty());
}

TEST(HttpServer, WhoEndsSendingStillGetsTheAnswer) {
  HttpFixture fixture(echo);
  RawClient client(fixture.path());
  client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.end_of_sending();
  EXPECT_THAT(client.hear(), EndsWith("GET / []"));
}

TEST(HttpServer, WhatAHandlerThrowsIsA500) {
  HttpFixture fixture([](const HttpRequest& request, const HttpServer::Respond& respond) {
    if (request.target == "/after") respond({200, "answered"});
    if (request.target == "/odd") throw 7;
    throw std::runtime_error("\"secret\"");
  });
  EXPECT_THAT(answer_of(fixture, get("/")),
              AllOf(StartsWith("HTTP/1.1 500 "),
                    EndsWith(R"({"error": "found a fault in the daemon itself"})")));
  EXPECT_THAT(answer_of(fixture, get("/odd")), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer_of(fixture, get("/after")), EndsWith("answered"));
}

// Keeps what it is asked, and answers when told to.
struct LateAnswers {
  void take(HttpServer::Respond respond) {
    responds.push_back(std::move(respond));
    came.set_value();
  }
  void wait() { ASSERT_EQ(came.get_future().wait_for(kHttpPatience), std::future_status::ready); }
  HttpServer::Handler handler() {
    return [this](const HttpRequest&, HttpServer::Respond respond) { take(std::move(respond)); };
  }

  std::vector<HttpServer::Respond> responds;  // on the server's thread
  std::promise<void> came;
};

TEST(HttpServer, AnAnswerMayComeLater) {
  LateAnswers late;
  HttpFixture fixture(late.handler());
  RawClient client(fixture.path());
  client.say(get("/"));
  late.wait();
  fixture.on_thread([&] { late.responds.front()({200, "late"}); });
  EXPECT_THAT(client.hear(), EndsWith("late"));
}

TEST(HttpServer, ASecondAnswerIsNone) {
  LateAnswers late;
  HttpFixture fixture(late.handler());
  RawClient client(fixture.path());
  client.say(get("/"));
  late.wait();
  fixture.on_thread([&] {
    late.responds.front()({200, "first"});
    late.responds.front()({200, "second"});
  });
  EXPECT_THAT(client.hear(), EndsWith("first"));
}

TEST(HttpServer, AClientThatGoesAwayBeforeTheAnswerDoesNoHarm) {
  LateAnswers late;
  HttpFixture fixture(late.handler());
  {
    RawClient client(fixture.path());
    client.say(get("/"));
    late.wait();
  }
  late.came = {};
  fixture.on_thread([&] { late.responds.front()({200, std::string(1000000, 'x')}); });
  RawClient other(fixture.path());
  other.say(get("/"));
  late.wait();
  fixture.on_thread([&] { late.responds.back()({200, "still here"}); });
  EXPECT_THAT(other.hear(), EndsWith("still here"));
}

TEST(HttpServer, StoppingClosesEverythingWhateverIsUnderWay) {
  LateAnswers late;
  HttpFixture fixture(late.handler());
  RawClient idle(fixture.path());
  RawClient half(fixture.path());
  half.say("GET /");
  RawClient waiting(fixture.path());
  waiting.say(get("/"));
  late.wait();
  fixture.on_thread([&] { fixture.server->stop(); });
  EXPECT_THAT(idle.hear(), IsEmpty());
  EXPECT_THAT(half.hear(), IsEmpty());
  EXPECT_THAT(waiting.hear(), IsEmpty());
  EXPECT_FALSE(os::connect_unix(fixture.path(), kHttpPatience));
  // An answer to nobody, before and after the server is gone.
  fixture.on_thread([&] { late.responds.front()({200, "late"}); });
  fixture.on_thread([&] { fixture.server.reset(); });
  fixture.on_thread([&] { late.responds.front()({200, "later"}); });
}

TEST(HttpServer, AHandlerMayEndTheServer) {
  std::unique_ptr<HttpServer>* server = nullptr;
  HttpFixture fixture([&server](const HttpRequest&, const HttpServer::Respond& respond) {
    server->reset();
    respond({200, "too late"});
  });
  fixture.on_thread([&] { server = &fixture.server; });
  EXPECT_THAT(answer_of(fixture, get("/")), IsEmpty());
}

TEST(HttpServer, AServerThatNeverStartedCanBeDestroyed) {
  const TemporaryFolder folder;
  boost::asio::io_context io;
  {
    const HttpServer server(io.get_executor(), HttpFixture::listener_at(folder.path("s")), {},
                            echo);
  }
  EXPECT_FALSE(os::connect_unix(folder.path("s"), kHttpPatience));
}

TEST(HttpServer, ManyClientsAtOnce) {
  HttpFixture fixture(echo);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 20; ++j) {
        const std::string target = "/" + std::to_string(i) + "/" + std::to_string(j);
        if (answer_of(fixture, get(target)).ends_with("GET " + target + " []")) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 160);
}

}  // namespace
}  // namespace postern::http::http_server_test
