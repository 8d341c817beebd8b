#include "ctl/explain/evaluator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "common/http/http_server.h"
#include "rules/load/rule_possibility.h"
#include "rules/load/snapshot_builder.h"
#include "server/control/control_json.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/transaction_builder.h"

namespace postern::ctl::dns_source_test {
namespace {

constexpr std::size_t kQuestions = 20;
constexpr std::size_t kLimit = 8;

constexpr std::array<FindingInfo, 2> kFindings = {
    {{"done", FindingClass::good}, {"unknown", FindingClass::temporary}}};
const CheckInfo kInfo{"wide", Stage::mail, kFindings, {}, {}, nullptr};

// Asks all of its questions in one round.
class Wide : public Check {
 public:
  [[nodiscard]] AttributeSet attributes() const override { return {}; }
  [[nodiscard]] CheckReport inspect(const Transaction&, FactView& facts) const override {
    bool waiting = false;
    bool failed = false;
    for (std::size_t i = 0; i < kQuestions; ++i) {
      const auto name = DomainName::parse("a" + std::to_string(i) + ".example").value();
      const dns::DnsAnswer* answer = facts.dns({name, dns::DnsType::a});
      waiting = waiting || answer == nullptr;
      failed = failed || (answer != nullptr && answer->status == dns::DnsStatus::temporary_failure);
    }
    if (waiting) return CheckReport::waiting();
    return CheckReport::found(failed ? 1 : 0);
  }
};

std::shared_ptr<const Snapshot> wide_rules() {
  load::SnapshotBuilder builder(9, {Door::milter});
  Rule rule;
  rule.name = "r";
  rule.what = RuleCheck{&kInfo,
                        std::make_unique<Wide>(),
                        {{Reject{{550, {5, 7, 1}, "done"}}}, {Defer{{451, {4, 7, 1}, "unknown"}}}}};
  load::note_what_it_may_do(rule, builder);
  builder.add_rule(std::move(rule));
  return builder.finish();
}

// A daemon that lets questions wait until there are as many as may be; then a little longer, so
// that one too many would be seen.
class SlowDaemon {
 public:
  explicit SlowDaemon(const std::string& socket) {
    ListenAddress address;
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = socket;
    server_ = std::make_unique<http::HttpServer>(
        io_.get_executor(), os::Listener::open(address).value(), http::HttpServer::Limits{},
        [this](const http::HttpRequest&, http::HttpServer::Respond respond) {
          take(std::move(respond));
        });
    server_->start();
    thread_ = std::thread([this] { io_.run(); });
  }
  SlowDaemon(const SlowDaemon&) = delete;
  SlowDaemon& operator=(const SlowDaemon&) = delete;
  ~SlowDaemon() { stop(); }

  // The most that ever waited at once. Ends the daemon.
  std::size_t most() {
    stop();
    return most_;
  }

 private:
  void stop() {
    if (!thread_.joinable()) return;
    io_.stop();
    thread_.join();
  }

  void take(http::HttpServer::Respond respond) {
    waiting_.push_back(std::move(respond));
    most_ = std::max(most_, waiting_.size());
    if (waiting_.size() != std::min(kLimit, kQuestions - answered_)) return;
    timer_.expires_after(std::chrono::milliseconds{100});
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) answer_all();
    });
  }

  void answer_all() {
    dns::DnsAnswer absent;
    absent.status = dns::DnsStatus::absent;
    absent.reason = dns::DnsReason::nodata;
    const dns::DnsFact fact{std::make_shared<const dns::DnsAnswer>(absent)};
    const auto waiting = std::exchange(waiting_, {});
    answered_ += waiting.size();
    for (const auto& respond : waiting) {
      respond({200, boost::json::serialize(control::json_dns_fact(dns::DnsType::a, fact))});
    }
  }

  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  std::unique_ptr<http::HttpServer> server_;
  std::vector<http::HttpServer::Respond> waiting_;
  std::size_t answered_ = 0;
  std::size_t most_ = 0;
  std::thread thread_;
};

class FactsOfDaemon : public testing::Test {
 protected:
  Verdict verdict_by(DnsSource& source) {
    Decision decision(rules_, transaction_, nullptr, {});
    EXPECT_EQ(decision.step(), Decision::Step::need_facts);
    source.settle(decision);
    return decision.verdict();
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Snapshot> rules_ = wide_rules();
  Transaction transaction_ = TransactionBuilder(Stage::mail).sender("a@b.example").transaction;
};

TEST_F(FactsOfDaemon, AsManyAsMayBeAreAskedAtOnceAndNoMore) {
  SlowDaemon daemon(folder_.path("control"));
  const auto source = facts_of_daemon({Door::milter, "postern-milter", folder_.path("control")},
                                      std::chrono::seconds{20});
  EXPECT_EQ(verdict_by(*source).action, Disposition::reject) << "all are answered";
  EXPECT_EQ(daemon.most(), kLimit);
}

TEST_F(FactsOfDaemon, ADaemonThatIsNotThereIsATemporaryFailure) {
  const auto source = facts_of_daemon({Door::milter, "postern-milter", folder_.path("control")},
                                      std::chrono::seconds{20});
  EXPECT_EQ(verdict_by(*source).action, Disposition::defer);
}

}  // namespace
}  // namespace postern::ctl::dns_source_test
