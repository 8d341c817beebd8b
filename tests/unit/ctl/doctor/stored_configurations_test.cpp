// Every finding by a stored bad configuration, and none on what is shipped.
#include <gtest/gtest.h>

#include <set>

#include "server/config/settings.h"
#include "tests/unit/ctl/doctor/stored_case.h"

namespace postern::doctor::stored_configurations_test {
namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string details(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += std::string(finding.name) + " | " + finding.where + " | " + finding.found + " | " +
           finding.write + "\n";
  }
  return out;
}

class StoredConfigurations : public testing::TestWithParam<std::string> {};

TEST_P(StoredConfigurations, AreFoundToBeWhatTheyAre) {
  const CaseSections sections = case_sections(GetParam());
  const auto found = findings_in(stored_mta_config(sections));
  EXPECT_EQ(sorted_lines(told(found)), sorted_lines(sections.at("expect"))) << details(found);
  std::string write;
  for (const Finding& finding : found) write += finding.write + "\n";
  if (sections.count("write") != 0) {
    EXPECT_EQ(write, sections.at("write"));
  }
  EXPECT_EQ(write.find("..."), std::string::npos);
  for (const Finding& finding : found) {
    EXPECT_FALSE(finding.where.empty()) << finding.name;
    EXPECT_FALSE(finding.found.empty()) << finding.name;
    EXPECT_TRUE(finding.why.ends_with('.')) << finding.name << ": " << finding.why;
    EXPECT_FALSE(finding.write.empty()) << finding.name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, StoredConfigurations, testing::ValuesIn(case_names()),
                         [](const testing::TestParamInfo<std::string>& stored) {
                           std::string name = stored.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(AllFindings, HaveAStoredConfigurationEach) {
  std::set<std::string, std::less<>> shown;
  for (const std::string& name : case_names()) {
    for (const std::string& line : sorted_lines(case_sections(name).at("expect"))) {
      shown.insert(line.substr(line.find(' ') + 1));
    }
  }
  for (const FindingKind& kind : all_findings()) {
    EXPECT_TRUE(shown.find(kind.name) != shown.end()) << kind.name;
  }
  EXPECT_EQ(shown.size(), all_findings().size());
}

TEST(AllFindings, AreThoseOfThePage) {
  std::istringstream page(file_text(std::filesystem::path(POSTERN_SOURCE_DIR) / "docs/doctor.md"));
  std::set<std::string> described;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("### ")) described.insert(line.substr(4));
  }
  std::set<std::string> known;
  for (const FindingKind& kind : all_findings()) known.emplace(kind.name);
  EXPECT_EQ(described, known);
}

std::string shipped(const std::string& name) {
  return file_text(std::filesystem::path(POSTERN_SOURCE_DIR) / "contrib" / name);
}

constexpr const char* kDebianMain =
    "compatibility_level = 3.6\nmydestination = $myhostname, localhost\n"
    "mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n"
    "smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated "
    "defer_unauth_destination\n";
constexpr const char* kDebianMaster =
    "smtp      inet  n       -       y       -       -       smtpd\n"
    "pickup    unix  n       -       y       60      1       pickup\n";
constexpr const char* kNotChrooted =
    "smtp      inet  n       -       n       -       -       smtpd\n";
constexpr const char* kPolicyDoor =
    "policyd: { listen: { unix: /var/spool/postfix/postern/policy } }\n";
constexpr const char* kMilterDoor =
    "milter: { listen: { unix: /var/spool/postfix/postern/milter } }\n";

TEST(ShippedSnippets, PolicyServiceHasNoFinding) {
  for (const char* master : {kDebianMaster, kNotChrooted}) {
    const auto found = findings_in(
        stored_mta_config({{"main.cf", kDebianMain + shipped("postfix/main.cf.snippet")},
                           {"master.cf", master},
                           {"postern.yaml", kPolicyDoor}}));
    EXPECT_EQ(details(found), "");
  }
}

TEST(ShippedSnippets, PolicyServiceIsWhatIsProposed) {
  for (const char* master : {kDebianMaster, kNotChrooted}) {
    const auto found = findings_in(stored_mta_config(
        {{"main.cf", kDebianMain}, {"master.cf", master}, {"postern.yaml", kPolicyDoor}}));
    EXPECT_NE(details(found).find("check_policy_service { unix:postern/policy, timeout=10s, "
                                  "default_action=DUNNO }"),
              std::string::npos)
        << details(found);
  }
}

// A socket elsewhere is no path below the queue directory.
TEST(ShippedSnippets, ASocketElsewhereIsProposedAsItIs) {
  const auto found = findings_in(stored_mta_config(
      {{"main.cf", kDebianMain},
       {"master.cf", kNotChrooted},
       {"postern.yaml", "policyd: { listen: { unix: /run/postern/policy } }\n"}}));
  EXPECT_NE(details(found).find("check_policy_service { unix:/run/postern/policy, "),
            std::string::npos)
      << details(found);
}

TEST(ShippedSnippets, GreetingDelayHasNoFinding) {
  // The longest delay and the default deadline together.
  const auto found = findings_in(stored_mta_config(
      {{"main.cf", kDebianMain + shipped("postfix/main.cf.snippet") +
                       shipped("postfix/greeting-delay.cf.snippet")},
       {"master.cf", kDebianMaster},
       {"postern.yaml", kPolicyDoor},
       {"rules.yaml", "rules: [{ name: d, when: { client: 192.0.2.0/24 }, then: delay 20s }]\n"}}));
  EXPECT_EQ(details(found), "");
}

TEST(ShippedSnippets, PostfixMilterHasNoFinding) {
  const auto found = findings_in(stored_mta_config(
      {{"main.cf", kDebianMain + shipped("postfix/milter.cf.snippet")},
       {"master.cf", kDebianMaster},
       {"postern.yaml", kMilterDoor},
       {"rules.yaml", "rules: [{ name: d, when: { client: 192.0.2.0/24 }, then: delay 20s }]\n"}}));
  EXPECT_EQ(details(found), "");
}

TEST(ShippedSnippets, SendmailMilterHasNoFinding) {
  const std::string snippet = shipped("sendmail/postern.mc");
  const std::size_t line = snippet.find("\nINPUT_MAIL_FILTER(`postern', `") + 31;
  const std::string equates = snippet.substr(line, snippet.find("')dnl", line) - line);
  ASSERT_TRUE(equates.starts_with("S=local:/run/postern/milter")) << equates;
  // As m4 makes it of the line, in a stock sendmail.cf.
  const auto found = findings_in(
      stored_mta_config({{"sendmail.cf",
                          "O DaemonPortOptions=Name=MTA\nKresolve host -a<OKR> -T<TEMP>\n"
                          "O InputMailFilters=postern\nXpostern, " +
                              equates + "\n"},
                         {"postern.yaml", "milter: { listen: { unix: /run/postern/milter } }\n"}}));
  EXPECT_EQ(details(found), "");
}

TEST(ShippedSnippets, AreBetterAlone) {
  const auto found =
      findings_in(stored_mta_config({{"main.cf", kDebianMain + shipped("postfix/main.cf.snippet") +
                                                     shipped("postfix/milter.cf.snippet")},
                                     {"postern.yaml", std::string(kPolicyDoor) + kMilterDoor}}));
  EXPECT_EQ(told(found), "warning both-doors\n");
}

// What is proposed has nothing wrong with it.
TEST(WhatToWrite, ForARecipientListIsRight) {
  for (const char* name : {"nothing-asked",
                           "after-permit",
                           "after-auth-destination",
                           "after-static-ok",
                           "before-relay-check",
                           "before-relay-check-old-order",
                           "in-sender-restrictions",
                           "timeout-short",
                           "default-action-ok",
                           "own-clients",
                           "asked-late",
                           "asked-twice",
                           "asked-by-class-twice",
                           "nothing-said",
                           "one-try-in-the-call",
                           "only-logged",
                           "only-logged-by-class",
                           "deferred",
                           "soft-bounce",
                           "misspelt",
                           "mistyped-port"}) {
    CaseSections sections = case_sections(name);
    const auto found = findings_in(stored_mta_config(sections));
    ASSERT_FALSE(found.empty()) << name;
    sections["main.cf"] += found.front().write + "\n";
    EXPECT_EQ(told(findings_in(stored_mta_config(sections))), "")
        << name << ": " << found.front().write;
  }
}

TEST(WhatToWrite, ForADelayIsRight) {
  for (const char* name : {"delay-never-asked-in-time", "delay-after-greeting"}) {
    CaseSections sections = case_sections(name);
    const auto found = findings_in(stored_mta_config(sections));
    ASSERT_FALSE(found.empty()) << name;
    sections["main.cf"] += found.front().write + "\n";
    EXPECT_EQ(told(findings_in(stored_mta_config(sections))), "") << name;
  }
}

TEST(WhatToWrite, ForTheMilterIsRight) {
  for (const char* name : {"milter-not-asked", "milter-timeout-short", "milter-delay-too-long",
                           "milter-default-action-unsaid", "milter-second"}) {
    CaseSections sections = case_sections(name);
    const auto found = findings_in(stored_mta_config(sections));
    ASSERT_FALSE(found.empty()) << name;
    sections["main.cf"] += found.front().write + "\n";
    EXPECT_EQ(told(findings_in(stored_mta_config(sections))), "") << name << found.front().write;
  }
}

}  // namespace
}  // namespace postern::doctor::stored_configurations_test
