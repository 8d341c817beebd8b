// posternctl report --clients-over: the clients for another program, which blocks what it is told.
#include <gtest/gtest.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::report::clients_over_test {
namespace {

std::string decision(const std::string& action, const std::string& client) {
  return "2026-11-21T11:40:02.118+00:00 info decision door=policy stage=rcpt rule=r action=" +
         action + " client=" + client + " generation=1 us=5\n";
}

class ClientsOver : public testing::Test {
 protected:
  ClientsOver() {
    std::string log = decision("reject", "192.0.2.1") + decision("pass", "192.0.2.9");
    for (int i = 0; i < 3; ++i) log += decision("reject", "2001:db8::7");
    for (int i = 0; i < 2; ++i) log += decision("reject", "192.0.2.2");
    for (int i = 0; i < 9; ++i) log += decision("defer", "192.0.2.8");
    fixture_.folder.write("mail.log", log);
  }
  [[nodiscard]] ctl::CtlResult over(const std::string& number, const char* name = "mail.log",
                                    std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"report", "--clients-over", number, fixture_.folder.path(name)};
    words.insert(words.end(), more.begin(), more.end());
    return fixture_.run(words);
  }

  ctl::InstallationFixture fixture_;
};

TEST_F(ClientsOver, AreThoseThatWereRefusedMoreOftenTheWorstFirst) {
  EXPECT_EQ(over("0").out, "2001:db8::7\n192.0.2.2\n192.0.2.1\n");
  EXPECT_EQ(over("1").out, "2001:db8::7\n192.0.2.2\n");
  EXPECT_EQ(over("2").out, "2001:db8::7\n");
}

TEST_F(ClientsOver, NobodyIsNoLine) {
  const auto result = over("3");
  EXPECT_EQ(result.exit, 0) << "there were decisions";
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(ClientsOver, WithoutADecisionTheAnswerIsNo) {
  fixture_.folder.write("empty.log", "");
  EXPECT_EQ(over("0", "empty.log").exit, 1);
  EXPECT_EQ(over("0", "none.log").exit, 3);
}

TEST_F(ClientsOver, AsJson) {
  EXPECT_EQ(over("1", "mail.log", {"--json"}).out,
            R"({"clients":[{"client":"2001:db8::7","refused":3},)"
            R"({"client":"192.0.2.2","refused":2}]})"
            "\n");
}

TEST_F(ClientsOver, OfATimeOnly) {
  fixture_.folder.write("mail.log", decision("reject", "192.0.2.1"));
  EXPECT_EQ(over("0", "mail.log", {"--since", "1h"}).out, "192.0.2.1\n");
  const auto result = over("0", "mail.log", {"--since", "10m"});
  EXPECT_EQ(result.out, "");
}

}  // namespace
}  // namespace postern::report::clients_over_test
