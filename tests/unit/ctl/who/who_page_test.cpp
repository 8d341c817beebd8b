// posternctl who: what it writes, and what it ends with.
#include "ctl/who/who_page.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/json/parse_json.h"
#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::who_test::who_page_test {
namespace {

using namespace std::chrono_literals;

const std::string kDecision =
    "2026-11-21T10:40:02.118Z info decision door=policy stage=rcpt rule=- action=pass reply=DUNNO "
    "client=11.0.0.7 sender=a@phish.example recipient=joe@box.example generation=11 us=50\n";
const std::string kLog =
    "2026-11-21T10:40:02Z mx postfix/smtpd[1]: AAAA1111: client=unknown[11.0.0.7]\n"
    "2026-11-21T10:40:02Z mx postfix/qmgr[1]: AAAA1111: from=<a@phish.example>, size=9, nrcpt=1 "
    "(queue active)\n"
    "2026-11-21T10:40:03Z mx postfix/virtual[1]: AAAA1111: to=<joe@box.example>, "
    "orig_to=<info@box.example>, relay=virtual, delay=1, dsn=2.0.0, status=sent (delivered)\n"
    "2026-11-21T10:40:04Z mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[11.0.0.8]: 550 "
    "5.1.1 <x@box.example>: no such user; from=<a@phish.example> to=<x@box.example> proto=SMTP "
    "helo=<h>\n"
    "2026-11-21T10:40:05Z mx postfix/smtpd[1]: BBBB2222: client=unknown[12.0.0.7]\n"
    "2026-11-21T10:40:05Z mx postfix/qmgr[1]: BBBB2222: from=<b@partner.example>, size=9, nrcpt=1 "
    "(queue active)\n"
    "2026-11-21T10:40:05Z mx postfix/virtual[1]: BBBB2222: to=<joe@box.example>, relay=virtual, "
    "delay=1, dsn=2.0.0, status=sent (delivered)\n";

class Who : public testing::Test {
 protected:
  void SetUp() override { at_.folder.write("mail.log", kDecision + kLog); }
  CtlResult who(std::vector<std::string> words) {
    words.insert(words.begin(), "who");
    words.push_back(at_.folder.path("mail.log"));
    return at_.run(words);
  }
  InstallationFixture at_;
};

TEST_F(Who, ARowForEachAndTheSum) {
  const CtlResult run = who({"--domain", "phish.example"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(run.out,
            "2026-11-21T10:40:02Z  AAAA1111  a@phish.example  ->  joe@box.example (for "
            "info@box.example)  delivered (local)  decision pass, generation 11\n"
            "2026-11-21T10:40:04Z  -         a@phish.example  ->  x@box.example                  "
            "         refused            550 5.1.1 <x@box.example>: no such user\n"
            "1 delivered to 1 person, 1 refused (not by Postern 1)\n");
}

TEST_F(Who, AddressesForANotice) {
  const CtlResult run = who({"--client", "11.0.0.0/24", "--delivered", "--recipients"});
  EXPECT_EQ(run.exit, 0);
  EXPECT_EQ(run.out, "joe@box.example\n");
  EXPECT_EQ(run.err, "posternctl: note: 1 delivered to 1 person\n");
}

TEST_F(Who, AnOptionSaidTwiceIsEither) {
  EXPECT_TRUE(has(who({"--domain", "phish.example", "--domain", "partner.example"}).out,
                  "2 delivered to 1 person, 1 refused"));
  EXPECT_EQ(who({"--domain", "phish.example", "--client", "12.0.0.0/8"}).exit, 1);
}

TEST_F(Who, ForAProgram) {
  const CtlResult run = who({"--json", "--domain", "phish.example"});
  const auto json = json::parse_json(run.out).value().as_object();
  const auto& receipts = json.at("receipts").as_array();
  ASSERT_EQ(receipts.size(), 2U);
  const auto& first = receipts[0].as_object();
  EXPECT_EQ(first.at("fate"), "delivered");
  EXPECT_EQ(first.at("recipient"), "joe@box.example");
  EXPECT_EQ(first.at("original_recipient"), "info@box.example");
  EXPECT_EQ(first.at("decision").as_object().at("generation"), "11");
  EXPECT_TRUE(receipts[1].as_object().at("decision").is_null());
  EXPECT_EQ(json.at("sum").as_object().at("delivered"), 1);
  EXPECT_EQ(json.at("sum").as_object().at("refused"), 1);
}

// The decision about the first message, in the journal alone.
class WhoByJournal : public Who {
 protected:
  WhoByJournal() { std::filesystem::create_directories(folder_); }
  void SetUp() override {
    at_.folder.write("mail.log", kLog);
    journal::JournalRecord record;
    record.time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 10h + 40min + 2s;
    record.transaction.stage = Stage::rcpt;
    record.transaction.client = IpAddress::parse("11.0.0.7").value();
    record.transaction.sender = MailAddress::from_envelope("a@phish.example");
    record.transaction.recipient = MailAddress::from_envelope("joe@box.example");
    record.transaction.queue_id = "AAAA1111";
    record.verdict.rule = "let-in";
    record.verdict.reply = "DUNNO";
    std::string line;
    journal::append_line(line, record);
    at_.folder.write("state/journal/" + segment("mx1"), line);
  }
  static std::string segment(const std::string& host) {
    return journal::SegmentName{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 10h,
                                Door::policy, host, 7, false}
        .to_string();
  }

  const std::string folder_ = at_.folder.path("state/journal");
};

TEST_F(WhoByJournal, IsReadWhereALineHasNoTime) {
  EXPECT_EQ(who({"--rule", "let-in"}).exit, 0);
  at_.folder.write("mail.log",
                   "CCCC3333: client=unknown[13.0.0.7]\n"
                   "CCCC3333: from=<c@other.example>, size=9, nrcpt=1 (queue active)\n"
                   "CCCC3333: to=<joe@box.example>, relay=virtual, delay=1, dsn=2.0.0, "
                   "status=sent (delivered)\n" +
                       kLog);
  const CtlResult run = who({"--rule", "let-in"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_TRUE(has(run.out, "AAAA1111")) << run.out;
}

TEST_F(WhoByJournal, WhatCannotBeReadOfItIsSaid) {
  EXPECT_EQ(who({}).err, "");
  std::filesystem::create_directories(folder_ + "/" + segment("mx2"));
  EXPECT_TRUE(has(who({}).err, "warning: not all decisions of the journal are known: " + folder_));
}

TEST_F(Who, Since) {
  EXPECT_EQ(who({"--since", "2h"}).exit, 0);
  const CtlResult none = who({"--since", "1h"});
  EXPECT_EQ(none.exit, 1);
  EXPECT_EQ(none.out, "0 delivered to 0 people\n");
}

TEST_F(Who, WhatIsWrongIsSaid) {
  const CtlResult network = who({"--client", "11.0.0.0/99"});
  EXPECT_EQ(network.exit, 2);
  EXPECT_TRUE(has(network.err, "posternctl: --client 11.0.0.0/99: "));
  EXPECT_TRUE(has(who({"--since", "soon"}).err, "--since soon: "));
  const CtlResult missing = at_.run({"who", at_.folder.path("none.log")});
  EXPECT_EQ(missing.exit, 3);
  EXPECT_TRUE(has(missing.err, "none.log: cannot be read"));
}

TEST_F(Who, WhatCameFromAClientIsEscaped) {
  at_.folder.write("mail.log",
                   "2026-11-21T10:40:04Z mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from "
                   "unknown[11.0.0.8]: 550 \x1b[2J; from=<a\x1b@b.example> to=<\x1b@box.example> "
                   "proto=SMTP helo=<\x1b>\n");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{}, {"--recipients"}, {"--json"}}) {
    const CtlResult run = who(words);
    EXPECT_EQ(run.exit, 0);
    EXPECT_EQ(run.out.find('\x1b'), std::string::npos) << run.out;
  }
}

}  // namespace
}  // namespace postern::ctl::who_test::who_page_test
