// `posternctl journal`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "rules/journal/journal_line.h"
#include "rules/journal/segment_name.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::journal_test {
namespace {

using namespace std::chrono_literals;
using journal::JournalTime;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JournalCommand : public ::testing::Test {
 protected:
  JournalCommand() { std::filesystem::create_directories(fixture_.folder.path("state/journal")); }

  static std::string line_of(const std::string& id, JournalTime time) {
    journal::JournalRecord record;
    record.time = time;
    record.transaction =
        TransactionBuilder(Stage::rcpt).client("192.0.2.7").sender("joe@a.example").transaction;
    record.transaction.queue_id = id;
    record.transaction.instance = "of-" + id;
    record.transaction.helo = "\x1b[31m";
    record.verdict.reply = "550 5.1.8 no";
    record.verdict.action = Disposition::reject;
    record.verdict.rule = "campaign";
    record.verdict.token = "k7m3f2";
    dns::DnsAnswer answer;
    answer.status = dns::DnsStatus::found;
    answer.reason = dns::DnsReason::answer;
    answer.ttl = dns::DnsTtl(3600);
    answer.server = "127.0.0.1:53";
    answer.records.add_mx(10, "mx.a.example");
    record.dns = {
        {{DomainName::parse("a.example").value(), dns::DnsType::mx},
         {std::make_shared<const dns::DnsAnswer>(answer), 120s, dns::DnsFact::Source::cache}}};
    std::string line;
    journal::append_line(line, record);
    return line;
  }
  [[nodiscard]] JournalTime ago(std::chrono::seconds time) const {
    return std::chrono::floor<std::chrono::microseconds>(fixture_.now - time);
  }
  // A segment with one record.
  void write(const std::string& id, std::chrono::seconds age, Door door = Door::policy) {
    const journal::SegmentName name{ago(age), door, "mx1", 7, false};
    fixture_.folder.write("state/journal/" + name.to_string(), line_of(id, ago(age)));
  }

  InstallationFixture fixture_;
};

TEST_F(JournalCommand, ExportsBothDoorsByTime) {
  write("2", 1h, Door::milter);
  write("1", 2h);
  const auto all = fixture_.run({"journal", "export"});
  EXPECT_EQ(all.exit, 0);
  EXPECT_EQ(all.out, line_of("1", ago(2h)) + line_of("2", ago(1h)));
  EXPECT_EQ(all.err, "");
  EXPECT_EQ(fixture_.run({"journal", "export", "--since", "90m"}).out, line_of("2", ago(1h)));
  EXPECT_EQ(fixture_.run({"journal", "export", "--since", "1m"}).exit, 1);
  EXPECT_EQ(fixture_.run({"journal", "export", "--since", "soon"}).exit, 2);
}

TEST_F(JournalCommand, ReadsWhatItIsTold) {
  const std::string file = fixture_.folder.write("kept", line_of("1", ago(1h)));
  EXPECT_EQ(fixture_.run({"journal", "export", "--from", file}).out, line_of("1", ago(1h)));
  const auto none = fixture_.run({"journal", "export", "--from", file + "-not"});
  EXPECT_EQ(none.exit, 3);
  EXPECT_THAT(none.err, HasSubstr("kept-not: No such file"));
}

TEST_F(JournalCommand, ShowsAMessageByAnyOfItsNames) {
  write("4QID", 1h);
  write("other", 2h);
  for (const char* id : {"4QID", "of-4QID"}) {
    const auto shown = fixture_.run({"journal", "show", id});
    EXPECT_EQ(shown.exit, 0);
    EXPECT_THAT(shown.out, HasSubstr("2026-11-21T11:00:00Z decision door=policy stage=rcpt"));
    EXPECT_THAT(shown.out, HasSubstr("rule=campaign action=reject reply=\"550 5.1.8 no\""));
    EXPECT_THAT(shown.out, HasSubstr("    MX a.example: found 10 mx.a.example, ttl 3600s, cache 2m"
                                     " old, 127.0.0.1:53\n"));
    EXPECT_EQ(shown.out.find("other"), std::string::npos);
    EXPECT_EQ(shown.out.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(fixture_.run({"--json", "journal", "show", "4QID"}).out, line_of("4QID", ago(1h)));
  EXPECT_THAT(fixture_.run({"journal", "show", "k7m3f2"}).out, HasSubstr("other"));
  EXPECT_EQ(fixture_.run({"journal", "show", "nobody"}).exit, 1);
  EXPECT_EQ(fixture_.run({"journal", "show"}).exit, 2);
  EXPECT_EQ(fixture_.run({"journal", "export", "4QID"}).exit, 2);
}

TEST_F(JournalCommand, SaysWhatCouldNotBeRead) {
  const std::string line = line_of("1", ago(1h));
  const std::string file =
      fixture_.folder.write("kept", "{\"v\":2}\n" + line + line.substr(0, line.size() / 2));
  const auto read = fixture_.run({"journal", "export", "--from", file});
  EXPECT_EQ(read.exit, 0);
  EXPECT_EQ(read.out, line);
  EXPECT_THAT(read.err, HasSubstr(file + ":1: found version 2 of the journal, want 1"));
  EXPECT_THAT(read.err, HasSubstr("last lines that were cut, a record each: 1"));
}

TEST_F(JournalCommand, SaysHowMuchThereIs) {
  write("1", 2h);
  write("2", 1h);
  fixture_.start([](const http::HttpRequest&) {
    return http::HttpResponse{200, R"({"journal": {"records": 12, "bytes": 5400, "dropped": 3,
        "failing": "cannot write x: No space left on device"}})"};
  });
  const auto status = fixture_.run({"journal", "status"});
  EXPECT_EQ(status.exit, 0);
  EXPECT_THAT(status.out, HasSubstr("state/journal: 2 segments, "));
  EXPECT_THAT(status.out, HasSubstr(", since 2026-11-21T10:00:00Z\n"));
  EXPECT_THAT(status.out,
              HasSubstr("policyd: 12 records, 5.3 KiB, 3 dropped; not written now: cannot write x: "
                        "No space left on device\n"));
  EXPECT_THAT(fixture_.run({"--json", "journal", "status"}).out, HasSubstr(R"("segments":2,)"));
}

TEST_F(JournalCommand, WithoutDaemonsItStillSaysWhatIsThere) {
  write("1", 2h);
  const auto status = fixture_.run({"journal", "status"});
  EXPECT_EQ(status.exit, 3);
  EXPECT_THAT(status.out, HasSubstr("1 segment, "));
}

TEST_F(JournalCommand, WhereNoneIsWantedThereIsNone) {
  fixture_.settings("policyd: { listen: \"inet:127.0.0.1:10040\" }\njournal: off\n");
  for (const char* action : {"status", "export"}) {
    const auto told = fixture_.run({"journal", action});
    EXPECT_EQ(told.exit, 1);
    EXPECT_THAT(told.out, IsEmpty());
    EXPECT_THAT(told.err, HasSubstr("the settings want no journal"));
  }
}

}  // namespace
}  // namespace postern::ctl::journal_test
