#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "common/yaml/config_map.h"
#include "rules/checks/check_list.h"
#include "tests/support/transaction_builder.h"
#include "tests/support/zone_map.h"
#include "tests/unit/rules/checks/sender_mx_run.h"

namespace postern::checks::sender_mx_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Outcome run_zone(const std::string& zone, std::string_view sender,
                 const std::string& options = "{}") {
  const ZoneMap map = ZoneMap::parse(zone).value();
  return run(*make_check(options), sender,
             [&](const dns::DnsQuestion& question) { return map.answer(question); });
}

constexpr const char* kZone = R"(
zone:
  good.example: { MX: [10 mail.good.example] }
  mail.good.example: { A: [198.51.100.10] }
  six.example: { MX: [10 mail.six.example] }
  mail.six.example: { AAAA: ["2001:db8::10"] }
  mixed.example: { MX: [10 gone.example, 20 mail.good.example] }
  half.example: { MX: [10 broken-host.example, 20 mail.good.example] }
  a-broken.example: { MX: [10 a-broken-host.example] }
  a-broken-host.example: { A: { fault: servfail }, AAAA: ["2001:db8::1"] }
  a-only-broken.example: { MX: [10 a-only-broken-host.example] }
  a-only-broken-host.example: { A: { fault: servfail } }
  private-broken.example: { MX: [10 private-broken-host.example] }
  private-broken-host.example: { A: [10.0.0.1], AAAA: { fault: timeout } }
  alias.example: { CNAME: good.example }
  mx-alias.example: { MX: [10 mail-alias.example] }
  mail-alias.example: { CNAME: mail.good.example }
  alias-nowhere.example: { CNAME: gone.example }
  loop.example: { CNAME: loop.example }
  implicit.example: { A: [198.51.100.1] }
  implicit6.example: { AAAA: ["2001:db8::1"] }
  implicit-private.example: { A: [192.168.1.1] }
  implicit-broken.example: { A: { fault: servfail } }
  implicit-half.example: { A: [198.51.100.1], AAAA: { fault: servfail } }
  text-only.example: { PTR: [x.example] }
  null.example: { MX: ["0 ."] }
  null10.example: { MX: ["10 ."] }
  null-and.example: { MX: ["0 .", 10 mail.good.example] }
  null-twice.example: { MX: ["0 .", "0 ."] }
  broken.example: { fault: servfail }
  broken-host.example: { fault: servfail }
  refused.example: { fault: refused }
  slow.example: { fault: timeout }
  garbage.example: { fault: garbage }
  mx-broken.example: { MX: { fault: servfail }, A: [198.51.100.1] }
  private.example: { MX: [10 private-host.example] }
  private-host.example: { A: [10.0.0.1], AAAA: ["fc00::1"] }
  own.example: { MX: [10 own-host.example] }
  own-host.example: { A: [10.9.0.1] }
  loopback.example: { MX: [10 loopback-host.example] }
  loopback-host.example: { A: [127.0.0.1, 0.0.0.0, 169.254.0.1, 224.0.0.1, 255.255.255.255], AAAA: ["::1", "::", "fe80::1", "ff02::1"] }
  dead.example: { MX: [10 gone.example, 20 gone2.example] }
  empty-host.example: { MX: [10 text-only.example] }
  one-good.example: { MX: [10 loopback-host.example, 20 private-host.example, 30 mail.six.example] }
  nat64-loopback.example: { MX: [10 nat64-loopback-host.example] }
  nat64-loopback-host.example: { A: [127.0.0.1], AAAA: ["64:ff9b::7f00:1"] }
  nat64.example: { MX: [10 nat64-host.example] }
  nat64-host.example: { AAAA: ["64:ff9b::c633:640a"] }
  nat64-own.example: { MX: [10 nat64-own-host.example] }
  nat64-own-host.example: { AAAA: ["64:ff9b::a09:1"] }
  old.example: { MX: [10 old-host.example] }
  old-host.example: { AAAA: ["2002:a00:1::1", "::8.8.8.8", "fec0::1", "2001:10::1", "4000::1", "64:ff9b:1::808:808"] }
  denied4.example: { MX: { fault: nxdomain }, A: [198.51.100.1], AAAA: { fault: nxdomain } }
  denied6.example: { MX: { fault: nxdomain }, A: { fault: nxdomain }, AAAA: ["2001:db8::1"] }
  denied-private.example: { MX: { fault: nxdomain }, A: [10.0.0.1], AAAA: { fault: nxdomain } }
  denied-broken.example: { MX: { fault: nxdomain }, A: { fault: servfail }, AAAA: { fault: servfail } }
  denied-half.example: { MX: { fault: nxdomain }, A: { fault: nxdomain }, AAAA: { fault: timeout } }
  denied-empty.example: { MX: { fault: nxdomain }, PTR: [x.example] }
  denied-alias.example: { MX: { fault: nxdomain }, CNAME: denied4.example }
  host-denied4.example: { MX: [10 denied6.example] }
  host-denied6.example: { MX: [10 denied4.example] }
  twice.example: { MX: [10 mail.good.example, 20 mail.good.example, 20 mail.good.example] }
)";

struct Case {
  const char* name;
  const char* sender;
  const char* finding;
};

TEST(SenderMx, Findings) {
  const Case cases[] = {
      {"null sender", "<>", "-"},
      {"empty sender", "", "-"},
      {"address literal", "joe@[192.0.2.1]", "-"},
      {"IPv6 literal", "joe@[IPv6:2001:db8::1]", "-"},
      {"no domain", "joe", "no_domain"},
      {"no name behind the @", "joe@bad..example", "malformed"},
      {"spaces behind the @", "joe@a b", "malformed"},
      {"MX with A", "joe@good.example", "mx"},
      {"MX with AAAA alone", "joe@six.example", "mx"},
      {"any case", "joe@GOOD.Example", "mx"},
      {"dead host, then a good one", "joe@mixed.example", "mx"},
      {"failing host, then a good one", "joe@half.example", "mx"},
      {"A fails, AAAA is good", "joe@a-broken.example", "mx"},
      {"A fails, no AAAA", "joe@a-only-broken.example", "unknown"},
      {"A private, AAAA fails", "joe@private-broken.example", "unknown"},
      {"CNAME for the domain", "joe@alias.example", "mx"},
      {"CNAME for the host", "joe@mx-alias.example", "mx"},
      {"CNAME to nowhere", "joe@alias-nowhere.example", "missing"},
      {"CNAME loop", "joe@loop.example", "unknown"},
      {"A alone", "joe@implicit.example", "implicit"},
      {"AAAA alone", "joe@implicit6.example", "implicit"},
      {"private A alone", "joe@implicit-private.example", "unusable"},
      {"no MX, A fails", "joe@implicit-broken.example", "unknown"},
      {"no MX, A good, AAAA fails", "joe@implicit-half.example", "implicit"},
      {"neither MX nor address", "joe@text-only.example", "missing"},
      {"no such name", "joe@gone.example", "missing"},
      {"NXDOMAIN for MX and AAAA alone", "joe@denied4.example", "implicit"},
      {"NXDOMAIN for MX and A alone", "joe@denied6.example", "implicit"},
      {"NXDOMAIN for MX, a private A", "joe@denied-private.example", "unusable"},
      {"NXDOMAIN for MX, A and AAAA fail", "joe@denied-broken.example", "unknown"},
      {"NXDOMAIN for MX and A, AAAA fails", "joe@denied-half.example", "unknown"},
      {"NXDOMAIN for MX, NODATA for A and AAAA", "joe@denied-empty.example", "missing"},
      {"NXDOMAIN for MX of an alias", "joe@denied-alias.example", "implicit"},
      {"NXDOMAIN for A of the host", "joe@host-denied4.example", "mx"},
      {"NXDOMAIN for AAAA of the host", "joe@host-denied6.example", "mx"},
      {"null MX", "joe@null.example", "null_mx"},
      {"null MX with a preference", "joe@null10.example", "malformed"},
      {"null MX beside another", "joe@null-and.example", "malformed"},
      {"null MX twice", "joe@null-twice.example", "malformed"},
      {"SERVFAIL", "joe@broken.example", "unknown"},
      {"REFUSED", "joe@refused.example", "unknown"},
      {"time-out", "joe@slow.example", "unknown"},
      {"garbage", "joe@garbage.example", "unknown"},
      {"MX fails though A is good", "joe@mx-broken.example", "unknown"},
      {"private hosts", "joe@private.example", "unusable"},
      {"private hosts of another site", "joe@own.example", "unusable"},
      {"loopback and the like", "joe@loopback.example", "unusable"},
      {"loopback through NAT64", "joe@nat64-loopback.example", "unusable"},
      {"an address through NAT64", "joe@nat64.example", "mx"},
      {"what no host of the Internet has", "joe@old.example", "unusable"},
      {"hosts that do not exist", "joe@dead.example", "unusable"},
      {"hosts without an address", "joe@empty-host.example", "unusable"},
      {"one good among bad ones", "joe@one-good.example", "mx"},
      {"one host several times", "joe@twice.example", "mx"},
  };
  for (const Case& c : cases) {
    const Outcome outcome = run_zone(kZone, c.sender);
    EXPECT_EQ(outcome.finding, c.finding) << c.name << ": " << outcome.detail;
    EXPECT_LE(outcome.rounds.size(), 2U) << c.name;
  }
}

TEST(SenderMx, AsksInRoundsAndSideBySide) {
  EXPECT_THAT(run_zone(kZone, "<>").rounds, IsEmpty());
  EXPECT_THAT(run_zone(kZone, "joe").rounds, IsEmpty());
  EXPECT_THAT(run_zone(kZone, "joe@[192.0.2.1]").rounds, IsEmpty());
  EXPECT_THAT(run_zone(kZone, "joe@gone.example").rounds,
              ElementsAre(ElementsAre("MX gone.example"),
                          ElementsAre("A gone.example", "AAAA gone.example")));
  EXPECT_THAT(run_zone(kZone, "joe@null.example").rounds,
              ElementsAre(ElementsAre("MX null.example")));
  EXPECT_THAT(run_zone(kZone, "joe@broken.example").rounds,
              ElementsAre(ElementsAre("MX broken.example")));
  EXPECT_THAT(run_zone(kZone, "joe@implicit.example").rounds,
              ElementsAre(ElementsAre("MX implicit.example"),
                          ElementsAre("A implicit.example", "AAAA implicit.example")));
  EXPECT_THAT(run_zone(kZone, "joe@dead.example").rounds,
              ElementsAre(ElementsAre("MX dead.example"),
                          ElementsAre("A gone.example", "AAAA gone.example", "A gone2.example",
                                      "AAAA gone2.example")));
  EXPECT_THAT(run_zone(kZone, "joe@twice.example").rounds[1],
              ElementsAre("A mail.good.example", "AAAA mail.good.example"));
}

dns::DnsFact fact(dns::DnsAnswer answer) {
  return {std::make_shared<const dns::DnsAnswer>(std::move(answer))};
}

dns::DnsQuestion question(const std::string& name, dns::DnsType type) {
  return {DomainName::parse(name).value(), type};
}

TEST(SenderMx, OneUsableAddressIsEnoughWhileOthersAreMissing) {
  const auto check = make_check();
  const Transaction transaction =
      TransactionBuilder(Stage::mail).sender("joe@d.example").transaction;
  for (const dns::DnsType type : {dns::DnsType::a, dns::DnsType::aaaa}) {
    for (const std::string host : {"h1.example", "h2.example", "h3.example"}) {
      FactView facts(nullptr);
      facts.add(question("d.example", dns::DnsType::mx),
                fact(mx_answer({"h1.example", "h2.example", "h3.example"})));
      EXPECT_EQ(check->inspect(transaction, facts).state, CheckReport::State::waiting);
      facts.add(question(host, type), fact(address_answer("198.51.100.1")));
      const CheckReport report = check->inspect(transaction, facts);
      ASSERT_EQ(report.state, CheckReport::State::found) << host;
      EXPECT_EQ(find_check("sender_mx")->findings[report.finding].name, "mx") << host;
    }
  }
}

TEST(SenderMx, OneBadAddressIsNotEnoughWhileOthersAreMissing) {
  const auto check = make_check();
  const Transaction transaction =
      TransactionBuilder(Stage::mail).sender("joe@d.example").transaction;
  FactView facts(nullptr);
  facts.add(question("d.example", dns::DnsType::mx), fact(mx_answer({"h1.example", "h2.example"})));
  for (const dns::DnsType type : {dns::DnsType::a, dns::DnsType::aaaa}) {
    facts.add(question("h1.example", type), fact(absent_answer(dns::DnsReason::nxdomain)));
    EXPECT_EQ(check->inspect(transaction, facts).state, CheckReport::State::waiting);
  }
  facts.add(question("h2.example", dns::DnsType::a),
            fact(dns::temporary_failure(dns::DnsReason::timeout)));
  EXPECT_EQ(check->inspect(transaction, facts).state, CheckReport::State::waiting);
}

// Every combination of what can come back for two and for three hosts.
TEST(SenderMx, AFaultIsNeverABadFindingAndHidesNoGoodOne) {
  enum Kind { usable, unreachable, no_name, no_data, fault, number_of_kinds };
  const auto answer_of = [](std::size_t kind) {
    switch (kind) {
      case usable:
        return address_answer("198.51.100.1");
      case unreachable:
        return address_answer("10.0.0.1");
      case no_name:
        return absent_answer(dns::DnsReason::nxdomain);
      case no_data:
        return absent_answer(dns::DnsReason::nodata);
      default:
        return dns::temporary_failure(dns::DnsReason::servfail);
    }
  };
  const auto check = make_check();
  // No hosts: the domain itself, which has no MX.
  const std::pair<std::size_t, dns::DnsReason> domains[] = {{0, dns::DnsReason::nodata},
                                                            {0, dns::DnsReason::nxdomain},
                                                            {2, dns::DnsReason::answer},
                                                            {3, dns::DnsReason::answer}};
  for (const auto& [count, mx] : domains) {
    const std::size_t questions = count == 0 ? 2 : 2 * count;
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < questions; ++i) combinations *= number_of_kinds;
    for (std::size_t combination = 0; combination < combinations; ++combination) {
      std::vector<std::size_t> kinds;
      for (std::size_t rest = combination; kinds.size() < questions; rest /= number_of_kinds) {
        kinds.push_back(rest % number_of_kinds);
      }
      std::size_t next = 0;
      const auto answer_to = [&, many = count, why = mx](const dns::DnsQuestion& asked) {
        if (asked.type != dns::DnsType::mx) return answer_of(kinds[next++]);
        return many == 0 ? absent_answer(why) : mx_answer(hosts(many));
      };
      const Outcome outcome = run(*check, "joe@d.example", answer_to);
      ASSERT_EQ(next, questions);
      const auto has = [&](std::size_t kind) {
        return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
      };
      if (has(usable)) {
        ASSERT_EQ(outcome.finding, count == 0 ? "implicit" : "mx") << combination;
      } else if (has(fault)) {
        ASSERT_EQ(outcome.finding, "unknown") << combination;
      } else if (count > 0 || has(unreachable)) {
        ASSERT_EQ(outcome.finding, "unusable") << combination;
      } else {
        ASSERT_EQ(outcome.finding, "missing") << combination;
      }
    }
  }
}

TEST(SenderMx, EveryTemporaryReasonIsUnknown) {
  for (int reason = static_cast<int>(dns::DnsReason::servfail);
       reason <= static_cast<int>(dns::DnsReason::deadline); ++reason) {
    dns::DnsAnswer failure_answer = dns::temporary_failure(static_cast<dns::DnsReason>(reason));
    for (const dns::DnsType failing : {dns::DnsType::mx, dns::DnsType::a}) {
      const Outcome outcome =
          run(*make_check(), "joe@d.example", [&](const dns::DnsQuestion& asked) {
            if (asked.type == failing) return failure_answer;
            if (asked.type == dns::DnsType::mx) return mx_answer({"h.example"});
            return absent_answer(dns::DnsReason::nodata);
          });
      EXPECT_EQ(outcome.finding, "unknown") << reason;
      EXPECT_EQ(outcome.finding_class, FindingClass::temporary);
    }
  }
}

TEST(SenderMx, OwnNetworksCountAsUsable) {
  EXPECT_EQ(run_zone(kZone, "joe@own.example", "{ usable_networks: [10.9.0.0/16] }").finding, "mx");
  EXPECT_EQ(run_zone(kZone, "joe@private.example", "{ usable_networks: 10.9.0.0/16 }").finding,
            "unusable");
  EXPECT_EQ(run_zone(kZone, "joe@private.example", "{ usable_networks: ['fc00::/7'] }").finding,
            "mx");
  EXPECT_EQ(run_zone(kZone, "joe@nat64-own.example").finding, "unusable");
  EXPECT_EQ(run_zone(kZone, "joe@nat64-own.example", "{ usable_networks: 10.9.0.0/16 }").finding,
            "mx");
  EXPECT_THROW(make_check("{ usable_networks: [10.9.0.1/16] }"), std::runtime_error);
  EXPECT_THROW(make_check("{ usable_networks: [here] }"), std::runtime_error);
  EXPECT_THROW(make_check("{ usable: [10.9.0.0/16] }"), std::runtime_error);
}

TEST(SenderMx, WithoutASenderThereIsNothingToSay) {
  const Transaction transaction = TransactionBuilder(Stage::rcpt).transaction;
  FactView facts(nullptr);
  EXPECT_EQ(make_check()->inspect(transaction, facts).state, CheckReport::State::not_applicable);
  EXPECT_THAT(facts.missing(), IsEmpty());
}

}  // namespace
}  // namespace postern::checks::sender_mx_test
