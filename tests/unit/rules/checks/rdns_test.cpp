#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/check_run.h"

namespace postern::checks::rdns_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kZone = R"(
zone:
  1.113.0.203.in-addr.arpa: { PTR: [mx.good.example] }
  mx.good.example: { A: [198.51.100.9, 203.0.113.1, 203.0.113.2, 203.0.113.17] }
  2.113.0.203.in-addr.arpa: { PTR: [gone.example, other.example, mx.good.example] }
  other.example: { A: [198.51.100.9] }
  3.113.0.203.in-addr.arpa: { PTR: [other.example] }
  4.113.0.203.in-addr.arpa: { PTR: [gone.example] }
  5.113.0.203.in-addr.arpa: { fault: servfail }
  6.113.0.203.in-addr.arpa: { PTR: [sick.example, other.example] }
  sick.example: { fault: timeout }
  7.113.0.203.in-addr.arpa: { PTR: [dyn-203-0-113-7.pool.example] }
  dyn-203-0-113-7.pool.example: { A: [203.0.113.7] }
  8.113.0.203.in-addr.arpa: { PTR: [dyn-203-0-113-8.pool.example, mx8.good.example] }
  dyn-203-0-113-8.pool.example: { A: [203.0.113.8] }
  mx8.good.example: { A: [203.0.113.8] }
  9.113.0.203.in-addr.arpa: { PTR: ["a b.example"] }
  10.113.0.203.in-addr.arpa: { CNAME: 10.0-15.113.0.203.in-addr.arpa }
  10.0-15.113.0.203.in-addr.arpa: { PTR: [mx10.good.example] }
  mx10.good.example: { A: [203.0.113.10] }
  11.113.0.203.in-addr.arpa: { PTR: [dyn-203-0-113-11.pool.example] }
  12.113.0.203.in-addr.arpa: { A: [198.51.100.1] }
  13.113.0.203.in-addr.arpa: { PTR: [deadbeef.example, sick.example] }
  deadbeef.example: { A: [203.0.113.13] }
  14.113.0.203.in-addr.arpa: { PTR: [dyn-203-0-113-14.pool.example, sick.example] }
  dyn-203-0-113-14.pool.example: { A: [203.0.113.14] }
  1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa: { PTR: [six.example] }
  six.example: { A: { fault: servfail }, AAAA: ["2001:db8::1"] }
  15.113.0.203.in-addr.arpa: { PTR: [mx.good.example.] }
)";

Outcome run(const Transaction& transaction) {
  static const ZoneMap zone = ZoneMap::parse(kZone).value();
  return run_in(zone, "rdns", "{}", transaction);
}

Transaction client(const std::string& address) {
  return TransactionBuilder(Stage::mail).client(address).sender("<>").transaction;
}

struct Case {
  const char* client;
  const char* finding;
  const char* detail;
};

TEST(Rdns, Findings) {
  for (const Case& c : {
           Case{"203.0.113.1", "confirmed", "mx.good.example"},
           Case{"203.0.113.3", "mismatch", "other.example"},
           Case{"203.0.113.4", "mismatch", "gone.example"},
           Case{"203.0.113.5", "unknown", "PTR servfail"},
           Case{"203.0.113.6", "unknown", "address of sick.example"},
           Case{"203.0.113.7", "generic", "dyn-203-0-113-7.pool.example"},
           Case{"203.0.113.8", "confirmed", "mx8.good.example"},
           Case{"203.0.113.9", "mismatch", "no host name"},
           Case{"203.0.113.10", "confirmed", "mx10.good.example"},
           Case{"203.0.113.11", "mismatch", "dyn-203-0-113-11.pool.example"},
           Case{"203.0.113.12", "none", ""},
           Case{"203.0.113.14", "unknown", "address of sick.example"},
           Case{"203.0.113.99", "none", ""},
           Case{"2001:db8::1", "confirmed", "six.example"},
           Case{"2001:db8::2", "none", ""},
           Case{"::ffff:203.0.113.1", "confirmed", "mx.good.example"},
       }) {
    const Outcome outcome = run(client(c.client));
    EXPECT_EQ(outcome.finding, c.finding) << c.client << ": " << outcome.detail;
    EXPECT_EQ(outcome.detail, c.detail) << c.client;
    EXPECT_LE(outcome.rounds.size(), 2U) << c.client;
  }
}

TEST(Rdns, AsksForTheNamesSideBySideAndInTheClientsFamily) {
  EXPECT_THAT(run(client("203.0.113.2")).rounds,
              ElementsAre(ElementsAre("PTR 2.113.0.203.in-addr.arpa"),
                          ElementsAre("A gone.example", "A other.example", "A mx.good.example")));
  EXPECT_THAT(run(client("2001:db8::1")).rounds[1], ElementsAre("AAAA six.example"));
}

Outcome with_names(std::size_t count, std::size_t good) {
  return checks::run(
      "rdns", *make_check("rdns", "{}"), client("203.0.113.1"),
      [&](const dns::DnsQuestion& question) {
        if (question.type == dns::DnsType::ptr) {
          dns::DnsAnswer answer = found_answer();
          for (std::size_t i = 1; i <= count; ++i) {
            answer.records.add_name("h" + std::to_string(i) + ".example");
          }
          return answer;
        }
        const bool is_good = question.name.text() == "h" + std::to_string(good) + ".example";
        return is_good ? address_answer("203.0.113.1") : absent_answer(dns::DnsReason::nxdomain);
      });
}

TEST(Rdns, TenNamesAreLookedAt) {
  EXPECT_EQ(with_names(10, 10).finding, "confirmed");
  EXPECT_EQ(with_names(10, 0).finding, "mismatch");
  EXPECT_EQ(with_names(11, 10).finding, "confirmed");
  EXPECT_EQ(with_names(11, 11).finding, "unknown");
  EXPECT_EQ(with_names(11, 11).detail, "more than 10 names");
  EXPECT_EQ(with_names(100, 0).rounds[1].size(), 10U);
}

// --- what must not happen (the complaints about other programs)

TEST(Rdns, AFaultOfDnsIsNotTakenForNoName) {
  const int first = static_cast<int>(dns::DnsReason::servfail);
  for (int reason = first; reason <= static_cast<int>(dns::DnsReason::deadline); ++reason) {
    const dns::DnsAnswer failure = dns::temporary_failure(static_cast<dns::DnsReason>(reason));
    for (const dns::DnsType failing : {dns::DnsType::ptr, dns::DnsType::a}) {
      const Outcome outcome = checks::run("rdns", *make_check("rdns", "{}"), client("203.0.113.1"),
                                          [&](const dns::DnsQuestion& question) {
                                            if (question.type == failing) return failure;
                                            dns::DnsAnswer answer = found_answer();
                                            answer.records.add_name("h.example");
                                            return answer;
                                          });
      EXPECT_EQ(outcome.finding, "unknown") << reason;
      EXPECT_EQ(outcome.finding_class, FindingClass::temporary);
    }
  }
}

// Of so many addresses that some are left out the client's may be one.
TEST(Rdns, AddressesThatAreLeftOutAreNoMismatch) {
  const auto with_addresses = [](std::uint32_t count) {
    return checks::run("rdns", *make_check("rdns", "{}"), client("203.0.113.1"),
                       [&](const dns::DnsQuestion& question) {
                         dns::DnsAnswer answer = found_answer();
                         if (question.type == dns::DnsType::ptr) {
                           answer.records.add_name("h.example");
                           return answer;
                         }
                         for (std::uint32_t i = 0; i < count; ++i) {
                           answer.records.add_address(IpAddress::from_v4(0xc6336400 + i));
                         }
                         return answer;
                       })
        .finding;
  };
  EXPECT_EQ(with_addresses(99), "mismatch");
  EXPECT_EQ(with_addresses(100), "unknown");
}

TEST(Rdns, ItIsNotTheFirstNameAloneThatCounts) {
  EXPECT_EQ(run(client("203.0.113.2")).finding, "confirmed");
}

TEST(Rdns, TheMtasOwnWordIsNotTakenForIt) {
  Transaction transaction = client("203.0.113.1");
  EXPECT_EQ(run(transaction).finding, "confirmed") << "though the MTA has said unknown";
  transaction = client("203.0.113.4");
  transaction.client_name = "gone.example";
  transaction.reverse_client_name = "gone.example";
  EXPECT_EQ(run(transaction).finding, "mismatch");
}

TEST(Rdns, EightHexDigitsThatAreNotTheAddressAreNotGeneric) {
  EXPECT_EQ(run(client("203.0.113.13")).finding, "confirmed");
}

TEST(Rdns, NobodyIsRefusedBecauseOfAGenericNameAlone) {
  const auto complaint = [](const std::string& action) {
    return complaints_about(
        "version: 1\nrules:\n  - { name: r, check: rdns, on: { generic: " + action + " } }\n");
  };
  EXPECT_THAT(complaint("reject"), HasSubstr("generic: found reject, want hold, log, prepend"));
  EXPECT_THAT(complaint("defer"), HasSubstr("generic: found defer"));
  EXPECT_EQ(complaint("log"), "");
}

TEST(Rdns, AsShippedNobodyIsRefused) {
  const auto rules =
      rules_from("version: 1\nrules:\n  - { name: r, check: rdns, preset: standard }\n");
  for (const RuleActions& actions : rules->rules()[0].check()->on) {
    for (const Action& action : actions) EXPECT_EQ(kind_of(action), ActionKind::log);
  }
}

TEST(Rdns, InsideAndLoggedInClientsAreNotAskedAbout) {
  for (const char* inside :
       {"10.0.0.1", "127.0.0.1", "192.168.1.1", "169.254.0.1", "::1", "fe80::1", "fd00::1"}) {
    EXPECT_EQ(run(client(inside)).finding, "-") << inside;
    EXPECT_THAT(run(client(inside)).rounds, IsEmpty());
  }
  Transaction user = client("203.0.113.4");
  user.sasl_username = "joe";
  EXPECT_EQ(run(user).finding, "-");
  EXPECT_EQ(run(TransactionBuilder(Stage::mail).transaction).finding, "-");
}

}  // namespace
}  // namespace postern::checks::rdns_test
