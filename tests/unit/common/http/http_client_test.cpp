#include "common/http/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/http/http_fixture.h"

namespace postern::http::http_client_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::milliseconds kPatience = kHttpPatience;

void echo(const HttpRequest& request, const HttpServer::Respond& respond) {
  respond({request.target == "/none" ? 404U : 200U,
           request.method + " " + request.target + " [" + request.body + "]"});
}

std::string error_of(const std::string& path, std::chrono::milliseconds patience = kPatience) {
  const auto response = ask_http(path, {"GET", "/", ""}, patience);
  return response ? "no error" : response.error().text;
}

// Something that listens and says `text` to whoever comes, whatever is asked, and then hangs up.
class Babbler {
 public:
  explicit Babbler(const std::string& text)
      : listener_(HttpFixture::listener_at(path())), thread_([this, text] { serve(text); }) {}
  Babbler(const Babbler&) = delete;
  Babbler& operator=(const Babbler&) = delete;
  ~Babbler() { thread_.join(); }
  [[nodiscard]] std::string path() const { return folder_.path("babbler"); }

 private:
  void serve(const std::string& text) const {
    pollfd waiting{listener_.fd(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(kPatience.count()));
    const os::UniqueFd client(::accept(listener_.fd(), nullptr, nullptr));
    std::string_view left = text;
    while (!left.empty()) {
      const ssize_t sent = ::send(client.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  TemporaryFolder folder_;
  os::Listener listener_;
  std::thread thread_;
};

TEST(HttpClient, AsksAndGetsTheAnswer) {
  HttpFixture fixture(echo);
  const auto got = ask_http(fixture.path(), {"GET", "/v1/a?b=%20", ""}, kPatience);
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->status, 200U);
  EXPECT_EQ(got->body, "GET /v1/a?b=%20 []");
  const auto none = ask_http(fixture.path(), {"DELETE", "/none", "{}"}, kPatience);
  ASSERT_TRUE(none) << none.error().text;
  EXPECT_EQ(none->status, 404U);
  EXPECT_EQ(none->body, "DELETE /none [{}]");
}

TEST(HttpClient, LargeAnswersArriveWhole) {
  const std::string large(std::size_t{2} << 20, 'x');
  HttpFixture fixture([&](const HttpRequest&, const HttpServer::Respond& respond) {
    respond({200, large});
  });
  const auto got = ask_http(fixture.path(), {"GET", "/", ""}, kPatience);
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->body.size(), large.size());
}

TEST(HttpClient, ReadsWhyALargeRequestIsRefused) {
  HttpFixture fixture(echo);
  const auto got = ask_http(fixture.path(), {"POST", "/", std::string(5000000, 'x')}, kPatience);
  ASSERT_TRUE(got) << got.error().text;
  EXPECT_EQ(got->status, 413U);
}

TEST(HttpClient, SaysThatNobodyIsThere) {
  EXPECT_THAT(error_of("/nonexistent/postern.control"), HasSubstr("the daemon does not run"));
}

TEST(HttpClient, WaitsNoLongerThanItMay) {
  HttpServer::Respond pending;
  HttpFixture fixture(
      [&](const HttpRequest&, HttpServer::Respond respond) { pending = std::move(respond); });
  EXPECT_THAT(
      error_of(fixture.path(), std::chrono::milliseconds{100}),
      AllOf(StartsWith("cannot ask " + fixture.path()), HasSubstr("no answer within 100 ms")));
}

TEST(HttpClient, SaysThatTheConnectionWasClosed) {
  HttpServer::Limits limits;
  limits.max_connections = 0;
  HttpFixture fixture(echo, limits);
  EXPECT_THAT(error_of(fixture.path()), HasSubstr("was closed before there was an answer"));
}

TEST(HttpClient, AnAnswerThatIsCutOffIsNone) {
  const Babbler babbler("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}");
  EXPECT_THAT(error_of(babbler.path()), HasSubstr("was closed before there was an answer"));
}

TEST(HttpClient, SaysThatItIsNotHttp) {
  const Babbler babbler("220 mail.example ESMTP\r\n");
  EXPECT_THAT(error_of(babbler.path()), HasSubstr("found no answer in HTTP"));
}

TEST(HttpClient, RefusesAnswersWithoutEnd) {
  const Babbler told("HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n{}");
  EXPECT_THAT(error_of(told.path()), HasSubstr("an answer of more than 67108864 bytes"));
  const Babbler untold("HTTP/1.1 200 OK\r\n\r\n" + std::string(kMaxResponseBody + 100000, 'x'));
  // So much takes a while under a sanitizer.
  EXPECT_THAT(error_of(untold.path(), 10 * kPatience),
              HasSubstr("an answer of more than 67108864 bytes"));
}

}  // namespace
}  // namespace postern::http::http_client_test
