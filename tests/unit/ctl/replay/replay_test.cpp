// posternctl replay on a log of Postfix: what a candidate changes, what it loses, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <istream>
#include <sstream>
#include <thread>
#include <utility>

#include "common/json/parse_json.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::replay_test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kRules = R"(version: 1
well_known: popular
lists:
  popular: { kind: domain, entries: [big.example] }
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "Banned" }
)";

std::string accepted(const std::string& id, const std::string& sender,
                     const std::string& day = "21") {
  const std::string front = "Nov " + day + " 04:11:00 mx postfix/";
  return front + "smtpd[1]: " + id + ": client=mx.a.example[203.0.113.9]\n" + front +
         "qmgr[2]: " + id + ": from=<" + sender + ">, size=9, nrcpt=1 (queue active)\n" + front +
         "local[3]: " + id +
         ": to=<joe@box.example>, relay=local, delay=0, dsn=2.0.0, status=sent (ok)\n" + front +
         "qmgr[2]: " + id + ": removed\n";
}

std::string refused(const std::string& sender, const std::string& helo = "mx.a.example") {
  return "Nov 21 04:12:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from mx.a.example"
         "[203.0.113.9]: 554 5.7.1 Service unavailable; from=<" +
         sender + "> to=<joe@box.example> proto=ESMTP helo=<" + helo + ">\n";
}

class ReplayCommand : public testing::Test, protected InstallationFixture {
 protected:
  ReplayCommand() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    folder.write("rules.yaml", kRules);
    folder.write("lists/campaign.txt", ".phish.example reason=\"ticket 4711\"\n");
    log(accepted("4QbJ1x0ghqz1", "hr@www1.phish.example") +
        accepted("4QbJ1x0ghqz2", "ann@partner.example") + refused("x@www2.phish.example") +
        refused("y@other.example"));
  }
  void log(const std::string& text) { folder.write("mail.log", text); }
  CtlResult replay(std::vector<std::string> words) {
    words.insert(words.begin(), "replay");
    words.push_back(folder.path("mail.log"));
    return run(words);
  }
};

TEST_F(ReplayCommand, SaysWhatTheRulesChange) {
  const CtlResult result = replay({});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "read 10 lines in "));
  EXPECT_TRUE(has(result.out, " s: 4 decisions; left out: 0 of this machine"));
  EXPECT_TRUE(has(result.out, "rules: rules.yaml\nas it was: 1\n"));
  EXPECT_TRUE(
      has(result.out,
          "changed                     decisions  messages  by rule\n"
          "  pass -> reject 550        1          1         campaign 1\n"
          "  reject 554 -> pass        1          1         no rule: it was for the MTA, or "
          "other rules, to refuse it\n"
          "  reject 554 -> reject 550  1          1         campaign 1\n"
          "good mail lost: 0\n"
          "pass -> reject 550, by sender domain: www1.phish.example 1\n"
          "pass -> reject 550, by entry: .phish.example (lists/campaign.txt:1) 1\n"
          "--show 'pass -> reject 550' prints each with the explanation\n"));
}

// A log that comes after progress would have been shown.
class LateText : public std::stringbuf {
 public:
  using std::stringbuf::stringbuf;

 protected:
  int_type underflow() override {
    if (!std::exchange(waited_, true)) std::this_thread::sleep_for(std::chrono::milliseconds{1300});
    return std::stringbuf::underflow();
  }

 private:
  bool waited_ = false;
};

TEST_F(ReplayCommand, NoProgressComesBetweenTheDecisionsThatAreShown) {
  LateText text(read("mail.log"), std::ios::in);
  std::istream in(&text);
  const auto result = run({"replay", "--show", "pass -> reject 550"}, in, Terminal::output);
  EXPECT_TRUE(has(result.out, "hr@www1.phish.example"));
  EXPECT_EQ(result.out.find('\r'), std::string::npos) << result.out;
}

TEST_F(ReplayCommand, ACandidateIsAFileOrAFolder) {
  std::filesystem::create_directories(folder.path("new/lists"));
  folder.write("new/lists/campaign.txt", "partner.example\n");
  folder.write("new/rules.yaml", kRules);
  for (const char* against : {"new", "new/rules.yaml"}) {
    const CtlResult result = replay({"--against", folder.path(against)});
    EXPECT_TRUE(has(result.out, "pass -> reject 550, by sender domain: partner.example 1\n"));
  }
}

TEST_F(ReplayCommand, NeedsNoInstallation) {
  std::filesystem::remove(folder.path("postern.yaml"));
  const CtlResult result = replay({"--against", folder.path("rules.yaml")});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_TRUE(has(result.out, "pass -> reject 550"));
}

TEST_F(ReplayCommand, GoodMailThatIsLostEndsWithOne) {
  folder.write("lists/campaign.txt", "big.example\npartner.example\n");
  log(accepted("4QbJ1x0ghqz1", "bob@big.example") +
      accepted("4QbJ1x0ghqz2", "ann@partner.example", "16") +
      accepted("4QbJ1x0ghqz3", "eve@partner.example", "20"));
  const CtlResult result = replay({});
  EXPECT_EQ(result.exit, 1);
  EXPECT_TRUE(has(result.out,
                  "good mail lost: 3\n"
                  "  2026-11-16T04:11:00Z  ann@partner.example -> joe@box.example: reject 550 by "
                  "rule campaign, lists/campaign.txt:2; partner.example is in good standing since "
                  "2026-11-16\n"));
  EXPECT_TRUE(has(result.out, "big.example is well known\n"));
  EXPECT_EQ(replay({"--allow", "3"}).exit, 0);
  EXPECT_EQ(replay({"--allow", "2"}).exit, 1);
}

TEST_F(ReplayCommand, ShowsEachWithItsReason) {
  const CtlResult result = replay({"--show", "pass -> reject"});
  EXPECT_THAT(
      result.out,
      testing::StartsWith("2026-11-21T04:11:00Z  hr@www1.phish.example -> joe@box.example  from "
                          "203.0.113.9 (mx.a.example),\n    4QbJ1x0ghqz1\n"
                          "pass -> reject 550\n"
                          "REJECT  550 5.7.1 Banned\n"));
  EXPECT_TRUE(has(result.out,
                  "www1.phish.example: in list campaign: .phish.example "
                  "(lists/campaign.txt:1)"));
  EXPECT_THAT(result.out, Not(HasSubstr("x@www2.phish.example")));
}

// One line for each, and the answer as without --show.
TEST_F(ReplayCommand, ShowsEachAsALineOfJson) {
  const CtlResult result = replay({"--show", "pass -> reject", "--json"});
  EXPECT_EQ(result.exit, replay({"--json"}).exit);
  const std::size_t end = result.out.find('\n');
  const auto line = json::parse_json(result.out.substr(0, end)).value().as_object();
  const json::object& shown = line.at("shown").as_object();
  EXPECT_EQ(shown.at("time"), "2026-11-21T04:11:00Z");
  EXPECT_EQ(shown.at("queue_id"), "4QbJ1x0ghqz1");
  EXPECT_EQ(shown.at("change"), "pass -> reject 550");
  EXPECT_EQ(shown.at("then"), "pass");
  EXPECT_EQ(shown.at("now"), "reject 550");
  const json::object& mail = shown.at("transaction").as_object();
  EXPECT_EQ(mail.at("sender"), "hr@www1.phish.example");
  EXPECT_EQ(shown.at("not_told").as_array().at(0), "helo");
  EXPECT_TRUE(shown.at("undecided").is_null());
  const auto& verdict = shown.at("explanation").as_object().at("verdict").as_object();
  EXPECT_EQ(verdict.at("rule"), "campaign");
  EXPECT_EQ(verdict.at("entry").as_object().at("line").to_number<int>(), 1);
  const std::string rest = result.out.substr(end + 1);
  EXPECT_EQ(std::count(rest.begin(), rest.end(), '\n'), 1);
  EXPECT_EQ(json::parse_json(rest).value().as_object().at("decisions").to_number<int>(), 4);
}

TEST_F(ReplayCommand, HeloIsUndecidedForAcceptedMailAlone) {
  folder.write("rules.yaml",
               "version: 1\nrules:\n"
               "  - { name: helo, when: { helo: evil.example }, then: reject 550 5.7.1 No }\n");
  log(accepted("4QbJ1x0ghqz1", "a@b.example") + refused("c@d.example", "evil.example"));
  const CtlResult result = replay({});
  EXPECT_TRUE(has(result.out, "  reject 554 -> reject 550  1          1         helo 1\n"));
  EXPECT_TRUE(has(result.out, "helo needs helo, which is not in the log\n"));
  EXPECT_TRUE(has(replay({"--show", "undecided"}).out,
                  "pass -> undecided\n    Rule helo needs helo, which is not known.\n"));
  const std::string line = replay({"--show", "undecided", "--json"}).out;
  const auto shown = json::parse_json(line.substr(0, line.find('\n'))).value().as_object();
  const json::object& undecided = shown.at("shown").as_object();
  EXPECT_TRUE(undecided.at("now").is_null());
  EXPECT_TRUE(undecided.at("explanation").is_null());
  EXPECT_EQ(undecided.at("undecided").as_object().at("needs"), "helo");
}

TEST_F(ReplayCommand, DnsIsNotInALog) {
  folder.write("rules.yaml",
               "version: 1\nrules:\n  - { name: mx, check: sender_mx, preset: standard }\n");
  EXPECT_TRUE(has(replay({}).out, "mx needs DNS, which is not in the log (--ask-dns asks now)\n"));
  folder.write("rules.yaml",
               "version: 1\nmode: log\nrules:\n"
               "  - { name: mx, check: sender_mx, preset: standard }\n"
               "  - { name: all, when: { sender_domain: .example }, then: reject 550 No }\n");
  const CtlResult result = replay({});
  EXPECT_TRUE(has(result.out, "in mode log: all would have reject: 4 decisions, 4 messages\n"));
  EXPECT_TRUE(has(result.out, "in mode log: mx needs DNS, which is not in the log: 4 decisions\n"));
}

TEST_F(ReplayCommand, EntriesExpireNowOrWhenTheMailCame) {
  folder.write("lists/campaign.txt", ".phish.example expires=2026-11-21T06:00:00Z\n");
  EXPECT_THAT(replay({}).out, Not(HasSubstr("pass -> reject 550")));
  EXPECT_TRUE(has(replay({"--as-of", "record"}).out, "pass -> reject 550"));
}

TEST_F(ReplayCommand, ForProgramsItIsJson) {
  const CtlResult result = replay({"--json"});
  const auto answer = json::parse_json(result.out).value().as_object();
  EXPECT_EQ(answer.at("decisions").to_number<int>(), 4);
  const auto& change = answer.at("changes").as_array().at(0).as_object();
  EXPECT_EQ(change.at("then"), "pass");
  EXPECT_EQ(change.at("now"), "reject 550");
  EXPECT_EQ(change.at("by_rule").as_object().at("campaign").to_number<int>(), 1);
  EXPECT_EQ(change.at("by_entry").as_array().at(0).as_object().at("line").to_number<int>(), 1);
  EXPECT_TRUE(answer.at("good_mail_lost").as_array().empty());
}

TEST_F(ReplayCommand, WhatCannotBeReadEndsWithThree) {
  EXPECT_EQ(run({"replay", folder.path("nothing.log")}).exit, 3);
  folder.write("rules.yaml", "version: 1\nrules: [{ name: x }]\n");
  const CtlResult faulty = replay({});
  EXPECT_EQ(faulty.exit, 3);
  EXPECT_TRUE(has(faulty.err, "the rules have faults\n"));
  // Without its key a list would give other answers than to the daemons.
  folder.write("rules.yaml",
               "version: 1\nrules: [{ name: x, check: dnsbl, preset: standard, zones: [{ zone: "
               "bl.example, key_file: /postern-has-no/key }] }]\n");
  const CtlResult keyless = replay({});
  EXPECT_EQ(keyless.exit, 3);
  EXPECT_TRUE(has(keyless.err, "key_file: cannot open /postern-has-no/key"));
  folder.write("rules.yaml", kRules);
  log("Nov 21 04:12:00 mx cron[1]: hello\n");
  EXPECT_EQ(replay({}).exit, 3);
}

TEST_F(ReplayCommand, WhatAClientWroteIsEscaped) {
  log(accepted("4QbJ1x0ghqz1", "\x1b[2J@www1.phish.example"));
  const CtlResult result = replay({"--show", "pass -> reject"});
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace postern::ctl::replay_test
