// posternctl tail: which decisions of which logs are shown, and how.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "ctl/log/decision_filter.h"
#include "ctl/log/decision_row.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::tail_test {
namespace {

std::string line(const std::string& time, const std::string& fields) {
  return "2026-11-21T" + time + ".000+00:00 info decision " + fields + " generation=3 us=50\n";
}

const std::string kRefused = line(
    "11:00:01",
    "door=policy stage=rcpt rule=campaign action=reject reply=\"550 5.7.1 No\" client=192.0.2.7 "
    "helo=mx.a.example sender=x@mail.a.example recipient=c@d.example instance=i1");
const std::string kPassed =
    line("11:00:02",
         "door=milter stage=eom rule=- action=pass reply=CONTINUE would=new:reject "
         "client=2001:db8::1 client_name=b.example sender=y@b.example recipient=c@d.example "
         "queue_id=4F2kz sampled=100");
const std::string kDeferred =
    line("11:00:03",
         "door=policy stage=rcpt rule=mx action=defer reply=\"450 4.4.3 DNS\" check=sender_mx "
         "finding=timeout also=tag client=192.0.2.9 sender=<> recipient=e@d.example");

constexpr const char* kRefusedRow =
    "2026-11-21T11:00:01Z policy rcpt    reject   campaign  192.0.2.7 (mx.a.example)  "
    "x@mail.a.example -> c@d.example  550 5.7.1 No\n";
constexpr const char* kPassedRow =
    "2026-11-21T11:00:02Z milter eom     pass     -  2001:db8::1 (b.example)  "
    "y@b.example -> c@d.example  would: new:reject  (one of 100)\n";
constexpr const char* kDeferredRow =
    "2026-11-21T11:00:03Z policy rcpt    defer    mx  192.0.2.9  <> -> e@d.example  450 4.4.3 DNS  "
    "sender_mx: timeout\n";

class CtlTail : public testing::Test {
 protected:
  CtlTail() { fixture_.folder.write("a.log", kRefused + "foreign\n" + kPassed + kDeferred); }

  [[nodiscard]] CtlResult tail(std::vector<std::string> words) const {
    words.insert(words.begin(), {"tail", "--once"});
    words.push_back(fixture_.folder.path("a.log"));
    return fixture_.run(std::move(words));
  }

  InstallationFixture fixture_;
};

TEST_F(CtlTail, ShowsARowForEachDecision) {
  const auto result = tail({});
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.out, std::string(kRefusedRow) + kPassedRow + kDeferredRow);
  EXPECT_EQ(tail({"--lines", "1"}).out, kDeferredRow);
  EXPECT_EQ(tail({"--lines", "0"}).out, "");
}

TEST_F(CtlTail, TheLastOfSeveralLogsInTheOrderOfTime) {
  const auto other = fixture_.folder.write("b.log", kPassed);
  fixture_.folder.write("a.log", kRefused + kDeferred);
  EXPECT_EQ(tail({"--lines", "2", other}).out, std::string(kPassedRow) + kDeferredRow);
}

TEST_F(CtlTail, ShowsOnlyWhatIsAskedFor) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--action", "reject"}, kRefusedRow},
      {{"--door", "milter"}, kPassedRow},
      {{"--rule", "campaign"}, kRefusedRow},
      {{"--rule", "new"}, kPassedRow},
      {{"--rule", "tag"}, kDeferredRow},
      {{"--client", "192.0.2.0/29"}, kRefusedRow},
      {{"--client", "2001:db8::/32"}, kPassedRow},
      {{"--sender-domain", ".a.example"}, kRefusedRow},
      {{"--sender-domain", "a.example"}, ""},
      {{"--instance", "i1"}, kRefusedRow},
      {{"--instance", "4F2kz"}, kPassedRow},
      {{"--action", "reject", "--door", "milter"}, ""}};
  for (const auto& [words, rows] : cases) EXPECT_EQ(tail(words).out, rows) << words.back();
}

TEST_F(CtlTail, WhatCannotBeAFilterOrALog) {
  EXPECT_EQ(tail({"--client", "nobody"}).exit, 2);
  EXPECT_EQ(tail({"--sender-domain", "a..b"}).exit, 2);
  EXPECT_EQ(tail({"--door", "back"}).exit, 2);
  EXPECT_EQ(tail({"--action", "rejected"}).exit, 2);
  const auto missing = fixture_.run({"tail", fixture_.folder.path("nothing.log")});
  EXPECT_EQ(missing.exit, 3);
  EXPECT_TRUE(has(missing.err, "nothing.log"));
}

// What stands for journalctl, for as long as this lives.
class ProgramsFrom {
 public:
  explicit ProgramsFrom(const std::string& folder) { ::setenv("PATH", folder.c_str(), 1); }
  ProgramsFrom(const ProgramsFrom&) = delete;
  ProgramsFrom& operator=(const ProgramsFrom&) = delete;
  ~ProgramsFrom() { ::setenv("PATH", path_.c_str(), 1); }

 private:
  std::string path_ = std::getenv("PATH");
};

TEST_F(CtlTail, WithoutALogFileItReadsTheJournal) {
  const std::string front = "2026-11-21T11:00:01+00:00 mx postern-policyd[17]: ";
  const std::string told = kRefused.substr(kRefused.find("decision"));
  const auto program = fixture_.folder.write(
      "journalctl", "#!/bin/sh\necho \"$*\" >" + fixture_.folder.path("asked") + "\ncat <<'END'\n" +
                        front + told + front + "started\nEND\nexec sleep 60\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const ProgramsFrom here(fixture_.folder.path("") + ":/bin:/usr/bin");
  EXPECT_EQ(fixture_.run({"tail", "--once"}).out, kRefusedRow);
  EXPECT_TRUE(has(fixture_.read("asked"), "--follow --lines=20000 --output=short-iso"));
}

TEST_F(CtlTail, WithoutLogFileAndJournalItSaysSo) {
  const ProgramsFrom nowhere(fixture_.folder.path("lists"));
  const auto none = fixture_.run({"tail"});
  EXPECT_EQ(none.exit, 3);
  EXPECT_TRUE(has(none.err, "run journalctl"));
}

TEST_F(CtlTail, TakesTheLogOfTheSettings) {
  fixture_.settings("log: { file: " + fixture_.folder.path("a.log") + " }\n" +
                    "policyd: { listen: \"inet:127.0.0.1:10040\" }\n");
  EXPECT_EQ(fixture_.run({"tail", "--once", "--lines", "1"}).out, kDeferredRow);
}

TEST_F(CtlTail, NamesTheRuleThatWasMeant) {
  fixture_.settings("log: { file: a.log }\npolicyd: { listen: \"inet:127.0.0.1:10040\" }\n");
  fixture_.start([](const http::HttpRequest&) {
    return http::HttpResponse{200, R"({"rules": [{"name": "campaign"}, {"name": "mx"}]})"};
  });
  EXPECT_EQ(fixture_.run({"tail", "--once", "--rule", "campain"}).err,
            "posternctl: note: no rule 'campain' runs now; did you mean 'campaign'?\n");
  EXPECT_EQ(fixture_.run({"tail", "--once", "--rule", "campaign"}).err, "");
  // It may be of another host.
  EXPECT_EQ(tail({"--rule", "campain"}).err, "");
}

TEST_F(CtlTail, ShowsAllOfAStreamAsItComes) {
  std::istringstream in(kRefused + kPassed);
  EXPECT_EQ(fixture_.run({"tail", "--lines", "1", "-"}, in, Terminal::none).out,
            std::string(kRefusedRow) + kPassedRow);
}

TEST_F(CtlTail, ForProgramsALineIsAnObject) {
  const auto result = tail({"--json", "--rule", "mx"});
  EXPECT_TRUE(has(result.out, R"({"time":"2026-11-21T11:00:03Z",)")) << result.out;
  EXPECT_TRUE(has(result.out, R"("finding":"timeout")"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
}

TEST(DecisionRow, NoByteOfAClientGetsToTheTerminal) {
  LogEntry entry;
  entry.fields = {{"door", {"policy"}},
                  {"stage", {"rcpt"}},
                  {"action", {"reject"}},
                  {"rule", {"r"}},
                  {"client", {"192.0.2.1"}},
                  {"helo", {"a\x1b[2Jb\nc"}},
                  {"sender", {"x\x9b@a.example"}},
                  {"reply", {"550 \xe2\x80\xae"}}};
  const std::string row = decision_row(entry, Colours::no);
  for (const char c : row) EXPECT_TRUE(c >= ' ' && c <= '~') << row;
  EXPECT_NE(row.find(R"((a\x1b[2Jb\x0ac))"), std::string::npos) << row;
}

TEST(DecisionRow, OnlyTheActionHasAColour) {
  LogEntry entry;
  entry.fields = {{"door", {"policy"}}, {"stage", {"rcpt"}}, {"action", {"reject"}},
                  {"rule", {"r"}},      {"client", {"-"}},   {"reply", {"550"}}};
  EXPECT_EQ(decision_row(entry, Colours::yes), "policy rcpt    \x1b[31mreject  \x1b[0m r  -  550");
}

}  // namespace
}  // namespace postern::ctl::tail_test
