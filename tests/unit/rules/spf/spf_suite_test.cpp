// Every case of the openspf suite, as pure facts: with all of them at hand, and got round by round.
#include <gtest/gtest.h>

#include "tests/unit/rules/spf/spf_run.h"
#include "tests/unit/rules/spf/suite_zone.h"

namespace postern::spf::spf_suite_test {
namespace {

std::string_view word_of_result(SpfResult result) {
  switch (result) {
    case SpfResult::none:
      return "none";
    case SpfResult::neutral:
      return "neutral";
    case SpfResult::pass:
      return "pass";
    case SpfResult::fail:
      return "fail";
    case SpfResult::softfail:
      return "softfail";
    case SpfResult::temperror:
      return "temperror";
    case SpfResult::permerror:
      break;
  }
  return "permerror";
}

std::optional<Subject> subject_of(const SuiteCase& one) {
  Transaction transaction;
  transaction.client = IpAddress::parse(one.client).value();
  transaction.helo = one.helo;
  transaction.sender = MailAddress::from_envelope(one.sender);
  auto subject = spf::subject_of(transaction, Identity::mail_from);
  if (subject) subject->explanation = Explanation::ask;
  return subject;
}

void expect_result(const SuiteCase& one, const Judgement& judgement) {
  EXPECT_EQ(word_of_result(judgement.result), one.result) << judgement.problem;
  const std::string expected = one.explanation == "DEFAULT" ? "" : one.explanation;
  if (!one.explanation.empty()) {
    EXPECT_EQ(judgement.explanation, expected);
  }
}

TEST(SpfSuite, EveryCaseHasTheResultThatIsPreferred) {
  std::size_t cases = 0;
  for (const SuiteGroup& group :
       read_suite(POSTERN_SOURCE_DIR "/tests/unit/rules/spf/rfc7208-tests.yml")) {
    for (const SuiteCase& one : group.cases) {
      SCOPED_TRACE(one.group + ": " + one.name);
      ++cases;
      const auto subject = subject_of(one);
      if (!subject) {
        EXPECT_EQ(one.result, "none");
        continue;
      }
      expect_result(one, judge_at_once(group.zone, *subject));
      const SpfRun run = judge_in_rounds(group.zone, *subject);
      expect_result(one, run.judgement);
      EXPECT_LE(run.rounds, 24);
      EXPECT_LE(run.facts, kMaxFactsOfCheck);
    }
  }
  EXPECT_EQ(cases, 203U);
}

}  // namespace
}  // namespace postern::spf::spf_suite_test
