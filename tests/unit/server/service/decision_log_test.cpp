#include "server/service/decision_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "server/state/memory_store.h"
#include "tests/support/temporary_folder.h"

namespace postern::service::decision_log_test {
namespace {

constexpr LogShare kHundredth{100};

class Share : public testing::Test {
 protected:
  [[nodiscard]] LogShare share(LogShare of_passes = kHundredth) const {
    return share_of({.door = "policy",
                     .transaction = transaction_,
                     .verdict = verdict_,
                     .evidence = evidence_,
                     .reply = "DUNNO",
                     .took = took_},
                    of_passes);
  }

  Transaction transaction_;
  Verdict verdict_;
  std::vector<DnsEvidence> evidence_;
  std::chrono::microseconds took_{50};
};

TEST_F(Share, OfAnEverydayPassIsThatOfTheSettings) {
  EXPECT_EQ(share(), kHundredth);
  EXPECT_EQ(share(kNoLine), kNoLine);
  EXPECT_EQ(share(kEveryLine), kEveryLine);
  verdict_.rule = "partners";
  EXPECT_EQ(share(kNoLine), kNoLine);
}

TEST_F(Share, WhatIsNotAPassIsWritten) {
  for (const Disposition action :
       {Disposition::reject, Disposition::defer, Disposition::discard, Disposition::hold}) {
    verdict_.action = action;
    verdict_.log_pass = kNoLine;
    EXPECT_EQ(share(kNoLine), kEveryLine) << to_string(action);
  }
}

TEST_F(Share, WhatIsNotEverydayIsWritten) {
  const Verdict everyday = verdict_;
  verdict_.delay = std::chrono::milliseconds{1};
  EXPECT_EQ(share(kNoLine), kEveryLine);
  verdict_ = everyday;
  verdict_.would = {{"tried", ActionKind::reject}};
  EXPECT_EQ(share(kNoLine), kEveryLine);
  verdict_ = everyday;
  took_ = std::chrono::seconds{1};
  EXPECT_EQ(share(kNoLine), kEveryLine);
  took_ = std::chrono::milliseconds{999};
  EXPECT_EQ(share(kNoLine), kNoLine);
}

TEST_F(Share, WhatDnsFailedForIsWritten) {
  const auto add = [this](dns::DnsAnswer answer) {
    evidence_.push_back({{*DomainName::parse("a.example"), dns::DnsType::mx},
                         {std::make_shared<const dns::DnsAnswer>(std::move(answer)), {}, {}}});
  };
  dns::DnsAnswer absent;
  absent.status = dns::DnsStatus::absent;
  add(absent);
  EXPECT_EQ(share(kNoLine), kNoLine);
  add(dns::temporary_failure(dns::DnsReason::timeout));
  EXPECT_EQ(share(kNoLine), kEveryLine);
}

TEST_F(Share, TheRuleThatDecidedSaysMoreThanTheSettings) {
  verdict_.log_pass = kNoLine;
  EXPECT_EQ(share(kEveryLine), kNoLine);
  verdict_.log_pass = kEveryLine;
  EXPECT_EQ(share(kNoLine), kEveryLine);
}

TEST_F(Share, OfRulesThatActedBesideTheLoudestCounts) {
  verdict_.log_beside = kEveryLine;
  EXPECT_EQ(share(kNoLine), kEveryLine);
  verdict_.log_beside = LogShare{10};
  EXPECT_EQ(share(kHundredth), LogShare{10});
  verdict_.log_pass = kNoLine;
  EXPECT_EQ(share(kHundredth), LogShare{10});
}

class Written : public testing::Test {
 protected:
  std::string lines(const std::string& more, int decisions) {
    config::Settings settings;
    settings.log.file = folder_.path("log");
    if (more == "json") settings.log.format = LogFormat::json;
    if (more == "sampled") settings.log.pass = kHundredth;
    if (more == "none") settings.log.pass = kNoLine;
    const auto log = std::move(*os::DaemonLog::open(settings.log));
    DaemonState state{"postern",
                      "",
                      {},
                      "",
                      *log,
                      config::LiveSettings(settings),
                      config::SnapshotStore(nullptr)};
    DecisionLog decisions_log(state);
    const Transaction transaction;
    const Verdict verdict;
    const std::vector<DnsEvidence> evidence;
    for (int i = 0; i < decisions; ++i) {
      decisions_log.record({.door = "policy",
                            .transaction = transaction,
                            .verdict = verdict,
                            .evidence = evidence,
                            .reply = "DUNNO"});
    }
    EXPECT_EQ(state.hits.decisions(), static_cast<std::uint64_t>(decisions));
    log->flush();
    std::ostringstream text;
    text << std::ifstream(settings.log.file).rdbuf();
    return text.str();
  }

  static int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++found;
    }
    return found;
  }

  TemporaryFolder folder_;
};

TEST_F(Written, HandsEffectsToTheStore) {
  config::Settings settings;
  settings.log.file = folder_.path("log");
  const auto log = std::move(*os::DaemonLog::open(settings.log));
  DaemonState state{
      "postern", "", {}, "", *log, config::LiveSettings(settings), config::SnapshotStore(nullptr)};
  DecisionLog decisions(state);
  const Transaction transaction;
  const std::vector<DnsEvidence> evidence;
  const StateKey key{StateKind::rate, "limit", {"who"}};
  Verdict verdict;
  verdict.effects = {{key, Take{3, std::chrono::minutes{1}}, std::chrono::hours{1}}};
  const explain::DecisionRecord record{.door = "policy",
                                       .transaction = transaction,
                                       .verdict = verdict,
                                       .evidence = evidence,
                                       .reply = "DUNNO"};
  decisions.record(record);  // there is no store
  state.store = std::make_unique<state::MemoryStore>();
  decisions.record(record);
  const StateFact fact = state.store->find(key);
  EXPECT_EQ(fact.status, StateFact::Status::found);
  EXPECT_GT(fact.record.debt, std::chrono::minutes{2});
  EXPECT_LE(fact.record.debt, std::chrono::minutes{3});
}

TEST_F(Written, TextOrJson) {
  EXPECT_EQ(count(lines("", 3), " info decision door=policy stage=connect rule=- "), 3);
  const std::string json = lines("json", 2);
  EXPECT_EQ(count(json, R"("level":"info","message":"decision","door":"policy","stage":"connect")"),
            2);
}

TEST_F(Written, ALineOfASampleSaysForHowManyItStands) {
  const std::string text = lines("sampled", 1000);
  EXPECT_EQ(count(text, "decision "), 10);
  EXPECT_EQ(count(text, " sampled=100\n"), 10);
}

TEST_F(Written, NoEverydayPass) {
  EXPECT_EQ(lines("none", 1000), "");
}

}  // namespace
}  // namespace postern::service::decision_log_test
