#include "rules/journal/journal_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/json/parse_json.h"
#include "tests/support/transaction_builder.h"
#include "tests/unit/journal/record_maker.h"

namespace postern::journal::journal_line_test {
namespace {

using ::testing::HasSubstr;

template <class Line>
std::string written(const Line& line) {
  std::string text;
  append_line(text, line);
  return text;
}

void expect_equal(const std::optional<MailAddress>& one, const std::optional<MailAddress>& other) {
  EXPECT_EQ(one, other);
  if (one && other) {
    EXPECT_EQ(one->given(), other->given());
    EXPECT_EQ(one->domain(), other->domain());
    EXPECT_EQ(one->untagged(), other->untagged());
  }
}

void expect_equal(const MessageHeader& one, const MessageHeader& other) {
  ASSERT_EQ(one.fields.size(), other.fields.size());
  for (std::size_t i = 0; i < one.fields.size(); ++i) {
    EXPECT_EQ(one.fields[i].name, other.fields[i].name);
    EXPECT_EQ(one.fields[i].text, other.fields[i].text);
  }
  EXPECT_EQ(one.from, other.from);
  EXPECT_EQ(one.cut, other.cut);
}

void expect_equal(const Transaction& one, const Transaction& other) {
  EXPECT_EQ(one.stage, other.stage);
  EXPECT_EQ(one.client, other.client);
  EXPECT_EQ(one.recipient_state, other.recipient_state);
  EXPECT_EQ(one.recipient_count, other.recipient_count);
  EXPECT_EQ(one.tls, other.tls);
  for (const auto text : {&Transaction::client_name, &Transaction::reverse_client_name,
                          &Transaction::helo, &Transaction::sasl_username, &Transaction::queue_id,
                          &Transaction::instance, &Transaction::token}) {
    EXPECT_EQ(one.*text, other.*text);
  }
  expect_equal(one.sender, other.sender);
  expect_equal(one.recipient, other.recipient);
  ASSERT_EQ(one.header.has_value(), other.header.has_value());
  if (one.header) expect_equal(*one.header, *other.header);
}

void expect_equal(const DnsEvidence& one, const DnsEvidence& other) {
  EXPECT_EQ(one.question, other.question);
  EXPECT_EQ(one.fact.age, other.fact.age);
  EXPECT_EQ(one.fact.source, other.fact.source);
  ASSERT_EQ(one.fact.answer == nullptr, other.fact.answer == nullptr);
  if (one.fact.answer) {
    EXPECT_EQ(*one.fact.answer, *other.fact.answer);
  }
}

void expect_equal(const JournalRecord& one, const JournalRecord& other) {
  EXPECT_EQ(one.time, other.time);
  EXPECT_EQ(one.door, other.door);
  EXPECT_EQ(one.judged, other.judged);
  EXPECT_EQ(one.header_names, other.header_names);
  EXPECT_EQ(one.local_parts, other.local_parts);
  EXPECT_EQ(one.verdict, other.verdict);
  EXPECT_EQ(one.took, other.took);
  expect_equal(one.transaction, other.transaction);
  ASSERT_EQ(one.dns.size(), other.dns.size());
  for (std::size_t i = 0; i < one.dns.size(); ++i) expect_equal(one.dns[i], other.dns[i]);
  EXPECT_TRUE(one.state == other.state);
  EXPECT_TRUE(one.effects == other.effects);
}

JournalRecord small_record() {
  JournalRecord record;
  record.time = JournalTime(std::chrono::microseconds(1795871642118000));
  record.transaction = TransactionBuilder(Stage::rcpt)
                           .client("192.0.2.7")
                           .client_name("mail.example.org")
                           .reverse_client_name("mail.example.org")
                           .helo("mail.example.org")
                           .sender("joe@example.org")
                           .recipient("ann@box.example")
                           .transaction;
  record.verdict.reply = "DUNNO";
  record.verdict.generation = 12;
  record.took = std::chrono::microseconds(53);
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.ttl = dns::DnsTtl(3600);
  answer.records.add_mx(10, "mx.example.org");
  answer.records.add_mx(0, "");
  record.dns.push_back({{DomainName::parse("example.org").value(), dns::DnsType::mx},
                        {std::make_shared<const dns::DnsAnswer>(answer), std::chrono::seconds(120),
                         dns::DnsFact::Source::cache}});
  return record;
}

std::string error_of(std::string_view line) {
  const auto read = read_line(line);
  return read ? "" : read.error().text;
}

std::string with(std::string line, std::string_view from, std::string_view to) {
  return line.replace(line.find(from), from.size(), to);
}

TEST(JournalLine, SaysWhatThereIsToSay) {
  EXPECT_EQ(
      written(small_record()),
      R"({"v":1,"t":1795871642118000,"door":"policy","stage":"rcpt","client":"192.0.2.7",)"
      R"("client_name":"mail.example.org","helo":"mail.example.org","sender":"joe@example.org",)"
      R"("recipient":"ann@box.example","generation":12,"action":"pass","reply":"DUNNO","us":53,)"
      R"("dns":[{"q":"MX example.org","status":"found","ttl":3600,)"
      R"("records":["10 mx.example.org","0 ."],"age":120,"from":"cache"}]})"
      "\n");
}

TEST(JournalLine, SaysWhatWasDoneToRecordsOfState) {
  using namespace std::chrono_literals;
  JournalRecord record = small_record();
  record.dns.clear();
  const StateKey key{StateKind::rate, "limit", {"joe@example.org"}};
  record.state = {{key, {StateFact::Status::found, {.debt = 36s}, StateFact::Done::nothing}}};
  record.effects = {{key, Take{1, 36s}, 1h, Effect::When::on_pass, Effect::Per::message}};
  EXPECT_NE(written(record).find(
                R"("state":[{"kind":"rate","bucket":"limit","parts":["joe@example.org"],)"
                R"("status":"found","debt_us":36000000}],"effects":[{"effect":"take",)"
                R"("kind":"rate","bucket":"limit","parts":["joe@example.org"],"units":1,)"
                R"("interval_us":36000000,"keep_s":3600,"when":"on_pass","per":"message"}]})"),
            std::string::npos)
      << written(record);
  std::string line = written(record);
  line.pop_back();
  EXPECT_NE(error_of(with(line, "\"debt_us\":36000000", "\"debt_us\":-1")), "");
  EXPECT_NE(error_of(with(line, "\"debt_us\":36000000", "\"debt_us\":9000000000000000000")), "");
}

// Seeded: the same records each time.
TEST(JournalLine, IsReadBackAsItWasWritten) {
  RecordMaker maker(1);
  for (int i = 0; i < 3000 && !HasFailure(); ++i) {
    const JournalRecord record = maker.next();
    std::string line = written(record);
    ASSERT_EQ(line.find('\n'), line.size() - 1) << line;
    line.pop_back();
    const auto read = read_line(line);
    ASSERT_TRUE(read) << read.error().text << "\n" << line;
    expect_equal(std::get<JournalRecord>(*read), record);
    if (HasFailure()) ADD_FAILURE() << line;
  }
}

// What read_outline() leaves out.
JournalRecord outline_of(JournalRecord record) {
  const RecordedVerdict whole = std::exchange(record.verdict, {});
  record.verdict.action = whole.action;
  record.verdict.reply = whole.reply;
  record.dns.clear();
  record.state.clear();
  record.effects.clear();
  record.took = {};
  return record;
}

// Seeded: the same records each time.
TEST(JournalLine, AnOutlineIsWhatTheWholeLineSays) {
  RecordMaker maker(2);
  JournalRecord outline;
  for (int i = 0; i < 1000 && !HasFailure(); ++i) {
    const JournalRecord record = maker.next();
    std::string line = written(record);
    line.pop_back();
    ASSERT_TRUE(read_outline(line, outline)) << line;
    expect_equal(outline, outline_of(record));
    if (HasFailure()) ADD_FAILURE() << line;
  }
}

TEST(JournalLine, AnOutlineIsOfRecordsAsTheyAreWritten) {
  std::string line = written(small_record());
  line.pop_back();
  JournalRecord outline;
  EXPECT_TRUE(read_outline(line, outline));
  EXPECT_TRUE(read_outline(with(line, R"("us")", R"("new":{"a":["}",1]},"us")"), outline));
  EXPECT_TRUE(read_outline(with(line, R"("helo":")", R"("helo":"\u0041)"), outline));
  EXPECT_EQ(outline.transaction.helo, "Amail.example.org");
  // Of equal keys the last counts.
  EXPECT_TRUE(read_outline(with(line, R"("us")", R"("helo":"b","us")"), outline));
  EXPECT_EQ(outline.transaction.helo, "b");
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {R"("v":1)", R"("v":2)"},
           {R"("v":1)", R"("v":"1")"},
           {R"("v":1)", R"("v":1,"kind":"rules","generation":3)"},
           {R"("helo")", R"( "helo")"},
           {R"("helo")", R"("h\u0065lo")"},
           {R"("helo":)", R"("helo": )"},
           {R"("helo":")", R"("helo":["a"],"x":")"},
           {R"("helo":")", R"("helo":"\ud800)"},
           {R"("stage":"rcpt")", R"("stage":"later")"},
           {R"("192.0.2.7")", R"("192.0.2")"},
           {R"("t":1795871642118000)", R"("t":-1)"},
           {R"("door":"policy",)", ""},
           {R"({"v")", R"(x{"v")"},
           {R"("from":"cache"}]})", R"("from":"cache"}]}x)"}}) {
    EXPECT_FALSE(read_outline(with(line, from, to), outline)) << from << " " << to;
  }
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(read_outline(line.substr(0, size), outline)) << size;
  }
  std::string many = R"({"v":1)";
  for (int i = 0; i < 100; ++i) many += ",\"x" + std::to_string(i) + "\":0";
  EXPECT_FALSE(read_outline(many + line.substr(6), outline));
}

TEST(JournalLine, SaysOfTheReverseNameOnlyThatItIsAnother) {
  JournalRecord record = small_record();
  for (const char* name : {"", "other.example.org"}) {
    record.transaction.reverse_client_name = name;
    EXPECT_THAT(written(record),
                HasSubstr("\"reverse_client_name\":\"" + std::string(name) + "\""));
    expect_equal(std::get<JournalRecord>(read_line(written(record)).value()), record);
  }
}

TEST(JournalLine, TellsWhoWritesAndByWhichRules) {
  const SegmentLine segment{JournalTime(std::chrono::microseconds(5)), Door::milter, "mx1",
                            "0.1.0"};
  const GenerationLine rules{JournalTime(std::chrono::microseconds(6)), 13, "00ff"};
  EXPECT_EQ(written(segment),
            R"({"v":1,"kind":"segment","t":5,"door":"milter","host":"mx1","version":"0.1.0"})"
            "\n");
  EXPECT_EQ(std::get<SegmentLine>(read_line(written(segment)).value()), segment);
  EXPECT_EQ(std::get<GenerationLine>(read_line(written(rules)).value()), rules);
}

TEST(JournalLine, KeysOfANewerPosternArePassedOver) {
  const auto read =
      read_line(with(written(small_record()), "\"door\"", R"("new":{"a":[1]},"door")"));
  ASSERT_TRUE(read);
  expect_equal(std::get<JournalRecord>(*read), small_record());
}

TEST(JournalLine, AnotherVersionIsRefused) {
  EXPECT_EQ(error_of(with(written(small_record()), "\"v\":1", "\"v\":2")),
            "found version 2 of the journal, want 1: a newer Postern reads it");
  EXPECT_THAT(error_of(with(written(small_record()), "\"v\":1,", "")), HasSubstr("no \"v\""));
  EXPECT_THAT(error_of(R"({"v":1,"kind":"other","t":5})"), HasSubstr("\"kind\", want segment"));
}

TEST(JournalLine, WhatWasTornOrIsNoneIsRefused) {
  const std::string line = written(small_record());
  for (std::size_t length = 0; length + 1 < line.size(); ++length) {
    EXPECT_FALSE(read_line(line.substr(0, length))) << length;
  }
  EXPECT_THAT(error_of("[]"), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(std::string(kMaxLine + 1, ' ')), HasSubstr("longer than"));
}

TEST(JournalLine, AValueThatCannotBeIsRefused) {
  const std::string line = written(small_record());
  EXPECT_THAT(error_of(with(line, "1795871642118000", "-1")), HasSubstr("\"t\""));
  EXPECT_THAT(error_of(with(line, "1795871642118000", "253402300800000000")), HasSubstr("\"t\""));
  EXPECT_THAT(error_of(with(line, "\"rcpt\"", "\"vrfy\"")),
              HasSubstr("\"stage\", want one of connect, helo, mail, rcpt, data, eom"));
  EXPECT_THAT(error_of(with(line, "192.0.2.7", "192.0.2")), HasSubstr("\"client\""));
  EXPECT_THAT(error_of(with(line, "\"us\":53", "\"us\":-53")), HasSubstr("\"us\""));
  EXPECT_THAT(error_of(with(line, "MX example.org", "MX  ")), HasSubstr("\"q\""));
  EXPECT_THAT(error_of(with(line, "MX example.org", "MX")), HasSubstr("\"q\""));
  EXPECT_THAT(error_of(with(line, "MX example.org", "")), HasSubstr("\"q\""));
  EXPECT_THAT(error_of(with(line, "10 mx.example.org", "x")), HasSubstr("\"records\""));
  EXPECT_THAT(error_of(with(line, "\"DUNNO\"", "{}")), HasSubstr("\"reply\""));
  EXPECT_THAT(error_of(with(line, "\"us\"", R"("would":["a:stop"],"us")")), HasSubstr("\"would\""));
  EXPECT_THAT(error_of(with(line, "\"us\"", R"("at":"file","us")")), HasSubstr("\"at\""));
  EXPECT_THAT(error_of(with(line, "\"us\"", R"("found":[{}],"us")")), HasSubstr("\"rule\""));
}

TEST(JournalLine, NoMoreRecordsThanDnsHas) {
  std::string records = "\"1 a\"";
  for (std::size_t i = 0; i < dns::DnsAnswer::kMaxRecords; ++i) records += ",\"1 a\"";
  EXPECT_THAT(error_of(with(written(small_record()), "\"10 mx.example.org\",\"0 .\"", records)),
              HasSubstr("at most 100"));
}

}  // namespace
}  // namespace postern::journal::journal_line_test
