// The control protocol as posternctl meets it: through HTTP, with the daemon's main loop on a
// thread of its own and DNS on another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/http/http_client.h"
#include "tests/unit/server/control/control_fixture.h"

namespace postern::control::control_over_http_test {
namespace {

using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{20};

constexpr const char* kRules = "version: 1\nrules: [{ name: a, then: log }]\n";
constexpr const char* kZone = R"(zone:
  a.example: { A: [192.0.2.1] }
  slow.example: { fault: timeout }
)";

class ControlOverHttp : public testing::Test {
 protected:
  ControlOverHttp()
      : http_(std::make_unique<http::HttpServer>(
            fixture_.main.get_executor(), listener(), http::HttpServer::Limits{},
            [this](const http::HttpRequest& request, http::HttpServer::Respond respond) {
              fixture_.control->answer(request, std::move(respond));
              asked_.set_value();
            })) {
    http_->start();
    main_ = std::thread([this] { fixture_.main.run(); });
  }
  ~ControlOverHttp() override {
    boost::asio::post(fixture_.main, [this] { http_->stop(); });
    main_.join();
  }

  [[nodiscard]] std::string path() const { return fixture_.folder.path("control"); }

  [[nodiscard]] os::Listener listener() const {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = path();
    return os::Listener::open(address).value();
  }

  ControlFixture fixture_{kRules, kZone};
  std::promise<void> asked_;
  std::unique_ptr<http::HttpServer> http_;
  std::thread main_;
};

TEST_F(ControlOverHttp, AnswersComeBack) {
  const auto answer =
      http::ask_http(path(), {"GET", "/v1/dns?name=a.example&type=A", ""}, kPatience);
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->status, 200U);
  EXPECT_THAT(answer->body, HasSubstr(R"("addresses":["192.0.2.1"])"));
}

TEST_F(ControlOverHttp, StoppingWhileDnsIsAskedDoesNoHarm) {
  Result<http::HttpResponse> answer = failure("not asked");
  std::thread client([&] {
    answer = http::ask_http(path(), {"GET", "/v1/dns?name=slow.example&type=A", ""}, kPatience);
  });
  asked_.get_future().wait();
  std::promise<void> gone;
  boost::asio::post(fixture_.main, [&] {
    http_.reset();
    gone.set_value();
  });
  client.join();
  gone.get_future().wait();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().text, HasSubstr("was closed before there was an answer"));
  // The answer comes when nobody is there any more: the resolver gives it as it is stopped.
  fixture_.dns.resolver->stop();
  fixture_.dns.on_thread([] { return 0; });
  http_ =
      std::make_unique<http::HttpServer>(fixture_.main.get_executor(), listener(),
                                         http::HttpServer::Limits{}, http::HttpServer::Handler());
}

}  // namespace
}  // namespace postern::control::control_over_http_test
