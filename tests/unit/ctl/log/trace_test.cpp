// posternctl trace and report, against daemons that say what they are told to.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::trace_test {
namespace {

constexpr const char* kSet =
    R"({"id": 3, "client": "192.0.2.7", "sender_domain": null, "instance": null,
        "seconds_left": 1, "decisions": 0, "left_out": 0})";

class TraceCommand : public testing::Test {
 protected:
  InstallationFixture fixture_;
};

TEST_F(TraceCommand, SetsItWithBothDaemons) {
  std::atomic<int> asked{0};
  fixture_.start([&](const http::HttpRequest& request) {
    ++asked;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/v1/trace");
    EXPECT_EQ(request.body,
              R"({"client":"192.0.2.7","sender_domain":"","instance":"","seconds":1})");
    return http::HttpResponse{200, kSet};
  });
  const auto result = fixture_.run({"trace", "--client", "192.0.2.7", "--for", "1s"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(has(result.out, "postern-policyd: trace 3 of client=192.0.2.7, for 1s more\n"));
}

TEST_F(TraceCommand, FollowsUntilTheEnd) {
  fixture_.start([](const http::HttpRequest& request) {
    if (request.method == "POST") return http::HttpResponse{200, kSet};
    if (request.target != "/v1/trace/lines?after=0")
      return http::HttpResponse{200, R"({"lines": []})"};
    return http::HttpResponse{200, R"({"lines": [{"number": 7, "trace": 3, "text": "trace a\u001b"},
                                           {"number": 8, "trace": 2, "text": "trace b"}]})"};
  });
  const auto result = fixture_.run({"trace", "--client", "192.0.2.7", "--for", "1s", "--follow"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "policyd: trace a\\x1b\n"));
  EXPECT_TRUE(has(result.out, "milter: trace a\\x1b\n"));
  EXPECT_FALSE(has(result.out, "trace b"));
}

TEST_F(TraceCommand, ListsAndStops) {
  fixture_.start([](const http::HttpRequest& request) {
    if (request.method == "DELETE") {
      EXPECT_EQ(request.target, "/v1/trace?id=3");
      return http::HttpResponse{200, R"({"stopped": 0})"};
    }
    return http::HttpResponse{200, R"({"traces": [{"id": 3, "sender_domain": ".a.example",
      "seconds_left": 540, "decisions": 17, "left_out": 2}], "max": 8, "last_line": 5})"};
  });
  EXPECT_TRUE(has(fixture_.run({"trace", "--list"}).out,
                  "postern-milter: trace 3 of sender_domain=.a.example, for 9m more; told 17 "
                  "decisions, left out 2: too many lines\n"));
  EXPECT_EQ(fixture_.run({"trace", "--stop", "--id", "3"}).exit, 1);
}

TEST_F(TraceCommand, SaysWhatIsWrong) {
  EXPECT_EQ(fixture_.run({"trace"}).exit, 2);
  EXPECT_EQ(fixture_.run({"trace", "--client", "x"}).exit, 2);
  EXPECT_EQ(fixture_.run({"trace", "--client", "192.0.2.7", "--for", "25h"}).exit, 2);
  EXPECT_EQ(fixture_.run({"trace", "--client", "192.0.2.7", "--for", "0s"}).exit, 2);
  EXPECT_EQ(fixture_.run({"trace", "--list", "--stop"}).exit, 2);
  EXPECT_EQ(fixture_.run({"trace", "--client", "192.0.2.7"}).exit, 3);  // nobody there
}

TEST_F(TraceCommand, ReportReadsFilesAndSaysWhenThereIsNothing) {
  const auto log = fixture_.folder.write(
      "log",
      "2026-11-21T11:30:00.000+00:00 info decision door=policy stage=rcpt rule=r "
      "action=reject client=192.0.2.7 sender=x@a.example generation=1 us=5\n");
  const auto hour = fixture_.run({"report", "--since", "1h", log});
  EXPECT_EQ(hour.exit, 0) << hour.err;
  EXPECT_TRUE(has(hour.out, "1 decision in 1 line\n"));
  EXPECT_TRUE(has(hour.out, "        1  a.example\n"));
  EXPECT_EQ(fixture_.run({"report", "--since", "5m", log}).exit, 1);
  EXPECT_EQ(fixture_.run({"report", "--day", "2026-11-20", log}).exit, 1);
  EXPECT_EQ(fixture_.run({"report"}).exit, 1);  // standard input is empty
  EXPECT_EQ(fixture_.run({"report", "--since", "1x", log}).exit, 2);
  EXPECT_EQ(fixture_.run({"report", "--day", "monday", log}).exit, 2);
  EXPECT_EQ(fixture_.run({"report", "--since", "1h", "--day", "today", log}).exit, 2);
  EXPECT_EQ(fixture_.run({"report", log, fixture_.folder.path("missing")}).exit, 3);
  EXPECT_TRUE(has(fixture_.run({"--json", "report", log}).out, R"("decisions":1,)"));
}

}  // namespace
}  // namespace postern::ctl::trace_test
