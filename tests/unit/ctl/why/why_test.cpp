// posternctl why on an installation with a log: what was decided, what would be, and commands that
// do what they promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>

#include "common/json/parse_json.h"
#include "tests/unit/ctl/why/logged_refusal.h"

namespace postern::ctl::why_test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kLine =
    "Nov 21 11:40:02 mx postfix/smtpd[8738]: NOQUEUE: reject: RCPT from "
    "mta7.phish.example[203.0.113.9]: 550 5.7.1 <joe@box.example>: Recipient address rejected: "
    "Sender domain banned here; from=<hr@www1.phish.example> to=<joe@box.example> proto=ESMTP "
    "helo=<mta7.phish.example>";

class Why : public testing::Test, protected LoggedRefusal {
 protected:
  // What it says, after ending with `exit`.
  [[nodiscard]] std::string why(std::vector<std::string> words, int exit = 0) const {
    words.insert(words.begin(), "why");
    const CtlResult result = run(std::move(words));
    EXPECT_EQ(result.exit, exit) << result.out << result.err;
    return result.out + result.err;
  }

  // The command behind `what` in a text, run by the tool.
  [[nodiscard]] CtlResult run_command(const std::string& text, const std::string& what) const {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << text;
    std::istringstream words(text.substr(text.find("posternctl", at)));
    std::string line;
    std::getline(words, line);
    std::vector<std::string> all;
    std::istringstream in(line);
    for (std::string word; in >> word;) all.push_back(word);
    all.erase(all.begin());
    return run(all);
  }
};

TEST_F(Why, FromTheLineOfPostfix) {
  const std::string text = why({kLine});
  EXPECT_THAT(text, HasSubstr("Refused at rcpt, 2026-11-21T11:40:02Z, by generation 1 (policy)\n"
                              "    550 5.7.1 Sender domain banned here\n"
                              "    rule campaign: .phish.example in list campaign "
                              "(lists/campaign.txt:1), \"ticket 4711\", by ann\n"));
  EXPECT_THAT(text, HasSubstr("  sender              hr@www1.phish.example\n"));
  EXPECT_THAT(text, HasSubstr("REJECT  550 5.7.1 Sender domain banned here\n"));
  EXPECT_THAT(text,
              testing::EndsWith("To take the entry back:   posternctl unblock .phish.example\n"
                                "To let it in for a week:  posternctl allow hr@www1.phish.example "
                                "--list friends --for 7d\n"
                                "To let it in for good:    posternctl allow hr@www1.phish.example "
                                "--list friends\n"));
}

TEST_F(Why, WordsOfALineThatTheShellHasTakenApart) {
  std::vector<std::string> words;
  std::istringstream in(kLine);
  for (std::string word; in >> word;) words.push_back(word);
  EXPECT_THAT(why(words), HasSubstr("Refused at rcpt"));
}

TEST_F(Why, TheCommandsLetItIn) {
  for (const char* what : {"for a week", "for good", "entry back"}) {
    SCOPED_TRACE(what);
    const std::string before = read("lists/campaign.txt");
    EXPECT_NE(run_command(why({kLine}), what).exit, 2);
    const std::string after = why({kLine});
    EXPECT_THAT(after, HasSubstr("\nPASS\n"));
    EXPECT_THAT(after, HasSubstr("It would come in now: there is nothing to do."));
    EXPECT_THAT(after, HasSubstr("Refused at rcpt"));  // then
    folder.write("lists/campaign.txt", before);
    folder.write("lists/friends.txt", "");
  }
}

TEST_F(Why, FromOtherThings) {
  write_log(decision(kBanned + kEnvelope + " queue_id=4QbJ1x0ghqz1x token=k7m3f2"));
  const std::string bounce =
      "Final-Recipient: rfc822; joe@box.example\nDiagnostic-Code: smtp; 550 5.7.1 "
      "<joe@box.example>:\n  Sender domain banned here\nX-Postfix-Sender: rfc822; "
      "hr@www1.phish.example\n";
  const std::string mail =
      "Return-Path: <hr@www1.phish.example>\nReceived: from mta7.phish.example (mta7.phish.example "
      "[203.0.113.9])\n by mx.box.example id 4QbJ1x0ghqz1x for <joe@box.example>\nSubject: x\n\n";
  for (const std::string& clue :
       {std::string("4QbJ1x0ghqz1x"), std::string("k7m3f2"), bounce, mail,
        decision(kBanned + kEnvelope),
        std::string("4QbJ1x0ghqz1x: Milter: from=<hr@www1.phish.example>, reject=550 5.7.1 x")}) {
    SCOPED_TRACE(clue);
    const std::string text = why({clue});
    EXPECT_THAT(text, HasSubstr("Refused at rcpt"));
    EXPECT_THAT(text,
                HasSubstr("To let it in for good:    posternctl allow hr@www1.phish.example"));
  }
  folder.write("bounce.eml", bounce);
  EXPECT_THAT(why({folder.path("bounce.eml")}), HasSubstr("Refused at rcpt"));
  std::istringstream in(bounce);
  EXPECT_EQ(run({"why"}, in, Terminal::none).exit, 0);
}

// Through a milter a sender is refused before there is a recipient.
TEST_F(Why, ABounceOfWhatWasRefusedAtMail) {
  write_log("2026-11-21T11:40:02.118+00:00 info decision door=milter stage=mail " + kBanned +
            "client=203.0.113.9 sender=hr@www1.phish.example queue_id=6ALDe2Hj004711 generation=1 "
            "us=5\n");
  EXPECT_THAT(why({"To: hr@www1.phish.example\n\nFinal-Recipient: rfc822; joe@box.example\n"
                   "Diagnostic-Code: smtp; 550 5.7.1 Sender domain banned here\n"}),
              HasSubstr("Refused at mail, "));
}

TEST_F(Why, AnIdIsCalledWhatItIs) {
  const std::string token = why({"k7m3f2"});
  EXPECT_THAT(token, HasSubstr("  token               k7m3f2\n"));
  EXPECT_THAT(token, Not(HasSubstr("queue_id")));
  EXPECT_THAT(why({"1.2"}), Not(HasSubstr("queue_id")));  // the instance
  EXPECT_THAT(why({"z7m3f2"}, 1), HasSubstr("  token               z7m3f2\n"));
  EXPECT_THAT(why({"4QbJ1x0ghqz1x"}, 1), HasSubstr("  queue_id            4QbJ1x0ghqz1x\n"));
}

TEST_F(Why, NotInTheLog) {
  write_log("");
  const std::string text = why({kLine}, 1);
  EXPECT_THAT(text, HasSubstr("No decision of Postern's about it was found.\n    550 5.7.1 <joe"));
  EXPECT_THAT(text, HasSubstr("Note: it is not in " + folder.path("postern.log")));
  EXPECT_THAT(text, HasSubstr("REJECT  550 5.7.1 Sender domain banned here"));
  EXPECT_THAT(why({"4QbJ1x0ghqz1x"}, 1), Not(HasSubstr("Now, by")));
}

TEST_F(Why, TheMtaItselfHasSaidNo) {
  write_log(
      decision("rule=- action=pass reply=DUNNO client=203.0.113.9 "
               "sender=a@good.example recipient=nobody@box.example"));
  EXPECT_THAT(why({"Nov 21 11:40:02 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from "
                   "a.example[203.0.113.9]: 550 5.1.1 <nobody@box.example>: User unknown; "
                   "from=<a@good.example> to=<nobody@box.example> proto=ESMTP helo=<a>"}),
              HasSubstr("Let in at rcpt, 2026-11-21T11:40:02Z, by generation 1 (policy)\n"
                        "    no rule decided\n    The MTA itself has said no:\n"
                        "    550 5.1.1 <nobody@box.example>: User unknown\n"));
}

TEST_F(Why, TheNearestInTimeOfThoseThatFit) {
  const auto at = [](const std::string& time, const std::string& rule) {
    return "2026-11-21T" + time + "+00:00 info decision door=policy stage=rcpt rule=" + rule +
           " action=reject reply=\"550 5.7.1 no\" " + kEnvelope + " generation=1 us=1\n";
  };
  write_log(at("09:00:00.000", "first") + at("11:39:58.000", "second") +
            at("11:50:00.000", "third"));
  EXPECT_THAT(why({kLine}), HasSubstr("rule second\n"));
  write_log(at("09:00:00.000", "first"));
  EXPECT_THAT(why({kLine}, 1), HasSubstr("No decision of Postern's about it was found."));
  // A bounce has no time: the latest.
  write_log(at("09:00:00.000", "first") + at("11:50:00.000", "third"));
  EXPECT_THAT(why({"joe@box.example hr@www1.phish.example 550 5.7.1 no"}),
              HasSubstr("rule third\n"));
}

TEST_F(Why, RotatedLogsAndNamedOnes) {
  const std::string rotated = decision(kBanned + kEnvelope);
  write_log("");
  folder.write("postern.log.1", rotated);
  EXPECT_THAT(why({kLine}), HasSubstr("log                 " + folder.path("postern.log.1")));
  folder.write("postern.log.1", "");
  folder.write("other.log", rotated);
  EXPECT_THAT(why({kLine, "--log", folder.path("other.log")}), HasSubstr("Refused at rcpt"));
  EXPECT_THAT(why({kLine, "--log", folder.path("none.log")}, 1),
              HasSubstr("none.log cannot be opened"));
}

// Of a queue id Postfix's log knows the rest, for a decision without one.
TEST_F(Why, AnIdThatOnlyTheMtaHasWrittenDown) {
  folder.write("mail.log",
               "Nov 21 11:40:01 mx postfix/smtpd[9]: 769FF2E0760: "
               "client=mta7.phish.example[203.0.113.9]\n"
               "Nov 21 11:40:02 mx postfix/smtpd[9]: 769FF2E0760: reject: RCPT from "
               "mta7.phish.example[203.0.113.9]: 550 5.7.1 no; from=<hr@www1.phish.example> "
               "to=<joe@box.example> proto=ESMTP helo=<h>\n");
  EXPECT_THAT(
      why({"769FF2E0760", "--log", folder.path("mail.log"), "--log", folder.path("postern.log")}),
      HasSubstr("Refused at rcpt"));
}

TEST_F(Why, SeveralAtOnce) {
  const std::string other =
      "NOQUEUE: reject: RCPT from b.example[198.51.100.7]: 550 5.1.1 no; from=<x@b.example> "
      "to=<joe@box.example> proto=ESMTP helo=<b>";
  const std::string text = why({kLine + "\n" + other + "\n"}, 1);
  EXPECT_THAT(
      text, testing::StartsWith(
                "2 mails: 1 did not come in, 1 are in no log; 1 would not come in now\n"
                "1. Refused by rule campaign: 203.0.113.9 hr@www1.phish.example -> "
                "joe@box.example; now reject\n"
                "2. Not in the log: 198.51.100.7 x@b.example -> joe@box.example; comes in now\n"));
  EXPECT_THAT(text, HasSubstr("##### 2 of 2\n"));
}

TEST_F(Why, AnotherMailWithTheSameToken) {
  write_log(decision(kBanned + kEnvelope + " token=k7m3f2") +
            decision("rule=x action=reject reply=\"550 5.7.1 no\" client=192.0.2.1 "
                     "sender=a@b.example recipient=c@d.example instance=3.4 token=k7m3f2"));
  EXPECT_THAT(why({"k7m3f2"}), HasSubstr("Note: another mail has this token: "
                                         "hr@www1.phish.example from 203.0.113.9"));
}

TEST_F(Why, WithoutAListForIt) {
  folder.write("rules.yaml", R"(version: 1
lists:
  campaign: { kind: domain, file: lists/campaign.txt }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: reject 550 5.7.1 "Banned" }
)");
  EXPECT_THAT(why({kLine}),
              testing::EndsWith("To take the entry back:   posternctl unblock .phish.example\n"
                                "No list lets this one in above that rule: the entry is all there "
                                "is.\n"));
}

TEST_F(Why, ForOneCheckAlone) {
  folder.write("rules.yaml", R"(version: 1
lists:
  no-mx-check: { kind: network, file: lists/trusted.txt }
rules:
  - { name: no-mx-check, when: { client: no-mx-check }, then: skip sender_mx }
  - { name: sender-must-exist, check: sender_mx, on: { missing: reject 550 5.1.8 "no such domain", unknown: defer 451 4.4.3 "later" } }
)");
  EXPECT_THAT(why({kLine}),
              HasSubstr("posternctl allow 203.0.113.9 --check sender_mx --list no-mx-check "
                        "--for 7d\n"));
}

// What was decided then does not depend on them.
TEST_F(Why, RulesWithFaults) {
  folder.write("rules.yaml", "version: 1\nrules: [{ name: x, then: nonsense }]\n");
  const std::string text = why({kLine}, 3);
  EXPECT_THAT(text, HasSubstr("Refused at rcpt, 2026-11-21T11:40:02Z"));
  EXPECT_THAT(text, HasSubstr("the rules have faults"));
}

TEST_F(Why, HostileTextsAreEscaped) {
  const std::string text = why({"NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 550 \x1b[2J no; "
                                "from=<a\x1b[31m@b.example> to=<c@d.example> proto=ESMTP "
                                "helo=<\xe2\x80\xae>"},
                               1);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
}

TEST_F(Why, AsJson) {
  const std::string text = why({kLine, "--json"});
  const auto json = json::parse_json(text);
  ASSERT_TRUE(json) << text;
  const auto& answer = json->at("answers").at(0);
  EXPECT_EQ(answer.at("clue").at("kind").as_string(), "mta_line");
  EXPECT_EQ(answer.at("decision").at("fields").at("rule").as_string(), "campaign");
  EXPECT_EQ(answer.at("owner").as_string(), "ann");
  EXPECT_EQ(answer.at("commands").at("take_back").as_string(), "posternctl unblock .phish.example");
  EXPECT_EQ(answer.at("now").at("explanations").at(0).at("verdict").at("action").as_string(),
            "reject");
}

TEST_F(Why, WhatIsNoClue) {
  EXPECT_THAT(why({"what is this"}, 2), HasSubstr("no decision, no line of Postfix or sendmail"));
  for (const std::string& word : {folder.path("nothing.eml"), std::string("nothing.eml"),
                                  folder.path(""), std::string("hr@www1.phish.example"),
                                  std::string("203.0.113.9"), std::string("2001:db8::1")}) {
    EXPECT_THAT(why({word}, 2),
                HasSubstr("found '" + word + "', which is no file and no id; want a queue id"));
  }
}

}  // namespace
}  // namespace postern::ctl::why_test
