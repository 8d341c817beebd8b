// Lists out of SPF in a daemon: the domains are asked, what they publish is kept, and what is wrong
// is known. How a reload takes it is in tests/e2e/test_spf_lists.py.
#include "server/spf/spf_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "server/config/configuration.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::spf::spf_lists_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kZone =
    "zone:\n"
    "  a.example: { TXT: ['v=spf1 include:b.example ptr -all'], ttl: 900 }\n"
    "  b.example: { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'], ttl: 600 }\n"
    "  broken.example: { fault: servfail }\n";

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// Runs `main` until `done` says so.
template <class Done>
void run_until(boost::asio::io_context& main, Done done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!done() && std::chrono::steady_clock::now() < end) {
    main.restart();
    main.run_for(std::chrono::milliseconds{10});
  }
  ASSERT_TRUE(done());
}

TEST(DomainWalk, AsksUntilAllIsKnown) {
  resolver::ResolverFixture dns(resolver::zone(kZone));
  boost::asio::io_context main{1};
  std::optional<WalkedDomain> walked;
  walk_domain(*dns.resolver, std::make_shared<WayBack>(main.get_executor()), domain("a.example"),
              [&](WalkedDomain one) { walked = std::move(one); });
  EXPECT_FALSE(walked) << "never from inside";
  run_until(main, [&] { return walked.has_value(); });
  EXPECT_EQ(walked->published.status, dns::DnsStatus::found);
  EXPECT_EQ(walked->published.networks.size(), 1U);
  EXPECT_LE(walked->valid_for, std::chrono::seconds{600});
  EXPECT_GE(walked->valid_for, std::chrono::seconds{500});
}

TEST(DomainWalk, SaysNothingOnTheWayBackThatIsClosed) {
  resolver::ResolverFixture dns(resolver::zone(kZone));
  {
    boost::asio::io_context main{1};
    const auto way_back = std::make_shared<WayBack>(main.get_executor());
    walk_domain(*dns.resolver, way_back, domain("a.example"), [](const WalkedDomain&) { FAIL(); });
    way_back->close();
    main.run();
  }
  // What the resolver still says finds nobody.
  EXPECT_EQ(dns.ask("b.example", dns::DnsType::txt).status, dns::DnsStatus::found);
}

class SpfListsTest : public testing::Test {
 protected:
  // `spf`: the domains of the only list.
  void start(const std::string& spf, const std::string& state_folder) {
    folder_.write("rules.yaml",
                  "version: 1\nlists: { big: { kind: network, spf: [" + spf + "] } }\nrules: []\n");
    auto read = config::RuleSource::files(folder_.path("rules.yaml"), state_folder).load({}, 7);
    ASSERT_TRUE(read.snapshot) << read.diagnostics.to_string();
    config::Settings settings;
    settings.state_folder = state_folder;
    state_.reset(new service::DaemonState{"postern-test",
                                          "1.2",
                                          {},
                                          folder_.path("postern.yaml"),
                                          *log_,
                                          config::LiveSettings(settings),
                                          config::SnapshotStore(read.snapshot)});
    lists_ = std::make_unique<SpfLists>(SpfLists::Parts{
        *state_, [this]() -> resolver::Resolver& { return *dns_.resolver; }, main_.get_executor()});
    ask();
  }
  void ask() {
    state_->spf_lists.clear();
    lists_->look(AskAgain::all, ShrinkGuard::on);
    run_until(main_, [this] { return state_->spf_lists.contains("big"); });
  }
  void start(const std::string& spf) { start(spf, folder_.path("")); }
  [[nodiscard]] const service::SpfListStatus& status() { return state_->spf_lists["big"]; }
  [[nodiscard]] std::string kept() const {
    std::ostringstream text;
    text << std::ifstream(folder_.path("spf/big")).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
  std::unique_ptr<os::DaemonLog> log_ =
      std::move(*os::DaemonLog::open({LogLevel::debug, folder_.path("log")}));
  resolver::ResolverFixture dns_{resolver::zone(kZone)};
  boost::asio::io_context main_{1};
  std::unique_ptr<service::DaemonState> state_;
  std::unique_ptr<SpfLists> lists_;
};

TEST_F(SpfListsTest, KeepsWhatTheDomainsPublish) {
  start("a.example");
  EXPECT_THAT(kept(), HasSubstr("\n192.0.2.0/24 owner=\"a.example\"\n"));
  EXPECT_THAT(status().problems, IsEmpty());
  EXPECT_THAT(status().left_out, ElementsAre("a.example: ptr (not a network)"));
  EXPECT_TRUE(status().asked);
}

TEST_F(SpfListsTest, SaysWhatCouldNotBeAskedAndKeepsWhatThereWas) {
  std::filesystem::create_directory(folder_.path("spf"));
  folder_.write("spf/big", "203.0.113.1 owner=\"broken.example\"\nrubbish\n");
  start("b.example, broken.example");
  EXPECT_THAT(kept(), HasSubstr("192.0.2.0/24 owner=\"b.example\"\n203.0.113.1 "
                                "owner=\"broken.example\"\n"));
  EXPECT_THAT(kept(), testing::Not(HasSubstr("rubbish")));
  EXPECT_THAT(status().problems,
              ElementsAre("broken.example: TXT of broken.example: servfail; its 1 network stays"));
}

TEST_F(SpfListsTest, WriteNothingWhereNothingIsKnown) {
  start("broken.example");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("spf")));
  EXPECT_THAT(status().problems, ElementsAre("broken.example: TXT of broken.example: servfail"));
}

TEST_F(SpfListsTest, AskAgainForWhatIsNotKnown) {
  start("b.example");
  ASSERT_TRUE(std::filesystem::remove(folder_.path("spf/big")));
  state_->spf_lists.clear();
  lists_->look(AskAgain::unknown, ShrinkGuard::on);
  run_until(main_, [this] { return state_->spf_lists.contains("big"); });
  EXPECT_THAT(kept(), HasSubstr("192.0.2.0/24"));
}

TEST_F(SpfListsTest, KeepNothingOfAListThatIsGone) {
  std::filesystem::create_directories(folder_.path("spf/folder"));
  folder_.write("spf/gone", "203.0.113.1 owner=\"b.example\"\n");
  folder_.write("spf/.big.X1y2z3", "being written");
  start("b.example");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("spf/gone")));
  for (const char* stays : {"spf/big", "spf/.big.X1y2z3", "spf/folder"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_.path(stays))) << stays;
  }
}

TEST_F(SpfListsTest, WantAStateFolder) {
  start("b.example", "");
  EXPECT_THAT(status().problems, ElementsAre(HasSubstr("found no 'state:'")));
}

TEST_F(SpfListsTest, LeaveNothingBehindThatTheMainThreadWaitsFor) {
  start("a.example");
  lists_->look(AskAgain::all, ShrinkGuard::on);
  lists_->stop();
  main_.restart();
  main_.run();
}

}  // namespace
}  // namespace postern::spf::spf_lists_test
