// The openspf suite (tests/unit/rules/spf) through the policy door: bytes of a request, the rule,
// DNS from the suite's zones round by round. Clients that the check does not look at are asked
// nothing.
#include <gtest/gtest.h>

#include "common/base/ip_scope.h"
#include "tests/scenarios/both_doors.h"
#include "tests/support/rules_from.h"
#include "tests/unit/rules/spf/suite_zone.h"

namespace postern::spf_suite_test {
namespace {

constexpr const char* kRules = R"(
version: 1
rules:
  - name: spf
    check: spf
    on:
      pass: log
      pass_all: log
      none: log
      neutral: log
      softfail: log
      fail: reject 550 5.7.23 "SPF"
      permerror: log
      temperror: defer 451 4.7.24 "SPF"
)";

std::string finding_of(const Verdict& verdict) {
  if (verdict.found.empty()) return "not applicable";
  const std::string finding(verdict.found.front().finding);
  return finding == "pass_all" ? "pass" : finding;
}

TEST(SpfSuite, ThroughThePolicyDoor) {
  const auto rules = rules_from(kRules);
  std::size_t judged = 0;
  std::size_t passed_over = 0;
  for (const spf::SuiteGroup& group :
       spf::read_suite(POSTERN_SOURCE_DIR "/tests/unit/rules/spf/rfc7208-tests.yml")) {
    for (const spf::SuiteCase& one : group.cases) {
      SCOPED_TRACE(one.group + ": " + one.name);
      PolicySide door({rules, group.zone, {}});
      const Outcome outcome = door.step({{"protocol_state", "RCPT"},
                                         {"client_address", one.client},
                                         {"helo_name", one.helo},
                                         {"sender", one.sender},
                                         {"recipient", "r@d.example"}});
      const bool is_judged = is_public(IpAddress::parse(one.client).value());
      ++(is_judged ? judged : passed_over);
      EXPECT_EQ(finding_of(outcome.verdict), is_judged ? one.result : "not applicable");
      EXPECT_TRUE(is_judged || outcome.asked.empty());
      if (one.result != "fail") {
        EXPECT_NE(outcome.verdict.action, Disposition::reject);
      }
    }
  }
  EXPECT_EQ(judged + passed_over, 203U);
  EXPECT_GT(judged, 150U);
}

}  // namespace
}  // namespace postern::spf_suite_test
