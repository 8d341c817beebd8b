// Messages as large as they can be: what is decoded of them is bounded, and what was left out is
// never taken for nothing.
#include <gtest/gtest.h>

#include <string>

#include "common/dns/dns_message.h"
#include "common/dns/dns_sections.h"
#include "tests/unit/common/dns/dns_octets.h"

namespace postern::dns::dns_message_bound_test {
namespace {

using namespace octets;

constexpr unsigned kOwner = 0xc00c;  // the name of the question
constexpr std::size_t kLargest = 65535;

// A label of no known type.
Octets unreadable_mx(unsigned preference) {
  return record(u16(kOwner), 15, u16(preference) + "\x80");
}

Octets short_mx(unsigned preference, const Octets& host) {
  return record(u16(kOwner), 15, u16(preference) + host);
}

DnsSections sections_of(const Message& m, DnsType wanted = DnsType::mx) {
  const Octets octets = wire(m, question(wanted));
  const std::span<const std::uint8_t> bytes{reinterpret_cast<const std::uint8_t*>(octets.data()),
                                            octets.size()};
  DnsWireReader reader(bytes);
  const DnsHeader header = read_dns_header(reader);
  reader.name();
  reader.u32();
  return read_dns_sections(reader, bytes, header, wanted);
}

// A name of 254 octets, 127 labels of one octet each, once; and the records that point to it.
Message largest(const std::vector<Octets>& before) {
  Octets labels;
  for (int i = 0; i < 126; ++i) labels += "\1x";
  Message m;
  m.answers = {record(labels + '\0', 16, "")};
  m.answers.insert(m.answers.end(), before.begin(), before.end());
  const unsigned at = 12 + static_cast<unsigned>(name("mail.example").size()) + 4;
  std::size_t size = wire(m, question()).size();
  for (unsigned preference = 1000;; ++preference) {
    Octets next = short_mx(
        preference, Octets("\1", 1) + static_cast<char>(preference) + u16(0xc000 | (at + 2)));
    size += next.size();
    if (size > kLargest) return m;
    m.answers.push_back(std::move(next));
  }
}

TEST(DecodeLargeReply, DecodesNoMoreThanIsKept) {
  const Message m = largest({});
  ASSERT_GT(m.answers.size(), 3500U);
  const DnsSections sections = sections_of(m);
  EXPECT_TRUE(sections.answers_sound);
  EXPECT_FALSE(sections.rest_sound);
  EXPECT_EQ(sections.data.size(), DnsAnswer::kMaxRecords);
  EXPECT_EQ(decode(m).answer.records.mx().size(), DnsAnswer::kMaxRecords);
  EXPECT_EQ(decode(m).answer.records.mx().begin()->preference, 1000);
}

TEST(DecodeLargeReply, TheBestAreThoseThatAreDecoded) {
  Message m = largest({});
  m.answers.back() = short_mx(5, name("best.example"));
  EXPECT_EQ(decode(m).answer.records.mx().begin()->exchange, "best.example");
  m.answers.back() = unreadable_mx(60000);
  EXPECT_EQ(reason(decode(m)), "answer") << "it is not read";
  m.answers.back() = unreadable_mx(5);
  EXPECT_EQ(reason(decode(m)), "malformed");
}

// The nearest case that stays as it was: up to the bound every record counts.
TEST(DecodeLargeReply, AtTheBoundAllAreRead) {
  Message m;
  for (unsigned i = 0; i < DnsAnswer::kMaxRecords; ++i) {
    m.answers.push_back(mx("mail.example", i + 1, "h" + std::to_string(i) + ".example"));
  }
  EXPECT_EQ(decode(m).answer.records.mx().size(), DnsAnswer::kMaxRecords);
  EXPECT_TRUE(sections_of(m).rest_sound);
  m.answers.back() = unreadable_mx(60000);
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeLargeReply, RecordsOfOthersThatFillItAreNoDenial) {
  Message m;
  for (unsigned i = 0; i < 2 * DnsAnswer::kMaxRecords; ++i) {
    m.answers.push_back(mx("other.example", 1, "m.example"));
  }
  m.answers.push_back(mx("mail.example", 10, "m.example"));
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.answers.push_back(cname("mail.example", "gone.example"));
  m.authorities = {soa("example", 300, 60)};
  EXPECT_EQ(reason(decode(m)), "malformed");
  EXPECT_FALSE(decode(m).continue_at);
}

// A record of a domain about itself may be the one that is left out, and then it would be none.
TEST(DecodeLargeReply, TextsBeyondTheBoundAreNoAnswer) {
  const DnsQuestion asked = question(DnsType::txt);
  Message m;
  for (unsigned i = 0; i < DnsAnswer::kMaxRecords; ++i) {
    m.answers.push_back(txt("mail.example", {"text " + std::to_string(i)}));
  }
  EXPECT_EQ(decode(m, asked).answer.records.texts().size(), DnsAnswer::kMaxRecords);
  m.answers.push_back(txt("mail.example", {"v=spf1 -all"}));
  EXPECT_EQ(reason(decode(m, asked)), "malformed");
}

TEST(DecodeLargeReply, TextsAreBoundedInOctetsToo) {
  const DnsQuestion asked = question(DnsType::txt);
  Message m;
  m.answers = {txt("mail.example", std::vector<Octets>(64, Octets(255, 'x')))};
  EXPECT_EQ(decode(m, asked).answer.records.texts().begin()->text.size(), 64U * 255);
  EXPECT_EQ(DnsAnswer::kMaxTextOctets, 64U * 256);
  m.answers.push_back(txt("mail.example", {"v=spf1 -all"}));
  EXPECT_EQ(reason(decode(m, asked)), "malformed");
  m.answers = {txt("mail.example", std::vector<Octets>(250, Octets(255, 'x')))};
  EXPECT_EQ(reason(decode(m, asked)), "malformed") << "64 KiB in one record";
}

// It would be refused for good for what stands beside others.
TEST(DecodeLargeReply, ANullMxAmongTooManyIsNone) {
  Message m;
  for (unsigned i = 0; i <= DnsAnswer::kMaxRecords; ++i) {
    m.answers.push_back(mx("mail.example", 0, ""));
  }
  m.answers.push_back(mx("mail.example", 10, "m.example"));
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeLargeReply, AliasesAreBounded) {
  Message m;
  for (int i = 0; i < 2000; ++i) {
    m.answers.push_back(cname("n" + std::to_string(i) + ".example", "m.example"));
  }
  EXPECT_LE(sections_of(m).aliases.size(), 32U);
  m.answers.push_back(cname("mail.example", "gone.example"));
  m.flags = kReply | 3;
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeLargeReply, WhatStandsBehindTheAnswersIsBounded) {
  Message m;
  m.answers = {mx("mail.example", 10, "m.example")};
  for (int i = 0; i < 1000; ++i) {
    m.authorities.push_back(soa("example", 300, 60));
    m.additionals.push_back(mx("other.example", 10, "m.example"));
  }
  m.additionals.push_back(opt());
  const DnsSections sections = sections_of(m);
  EXPECT_LE(sections.soa.size(), 8U);
  EXPECT_EQ(sections.misplaced.size(), DnsAnswer::kMaxRecords);
  EXPECT_TRUE(sections.has_opt) << "however much stands before it";
  EXPECT_EQ(reason(decode(m)), "answer");
  m.answers.clear();
  EXPECT_EQ(reason(decode(m)), "malformed") << "one of the records may be what is asked for";
}

TEST(DnsWireReader, SkipsANameWithoutFollowingIt) {
  const auto skipped = [](const Octets& octets) {
    const Octets message = Octets(12, '\0') + octets;
    DnsWireReader reader({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()},
                         12);
    reader.skip_name();
    return reader.ok() ? static_cast<int>(reader.position()) - 12 : -1;
  };
  EXPECT_EQ(skipped(name("a.example") + "more"), 11);
  EXPECT_EQ(skipped(name("") + "more"), 1);
  EXPECT_EQ(skipped(Octets("\1a\xff\xff", 4) + "more"), 4) << "wherever the pointer leads";
  EXPECT_EQ(skipped("\5abc"), -1);
  EXPECT_EQ(skipped("\xc0"), -1);
  EXPECT_EQ(skipped(Octets("\x80")), -1);
  EXPECT_EQ(skipped(""), -1);
  Octets endless;
  for (int i = 0; i < 200; ++i) endless += "\1x";
  EXPECT_EQ(skipped(endless + '\0'), -1) << "longer than a name can be";
}

}  // namespace
}  // namespace postern::dns::dns_message_bound_test
