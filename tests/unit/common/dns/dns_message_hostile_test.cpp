// Replies that are none, cut, lying or damaged: never an answer, and never absence.
#include <gtest/gtest.h>

#include <string>

#include "common/dns/dns_message.h"
#include "tests/unit/common/dns/dns_octets.h"

namespace postern::dns::dns_message_hostile_test {
namespace {

using namespace octets;
using std::chrono::seconds;

TEST(DecodeReply, RefusesWhatIsNoReplyToTheQuestion) {
  Message m;
  m.answers = {mx("mail.example", 10, "a.example")};
  const auto with_flags = [&](std::uint16_t flags) {
    Message changed = m;
    changed.flags = flags;
    return std::string(reason(decode(changed)));
  };
  EXPECT_EQ(with_flags(kReply), "answer");
  EXPECT_EQ(with_flags(kAuthoritative), "answer");
  EXPECT_EQ(with_flags(0x0180), "malformed");           // a query
  EXPECT_EQ(with_flags(kReply | 0x2000), "malformed");  // opcode 4
  EXPECT_EQ(with_flags(kReply | 0x0200), "malformed");  // TC

  const auto with_question = [&](const Octets& octets, unsigned count = 1) {
    Message changed = m;
    changed.question = octets;
    changed.questions = count;
    return std::string(reason(decode(changed)));
  };
  const Octets sound = name("mail.example") + u16(15) + u16(kIn);
  EXPECT_EQ(with_question(sound), "answer");
  EXPECT_EQ(with_question(name("other.example") + u16(15) + u16(kIn)), "malformed");
  EXPECT_EQ(with_question(name("mail.example") + u16(16) + u16(kIn)), "malformed");
  EXPECT_EQ(with_question(name("mail.example") + u16(15) + u16(3)), "malformed");
  EXPECT_EQ(with_question("", 0), "malformed");
  EXPECT_EQ(with_question(sound + sound, 2), "malformed");
}

TEST(DecodeReply, RefusesEveryCutOfAnAnswer) {
  const auto asked = question();
  Message m;
  m.answers = {mx("mail.example", 10, "a.example")};
  const Octets whole = wire(m, asked);
  ASSERT_EQ(reason(decode_octets(whole, asked)), "answer");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(reason(decode_octets(whole.substr(0, size), asked)), "malformed") << size;
  }
}

TEST(DecodeReply, RefusesAnAnswerSectionOfOthers) {
  Message m;
  m.answers = {mx("unrelated.example", 10, "a.example")};
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.answers = {a("mail.example")};
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.answers = {record(name("mail.example"), 15, u16(1) + name("y.example"), 1, 3)};
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.flags = kReply | 3;
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeReply, RefusesNxdomainWithRecords) {
  Message m;
  m.flags = kReply | 3;
  m.answers = {mx("mail.example", 10, "a.example")};
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeReply, RefusesMalformedRecords) {
  const Octets owner = name("mail.example");
  const Octets sound = mx("mail.example", 10, "a.example");
  const Octets label = '\x3f' + Octets(63, 'l');
  const Octets short_data = owner + u16(15) + u16(kIn) + u32(300) + u16(5000) + u16(10) + '\0';
  const std::pair<const char*, Octets> cases[] = {
      {"no data", record(owner, 15, "")},
      {"preference only", record(owner, 15, u16(10))},
      {"octets behind the name", record(owner, 15, u16(10) + name("a.example") + 'x')},
      {"name beyond the data", record(owner, 15,
                                      u16(10) + "\5"
                                                "abc")},
      {"length beyond the message", short_data},
      {"pointer beyond the end", record("\xff\xff", 15, u16(10) + name("a"))},
      {"label type", record(Octets("\x80"
                                   "abc\0",
                                   5),
                            15, u16(10) + name("a"))},
      {"long name", record(owner, 15, u16(10) + label + label + label + label + label + '\0')},
      {"bad alias", record(owner, 5, name("a.example") + 'x')},
      {"bad record of another owner", record(name("other.example"), 15, u16(10))}};
  for (const auto& [text, octets] : cases) {
    Message m;
    m.answers = {sound, octets};
    EXPECT_EQ(reason(decode(m)), "malformed") << text;
    m.answers = {octets, sound};
    EXPECT_EQ(reason(decode(m)), "malformed") << text;
  }
}

TEST(DecodeReply, RefusesAnOwnerThatPointsToItself) {
  const unsigned start = 12 + static_cast<unsigned>(name("mail.example").size()) + 4;
  Message m;
  m.answers = {record(u16(0xc000 | start), 15, u16(10) + name("a"))};
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeReply, RefusesAddressesOfTheWrongSize) {
  for (const std::size_t size : {0U, 3U, 5U, 15U, 16U, 17U}) {
    Message m;
    m.answers = {record(name("mail.example"), 1, Octets(size, 'x'))};
    EXPECT_EQ(reason(decode(m, question(DnsType::a))), "malformed") << size;
    m.answers = {record(name("mail.example"), 28, Octets(size, 'x'))};
    EXPECT_EQ(reason(decode(m, question(DnsType::aaaa))), size == 16 ? "answer" : "malformed");
  }
}

TEST(DecodeReply, RefusesCountsThatAreNotThere) {
  Message m;
  m.answers = {mx("mail.example", 10, "a.example")};
  m.answer_count = 60000;
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeReply, OverlooksWhatItDoesNotNeed) {
  Message m;
  m.answers = {mx("mail.example", 10, "a.example")};
  m.trailing = "JUNKJUNK";
  EXPECT_EQ(reason(decode(m)), "answer");
  m.additionals = {Octets("\xff\xff\xff")};
  EXPECT_EQ(reason(decode(m)), "answer");
  EXPECT_EQ(decode(m).answer.ttl, seconds{300});
  m.authorities = {Octets("\x80garbage")};
  EXPECT_EQ(reason(decode(m)), "answer");
  m.authorities = {record(name("example"), 6, "not a SOA")};
  EXPECT_EQ(reason(decode(m)), "answer");
}

// What was cut off may have been the referral or the extended rcode that makes it no answer.
TEST(DecodeReply, NothingIsAbsentInADamagedMessage) {
  Message m;
  m.authorities = {record(name("example"), 6, "not a SOA")};
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.authorities = {ns("example").substr(0, 12)};
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.authorities = {soa("example", 300, 60)};
  m.additionals = {Octets("\xff\xff\xff")};
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.flags = kReply | 3;
  EXPECT_EQ(reason(decode(m)), "malformed");
  EXPECT_EQ(decode(m).answer.status, DnsStatus::temporary_failure);
  m.flags = kReply;
  m.additionals = {};
  m.additionals = {opt()};
  EXPECT_EQ(reason(decode(m)), "nodata");
  EXPECT_EQ(decode(m).answer.ttl, seconds{60});
}

TEST(DecodeReply, NothingIsAbsentInAMessageWithBytesLeftOver) {
  for (const unsigned rcode : {0U, 3U}) {
    for (const Octets& left_over : {Octets(1, '\0'), Octets("JUNK"), opt(), soa("example", 1, 1),
                                    mx("other.example", 10, "a.example")}) {
      Message m;
      m.flags = static_cast<std::uint16_t>(kAuthoritative | rcode);
      EXPECT_EQ(decode(m).answer.status, DnsStatus::absent);
      m.trailing = left_over;
      EXPECT_EQ(reason(decode(m)), "malformed");
      m.authorities = {soa("example", 300, 60)};
      EXPECT_EQ(reason(decode(m)), "malformed");
      m.answers = {cname("mail.example", "gone.example")};
      EXPECT_EQ(reason(decode(m)), "malformed");
      EXPECT_FALSE(decode(m).continue_at);
    }
  }
}

TEST(DecodeReply, RefusesEveryCutOfADenial) {
  const auto asked = question();
  for (const std::uint16_t flags : {kReply, static_cast<std::uint16_t>(kReply | 3)}) {
    Message m;
    m.flags = flags;
    m.authorities = {soa("example", 300, 60)};
    m.additionals = {opt()};
    const Octets whole = wire(m, asked);
    ASSERT_EQ(decode_octets(whole, asked).answer.status, DnsStatus::absent);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(reason(decode_octets(whole.substr(0, size), asked)), "malformed") << size;
    }
  }
}

// A count that is too small moves records into the next section, or behind the last.
TEST(DecodeReply, RefusesRecordsOfTheQuestionOutsideTheAnswerSection) {
  const auto asked = question();
  Message m;
  m.answers = {mx("mail.example", 10, "a.example"), mx("mail.example", 20, "b.example")};
  m.authorities = {ns("example")};
  m.additionals = {a("a.example"), opt()};
  ASSERT_EQ(decode(m).answer.records.mx().size(), 2U);
  for (const unsigned counted : {0U, 1U}) {
    m.answer_count = counted;
    EXPECT_EQ(reason(decode(m)), "malformed") << counted;
  }
  Message bare;
  bare.answers = {mx("mail.example", 0, ""), mx("mail.example", 20, "b.example")};
  bare.answer_count = 1;
  EXPECT_EQ(reason(decode(bare)), "malformed") << "no null MX, though the count says one";

  Message behind_alias;
  behind_alias.answers = {cname("mail.example", "b.example"), mx("b.example", 10, "a.example")};
  behind_alias.answer_count = 1;
  behind_alias.authorities = {soa("example", 300, 60)};
  EXPECT_EQ(reason(decode(behind_alias)), "malformed");
}

TEST(DecodeReply, ANullMxMustBeWholeAsWell) {
  Message m;
  m.answers = {mx("mail.example", 0, "")};
  m.additionals = {opt()};
  EXPECT_EQ(reason(decode(m)), "answer");
  m.trailing = mx("mail.example", 10, "a.example").substr(0, 20);
  EXPECT_EQ(reason(decode(m)), "malformed") << "a second record may have been cut off";
  m.answers = {mx("mail.example", 20, "b.example")};
  EXPECT_EQ(reason(decode(m)), "answer");
}

TEST(DecodeReply, TakesRecordsOfOthersBehindTheAnswers) {
  Message m;
  m.authorities = {soa("example", 300, 60)};
  m.additionals = {mx("other.example", 10, "a.example"), a("mail.example"),
                   record(name("mail.example"), 15, u16(1) + name("y.example"), 1, 3),
                   record(name("key.example"), 250, "a signature", 0, 255), opt()};
  EXPECT_EQ(reason(decode(m)), "nodata") << "of another name, type or class; TSIG and OPT";
  m.answers = {mx("mail.example", 10, "a.example")};
  EXPECT_EQ(reason(decode(m)), "answer");
}

TEST(DecodeReply, OptIsAtTheRootAndInTheAdditionalSection) {
  Message m;
  m.answers = {mx("mail.example", 10, "a.example")};
  EXPECT_FALSE(decode(m).has_opt);
  m.additionals = {record(name("example"), 41, "", 0, 1232)};
  EXPECT_FALSE(decode(m).has_opt);
  m.additionals = {};
  m.authorities = {opt(1)};
  EXPECT_FALSE(decode(m).has_opt);
  EXPECT_EQ(reason(decode(m)), "answer");
}

TEST(DecodeReply, SurvivesGarbage) {
  Octets garbage;
  for (unsigned i = 0; i < 40; ++i) garbage += static_cast<char>(7 * i);
  EXPECT_EQ(reason(decode_octets(garbage, question())), "malformed");
  EXPECT_EQ(reason(decode_octets("", question())), "malformed");
  EXPECT_EQ(reason(decode_octets(Octets("\x12\x34\x81", 3), question())), "malformed");
  EXPECT_EQ(reason(decode_octets(Octets(65535, '\xff'), question())), "malformed");
}

// As many records as fit, each with the longest name by compression.
TEST(DecodeReply, SurvivesTheLargestMessage) {
  const auto asked = question(DnsType::ptr, "mail.example");
  const Octets label = '\x3f' + Octets(63, '*');
  Message m;
  m.answers = {record(name("mail.example"), 12, label + label + label + '\0')};
  const unsigned target = 12 + 14 + 4 + 14 + 10;  // of the name in the first record
  while (m.answers.size() < 4500)
    m.answers.push_back(record(u16(0xc000 | target), 12, u16(0xc000 | target)));
  EXPECT_LE(wire(m, asked).size(), 65535U);
  EXPECT_EQ(decode(m, asked).answer.records.names().size(), 1U);
}

}  // namespace
}  // namespace postern::dns::dns_message_hostile_test
