// The letters of a question as a secret (common/dns/dns_letters.h), over real sockets.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::resolver_letters_test {
namespace {

DnsSettings mixing(CaseRandomization which = CaseRandomization::always) {
  DnsSettings settings = ResolverFixture::patient();
  settings.case_randomization = which;
  return settings;
}

// For servers that leave a question without an answer.
DnsSettings mixing_in_silence() {
  DnsSettings settings = mixing();
  settings.attempt_timeout = std::chrono::seconds{1};
  return settings;
}

using Queries = std::vector<ZoneServer::Query>;

bool has_upper(const ZoneServer::Query& query) {
  return std::any_of(query.question.begin(), query.question.end(),
                     [](std::uint8_t octet) { return octet >= 'A' && octet <= 'Z'; });
}

std::string transports(const Queries& queries) {
  std::string text;
  for (const auto& query : queries) text += query.transport == Transport::udp ? "udp " : "tcp ";
  return text;
}

TEST(ResolverLetters, DifferFromQueryToQuery) {
  ResolverFixture fixture(
      zone("zone: { long-enough-a-name.example: { A: [198.51.100.7], ttl: 0 } }"), mixing());
  std::vector<std::vector<std::uint8_t>> seen;
  for (int time = 0; time < 5; ++time) {
    EXPECT_EQ(fixture.ask("long-enough-a-name.example", dns::DnsType::a).reason,
              dns::DnsReason::answer);
    const auto query = fixture.servers[0]->queries().back();
    EXPECT_TRUE(has_upper(query));
    seen.push_back(query.question);
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  EXPECT_EQ(fixture.servers[0]->queries().size(), 5U);
}

TEST(ResolverLetters, AForgeryThatDoesNotKnowThemIsAskedAboutOverTcp) {
  ResolverFixture fixture(
      zone("zone: { a-good-name-with-letters.example: { A: [198.51.100.7], fault: forged } }"),
      mixing());
  const dns::DnsAnswer answer = fixture.ask("a-good-name-with-letters.example", dns::DnsType::a);
  EXPECT_EQ(answer.reason, dns::DnsReason::answer) << "the forgery says NXDOMAIN";
  EXPECT_EQ(transports(fixture.servers[0]->queries()), "udp tcp ");
}

TEST(ResolverLetters, AServerThatChangesThemIsAskedInLowerCase) {
  ResolverFixture fixture(
      zone("zone: { letters-are-changed-here.example: { A: [198.51.100.7], fault: lower_case, ttl: "
           "0 } }"),
      mixing());
  EXPECT_EQ(fixture.ask("letters-are-changed-here.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("letters-are-changed-here.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  const Queries queries = fixture.servers[0]->queries();
  EXPECT_EQ(transports(queries), "udp tcp udp ");
  EXPECT_FALSE(has_upper(queries.back()));
}

TEST(ResolverLetters, AServerThatChangesThemAndHasNoTcpStillAnswers) {
  ResolverFixture fixture(
      zone("zone: { letters-are-changed-here.example: { A: [198.51.100.7], fault: "
           "lower_case_no_tcp } }"),
      mixing_in_silence());
  EXPECT_EQ(fixture.ask("letters-are-changed-here.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  const Queries queries = fixture.servers[0]->queries();
  EXPECT_EQ(transports(queries), "udp tcp udp ");
  EXPECT_FALSE(has_upper(queries.back())) << "the second pass";
}

// Two forgeries, and an honest reply between them: no reason to give up the letters.
TEST(ResolverLetters, OneHonestReplyRestoresTheTrust) {
  ResolverFixture fixture(zone(R"(
zone:
  the-first-with-a-forgery.example: { A: [198.51.100.7], fault: forged }
  the-second-with-a-forgery.example: { A: [198.51.100.7], fault: forged }
  honest-enough.example: { A: [198.51.100.7] }
)"),
                          mixing());
  EXPECT_EQ(fixture.ask("the-first-with-a-forgery.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("honest-enough.example", dns::DnsType::a).reason, dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("the-second-with-a-forgery.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  EXPECT_EQ(transports(fixture.servers[0]->queries()), "udp tcp udp udp tcp ");
}

// Records that nobody asked for are neither used nor kept.
// Seen at load balancers: they know a name in lower case only. A domain that is there must not be
// refused for that.
TEST(ResolverLetters, WhatIsNotThereIsAskedForInLowerCaseBeforeItCounts) {
  ResolverFixture fixture(
      zone("zone: { picky-about-letters.example: { A: [198.51.100.7], fault: lower_only } }"),
      mixing());
  EXPECT_EQ(fixture.ask("picky-about-letters.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  EXPECT_EQ(fixture.ask("not-there-however-it-is-asked.example", dns::DnsType::a).reason,
            dns::DnsReason::nxdomain);
  const Queries queries = fixture.servers[0]->queries();
  EXPECT_EQ(transports(queries), "udp udp udp udp ");
  EXPECT_TRUE(has_upper(queries[0]));
  EXPECT_FALSE(has_upper(queries[1]));
}

TEST(ResolverLetters, WhatGetsNoReplyIsAskedForInLowerCaseInTheSecondPass) {
  ResolverFixture fixture(
      zone(
          "zone: { picky-about-letters.example: { A: [198.51.100.7], fault: lower_only_silent } }"),
      mixing_in_silence());
  EXPECT_EQ(fixture.ask("picky-about-letters.example", dns::DnsType::a).reason,
            dns::DnsReason::answer);
  EXPECT_EQ(transports(fixture.servers[0]->queries()), "udp udp ");
}

TEST(ResolverLetters, AreNotMixedForAServerOnThisMachineOrNever) {
  for (const CaseRandomization which : {CaseRandomization::remote, CaseRandomization::never}) {
    ResolverFixture fixture(zone("zone: { long-enough-a-name.example: { A: [198.51.100.7] } }"),
                            mixing(which));
    EXPECT_EQ(fixture.ask("long-enough-a-name.example", dns::DnsType::a).reason,
              dns::DnsReason::answer);
    EXPECT_FALSE(has_upper(fixture.servers[0]->queries()[0]));
  }
}

// The replies to many that were on their way when it was found out go nowhere near TCP.
TEST(ResolverLetters, ABurstToAServerThatChangesThemNeedsTcpOnce) {
  std::string nodes;
  for (int number = 0; number < 30; ++number) {
    nodes += "  letters-are-changed-" + std::to_string(number) +
             ".example: { A: [198.51.100.7], fault: lower_case }\n";
  }
  ResolverFixture fixture(zone("zone:\n" + nodes), mixing());
  std::vector<std::future<dns::DnsFact>> asked;
  for (int number = 0; number < 30; ++number) {
    asked.push_back(fixture.start(
        question("letters-are-changed-" + std::to_string(number) + ".example", dns::DnsType::a)));
  }
  for (auto& one : asked)
    EXPECT_EQ(fixture.wait(std::move(one)).answer->reason, dns::DnsReason::answer);
  const std::string how = transports(fixture.servers[0]->queries());
  EXPECT_LE(std::count(how.begin(), how.end(), 't'), 1) << how;
}

TEST(ResolverStrays, AreNotKept) {
  ResolverFixture fixture(
      zone("zone: { good.example: { A: [198.51.100.7], fault: stray_records } }"));
  const dns::DnsAnswer answer = fixture.ask("good.example", dns::DnsType::a);
  EXPECT_EQ(answer.records.addresses(), (std::vector{IpAddress::from_v4(0xc6336407)}));
  for (const char* const name : {"victim.example", "mail.victim.example", "ns.evil.example"}) {
    EXPECT_TRUE(
        fixture.cache.kept(DomainName::parse(name).value(), DnsCache::TimePoint::clock::now())
            .empty());
  }
  EXPECT_EQ(fixture.ask("victim.example", dns::DnsType::a).reason, dns::DnsReason::nxdomain);
}

}  // namespace
}  // namespace postern::resolver::resolver_letters_test
