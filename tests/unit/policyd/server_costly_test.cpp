// Decisions that cost more than the loops give them.
#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/policyd/policy_server_fixture.h"

namespace postern::policyd::server_costly_test {
namespace {

using namespace std::chrono_literals;

constexpr int kExpressions = 5;

// Each byte of such a HELO may begin a match of each of the expressions, and that of the last one
// is there: a millisecond or two of the processor for each of them.
const std::string kCostlyHelo = std::string(490, 'w') + "prize" + std::to_string(kExpressions - 1);

class CostlyDecisionsOfAServer : public PolicyServerTest {
 protected:
  CostlyDecisionsOfAServer() {
    settings_.policyd.threads = 1;
    settings_.decision.max_work = 10s;
    settings_.decision.deadline = 20s;
  }

  void start_with(const std::string& more_rules = "") {
    std::string text = "version: 1\nrules:\n";
    for (int i = 0; i < kExpressions; ++i) {
      text += "  - { name: c" + std::to_string(i) + ", when: { helo: '~w.{0,900}prize" +
              std::to_string(i) + "$' }, then: reject 550 5.7.1 \"no spam please\" }\n";
    }
    start();
    state_->snapshots.replace(rules(text + more_rules, 2));
  }

  static std::string costly(const std::string& helo = kCostlyHelo, int client = 1) {
    return "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2." +
           std::to_string(client) + "\nhelo_name=" + helo +
           "\nsender=a@dark.example\nrecipient=r@dest.example\n\n";
  }

  std::vector<Client> ask_costly(int count, const std::string& request = costly()) {
    std::vector<Client> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(connect());
      clients.back().send(request);
    }
    return clients;
  }
};

TEST_F(CostlyDecisionsOfAServer, ComeToTheSameVerdict) {
  start_with();
  Client client = connect();
  EXPECT_EQ(client.ask(costly()), kReject);
  EXPECT_EQ(client.ask(costly(std::string(500, 'w'))), kDunno);
  EXPECT_EQ(client.ask(costly("client.example")), kDunno);
  EXPECT_NE(logged().find(" rule=c4 action=reject "), std::string::npos) << logged();
}

TEST_F(CostlyDecisionsOfAServer, AreCutShortAtWhatADecisionMayTake) {
  settings_.decision.max_work = 1ms;
  start_with();
  Client client = connect();
  EXPECT_EQ(client.ask(costly()), "action=451 4.3.0 Temporary failure, please try again later\n\n");
  EXPECT_NE(logged().find(" cut_short=c"), std::string::npos) << logged();
  EXPECT_EQ(client.ask(costly("client.example")), kDunno);
}

// Before DNS is asked and after it was: what is found stays found.
TEST_F(CostlyDecisionsOfAServer, WaitForDnsLikeOthers) {
  const std::string looked_up =
      "  - name: looked-up\n    check: sender_mx\n    on: { unknown: defer 451 4.4.3 \"try again\" "
      "}\n";
  settings_.decision.deadline = 1s;
  start_with(looked_up);
  Client client = connect();
  EXPECT_EQ(client.ask(costly(std::string(500, 'w'))), "action=451 4.4.3 try again\n\n");
}

TEST_F(CostlyDecisionsOfAServer, AreMadeBeforeTheServerStops) {
  settings_.policyd.stop_timeout = 20s;
  start_with();
  std::vector<Client> clients = ask_costly(3);
  Client last = connect();
  EXPECT_EQ(last.ask(rcpt("a@b.example")), kDunno) << "those before it have been read";
  server_->stop();
  for (Client& client : clients) EXPECT_EQ(client.reply(), kReject);
  EXPECT_TRUE(ends_within(20s));
}

TEST_F(CostlyDecisionsOfAServer, AreGivenUpWhenTheServerEndsAtOnce) {
  start_with();
  ask_costly(20);
  Client last = connect();
  EXPECT_EQ(last.ask(rcpt("a@b.example")), kDunno);
  server_.reset();
}

TEST_F(CostlyDecisionsOfAServer, ForAClientThatHasLeftHarmNobody) {
  start_with();
  ask_costly(3);
  Client client = connect();
  EXPECT_EQ(client.ask(costly()), kReject);
  EXPECT_TRUE(has_open_connections(1));
}

}  // namespace
}  // namespace postern::policyd::server_costly_test
