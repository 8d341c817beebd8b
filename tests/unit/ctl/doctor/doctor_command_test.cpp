// posternctl doctor on stored texts, as a person calls it.
#include <gtest/gtest.h>

#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::doctor::doctor_command_test {
namespace {

constexpr const char* kGood =
    "compatibility_level = 3.6\n"
    "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,\n"
    "    check_policy_service { inet:127.0.0.1:10040, timeout=10s, default_action=DUNNO }\n";

class DoctorCommand : public testing::Test {
 protected:
  DoctorCommand() {
    fixture_.settings("policyd: { listen: \"inet:127.0.0.1:10040\" }\n");
    fixture_.folder.write("rules.yaml", "version: 1\nrules: []\n");
  }

  ctl::CtlResult doctor(const std::string& main, std::vector<std::string> more = {}) {
    const std::string file = fixture_.folder.write("main.cf", main);
    more.insert(more.begin(), {"doctor", "--texts-only", "--postconf-n", file});
    return fixture_.run(more);
  }

  ctl::InstallationFixture fixture_;
};

TEST_F(DoctorCommand, WhatIsGood) {
  const auto result = doctor(kGood);
  EXPECT_EQ(result.exit, 0) << result.out << result.err;
  EXPECT_EQ(result.out, "looked at: Postfix with 1 SMTP server\ngood: 0 notes\n");
}

TEST_F(DoctorCommand, NamesPlaceReasonAndLine) {
  const auto result = doctor("myhostname = x\n\nsmtpd_recipient_restrictions = permit\n");
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(ctl::has(result.out, "error: policy-not-asked: " + fixture_.folder.path("main.cf") +
                                       ":3: smtpd_recipient_restrictions\n"));
  EXPECT_TRUE(
      ctl::has(result.out,
               "      smtpd_recipient_restrictions = check_policy_service { "
               "inet:127.0.0.1:10040, timeout=10s, default_action=DUNNO }, permit\n"
               "      # and reject_unauth_destination behind what permits your own people: no "
               "list here refuses relaying\n"));
  EXPECT_TRUE(ctl::has(result.out, "NOT GOOD: 1 error, 0 warnings, 0 notes\n"));
}

TEST_F(DoctorCommand, NotesAreNoFault) {
  const auto result = doctor(std::string(kGood) + "smtpd_policy_service_try_limit = 1\n");
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(ctl::has(result.out, "note: policy-one-try: "));
  EXPECT_TRUE(ctl::has(result.out, "good: 1 note\n"));
}

TEST_F(DoctorCommand, TellsPrograms) {
  const auto result = doctor("a = b\n", {"--json"});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(ctl::has(result.out, R"("good":false,"errors":1)"));
  EXPECT_TRUE(ctl::has(result.out, R"("name":"policy-not-asked","severity":"error")"));
}

TEST_F(DoctorCommand, OverridesOfMasterCount) {
  const auto master = fixture_.folder.write(
      "master.cf", "smtp inet n - n - - smtpd\n  -o smtpd_recipient_restrictions=reject\n");
  EXPECT_TRUE(ctl::has(doctor(kGood, {"--postconf-m", master}).out, "policy-not-asked"));
}

TEST_F(DoctorCommand, BothMtasAtOnce) {
  const auto cf =
      fixture_.folder.write("sendmail.cf", "O InputMailFilters=p\nXp, S=inet:10040@127.0.0.1\n");
  const auto result = doctor(kGood, {"--sendmail-cf", cf});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(ctl::has(result.out, "error: wrong-door: " + cf + ":2: Xp\n"));
}

TEST_F(DoctorCommand, ControlCharactersDoNotReachTheTerminal) {
  const auto result = doctor(
      "smtpd_milters = inet:\x1b[2J:1\nsmtpd_recipient_restrictions = "
      "\x1b[31mx, check_policy_service { unix:/postern\x07, timeout=1s }\n");
  EXPECT_EQ(result.exit, 1);
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(result.out.find('\x07'), std::string::npos);
  EXPECT_TRUE(ctl::has(result.out, "\\x07"));
}

TEST_F(DoctorCommand, WhatCannotBeRead) {
  EXPECT_EQ(fixture_.run({"doctor", "--postconf-n", fixture_.folder.path("missing")}).exit, 3);
  EXPECT_EQ(fixture_.run({"doctor", "--postconf", fixture_.folder.path("missing")}).exit, 3);
  EXPECT_EQ(fixture_.run({"doctor", "--sendmail-cf", fixture_.folder.path("missing")}).exit, 3);
  EXPECT_EQ(fixture_.run({"doctor", "--postconf-m", fixture_.folder.path("missing")}).exit, 2);
  const auto huge = fixture_.folder.write("huge", std::string(3 << 20, '#'));
  EXPECT_EQ(fixture_.run({"doctor", "--postconf-n", huge}).exit, 3);
  fixture_.folder.write("postern.yaml", "version: 1\n");
  EXPECT_EQ(doctor(kGood).exit, 3);
}

TEST_F(DoctorCommand, AFileOfAnotherKind) {
  const auto mc = fixture_.folder.write("sendmail.mc", "divert(0)dnl\nMAILER(`smtp')dnl\n");
  const auto result = fixture_.run({"doctor", "--texts-only", "--sendmail-cf", mc});
  EXPECT_EQ(result.exit, 3);
  EXPECT_TRUE(
      ctl::has(result.err, mc + " is the m4 source (.mc) that sendmail.cf is made of, want a "
                                "sendmail.cf for --sendmail-cf\n"))
      << result.err;
  const auto master = fixture_.folder.write("m.cf", "smtp inet n - n - - smtpd\n");
  const auto swapped = fixture_.run({"doctor", "--texts-only", "--postconf-n", master});
  EXPECT_EQ(swapped.exit, 3);
  EXPECT_TRUE(ctl::has(swapped.err, "is a master.cf of Postfix, want a main.cf of Postfix"));
  // Next to nothing is not another kind.
  EXPECT_EQ(doctor("# nothing is set\n").exit, 1);
}

TEST_F(DoctorCommand, FaultyRulesAreNamedAndTheRestIsStillSaid) {
  fixture_.folder.write("rules.yaml", "version: 1\nrules: [{}]\n");
  const auto result = doctor(kGood);
  EXPECT_EQ(result.exit, 0);
  EXPECT_TRUE(ctl::has(result.err, "posternctl check"));
}

}  // namespace
}  // namespace postern::doctor::doctor_command_test
