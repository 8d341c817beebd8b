#include "common/dns/dns_message.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/common/dns/dns_octets.h"

namespace postern::dns::dns_message_test {
namespace {

using namespace octets;
using std::chrono::seconds;

TEST(EncodeQuery, IsAStandardQueryWithOneQuestion) {
  const std::vector<std::uint8_t> expected{
      0xab, 0xcd, 0x01, 0x20, 0,   1, 0,   0,   0,   0,   0,   0,  // header
      4,    'm',  'a',  'i',  'l', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 15, 0, 1};
  EXPECT_EQ(encode_query(0xabcd, question(), Edns::none), expected);
}

TEST(EncodeQuery, AddsOptWithItsPayload) {
  const auto plain = encode_query(1, question(), Edns::none);
  const auto edns = encode_query(1, question(), Edns::opt);
  const std::vector<std::uint8_t> expected{0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(edns[11], 1);
  EXPECT_EQ((std::vector<std::uint8_t>(edns.begin() + static_cast<long>(plain.size()), edns.end())),
            expected);
}

TEST(EncodeQuery, TakesTheLongestName) {
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  const auto asked = question(DnsType::a, longest);
  EXPECT_EQ(encode_query(1, asked, Edns::none).size(), 12U + 255U + 4U);
  Message m;
  m.answers = {record(u16(0xc00c), 1, "\1\2\3\4")};
  EXPECT_EQ(decode(m, asked).answer.status, DnsStatus::found);
}

TEST(DecodeReply, FindsMxByPreferenceWithoutDuplicates) {
  Message m;
  m.answers = {mx("mail.example", 20, "B.example"), mx("mail.example", 10, "c.example", 60),
               mx("MAIL.example", 10, "a.example"), mx("mail.example", 20, "b.EXAMPLE")};
  m.additionals = {a("a.example"), opt()};
  const DnsReply reply = decode(m);
  EXPECT_EQ(reply.answer.status, DnsStatus::found);
  EXPECT_EQ(reason(reply), "answer");
  EXPECT_EQ(reply.answer.records.mx(),
            (std::vector<MxRecord>{{10, "a.example"}, {10, "c.example"}, {20, "b.example"}}));
  EXPECT_TRUE(reply.answer.records.addresses().empty());
  EXPECT_EQ(reply.answer.ttl, seconds{60});
  EXPECT_TRUE(reply.has_opt);
  EXPECT_EQ(reply.answer.server, "");
}

TEST(DecodeReply, FindsNullMx) {
  Message m;
  m.answers = {mx("mail.example", 0, "")};
  EXPECT_EQ(decode(m).answer.records.mx(), (std::vector<MxRecord>{{0, ""}}));
}

TEST(DecodeReply, KeepsOddNamesEscaped) {
  Message m;
  m.answers = {mx("mail.example", 5, "bad name;.example")};
  const DnsRecords records = decode(m).answer.records;
  EXPECT_EQ(records.mx(), (std::vector<MxRecord>{{5, "bad\\032name\\059.example"}}));
  EXPECT_FALSE(DomainName::parse(records.mx().begin()->exchange).has_value());
}

TEST(DecodeReply, FindsAddresses) {
  Message m;
  m.answers = {a("mail.example", "\xc0\x01\x02\x03"), a("mail.example", "\x0a\x01\x02\x03"),
               a("mail.example", "\xc0\x01\x02\x03")};
  EXPECT_EQ(
      decode(m, question(DnsType::a)).answer.records.addresses(),
      (std::vector<IpAddress>{IpAddress::from_v4(0xc0010203), IpAddress::from_v4(0x0a010203)}));

  Message six;
  six.answers = {
      record(name("mail.example"), 28, Octets("\x20\x01\x0d\xb8", 4) + Octets(11, '\0') + '\1')};
  EXPECT_EQ(decode(six, question(DnsType::aaaa)).answer.records.addresses(),
            (std::vector<IpAddress>{IpAddress::parse("2001:db8::1").value()}));
}

TEST(DecodeReply, FindsPointers) {
  const auto asked = question(DnsType::ptr, "1.113.0.203.in-addr.arpa");
  Message m;
  m.answers = {cname("1.113.0.203.in-addr.arpa", "1.0/25.113.0.203.in-addr.arpa"),
               record(name("1.0/25.113.0.203.in-addr.arpa"), 12, name("Good.example"))};
  EXPECT_EQ(decode(m, asked).answer.records.names(), std::vector<std::string>{"good.example"});
}

TEST(DecodeReply, IgnoresRecordsOfOthers) {
  Message m;
  m.answers = {a("mail.example"), mx("other.example", 1, "x.example", 1),
               record(name("mail.example"), 15, u16(1) + name("y.example"), 1, 3),
               mx("mail.example", 10, "z.example"),
               record(name("mail.example"), 46, "signature", 1)};
  const DnsReply reply = decode(m);
  EXPECT_EQ(reply.answer.records.mx(), (std::vector<MxRecord>{{10, "z.example"}}));
  EXPECT_EQ(reply.answer.ttl, seconds{300});
}

TEST(DecodeReply, ComparesNamesWithoutCase) {
  const auto asked = question();
  Message m;
  m.question = name("MaiL.eXample") + u16(15) + u16(kIn);
  m.answers = {mx("mAIL.EXAMPLe", 10, "a.example")};
  EXPECT_EQ(decode(m, asked).answer.status, DnsStatus::found);
}

TEST(DecodeReply, FollowsChainsInAnyOrder) {
  Message m;
  m.answers = {mx("c.example", 10, "z.example", 50), cname("b.example", "C.example", 40),
               cname("mail.example", "b.example", 60)};
  const DnsReply reply = decode(m);
  EXPECT_EQ(reply.answer.status, DnsStatus::found);
  EXPECT_EQ(reply.answer.ttl, seconds{40});
  EXPECT_FALSE(reply.continue_at.has_value());
}

TEST(DecodeReply, TtlWithTheTopBitIsZero) {
  Message m;
  m.answers = {mx("mail.example", 10, "a.example", 0x80000001),
               mx("mail.example", 20, "b.example")};
  EXPECT_EQ(decode(m).answer.ttl, seconds{0});
  Message most;
  most.answers = {mx("mail.example", 10, "a.example", 0x7fffffff)};
  EXPECT_EQ(decode(most).answer.ttl, seconds{0x7fffffff});
}

TEST(DecodeReply, KeepsTheLowestPreferencesOfTooMany) {
  Message m;
  for (unsigned i = 200; i > 0; --i) m.answers.push_back(mx("mail.example", i, "m.example"));
  std::vector<MxRecord> best;
  for (std::uint16_t i = 1; i <= DnsAnswer::kMaxRecords; ++i) best.push_back({i, "m.example"});
  EXPECT_EQ(decode(m).answer.records.mx(), best);
}

TEST(DecodeReply, KeepsTheFirstOfTooManyAddressesAndNames) {
  Message addresses;
  for (char i = 1; i <= 120; ++i) {
    addresses.answers.push_back(a("mail.example", Octets("\xc0\x01\x02", 3) + i));
  }
  std::vector<IpAddress> first;
  for (std::uint32_t i = 1; i <= DnsAnswer::kMaxRecords; ++i) {
    first.push_back(IpAddress::from_v4(0xc0010200 + i));
  }
  EXPECT_EQ(decode(addresses, question(DnsType::a)).answer.records.addresses(), first);

  Message names;
  for (int i = 0; i < 120; ++i) {
    names.answers.push_back(record(name("mail.example"), 12, name("h" + std::to_string(i))));
  }
  EXPECT_EQ(decode(names, question(DnsType::ptr)).answer.records.names().size(),
            DnsAnswer::kMaxRecords);
}

TEST(DecodeReply, NodataTakesTheNegativeTtl) {
  Message m;
  m.authorities = {soa("example", 300, 60)};
  DnsReply reply = decode(m);
  EXPECT_EQ(reply.answer.status, DnsStatus::absent);
  EXPECT_EQ(reason(reply), "nodata");
  EXPECT_EQ(reply.answer.ttl, seconds{60});

  m.authorities = {soa("example", 30, 60)};
  EXPECT_EQ(decode(m).answer.ttl, seconds{30});
  m.authorities = {soa("", 30, 60)};
  EXPECT_EQ(decode(m).answer.ttl, seconds{30});
  m.authorities = {soa("example", 30, 0x80000000)};
  EXPECT_EQ(decode(m).answer.ttl, seconds{0});
}

TEST(DecodeReply, NxdomainTakesTheNegativeTtl) {
  Message m;
  m.flags = kReply | 3;
  m.authorities = {soa("example", 300, 60)};
  const DnsReply reply = decode(m);
  EXPECT_EQ(reply.answer.status, DnsStatus::absent);
  EXPECT_EQ(reason(reply), "nxdomain");
  EXPECT_EQ(reply.answer.ttl, seconds{60});
}

TEST(DecodeReply, WithoutSoaNothingAbsentIsKept) {
  Message m;
  EXPECT_EQ(reason(decode(m)), "nodata");
  EXPECT_EQ(decode(m).answer.ttl, seconds{0});
  m.flags = kReply | 3;
  EXPECT_EQ(reason(decode(m)), "nxdomain");
  EXPECT_EQ(decode(m).answer.ttl, seconds{0});
}

TEST(DecodeReply, SoaOfAnotherZoneDoesNotCount) {
  Message m;
  for (const char* zone : {"other", "ample", "x.mail.example"}) {
    m.authorities = {soa(zone, 300, 60)};
    EXPECT_EQ(reason(decode(m)), "nodata") << zone;
    EXPECT_EQ(decode(m).answer.ttl, seconds{0}) << zone;
  }
  m.authorities = {soa("other", 300, 60), soa("example", 300, 50)};
  EXPECT_EQ(decode(m).answer.ttl, seconds{50});
}

TEST(DecodeReply, NxdomainBehindAChain) {
  Message m;
  m.flags = kReply | 3;
  m.answers = {cname("mail.example", "gone.example", 20)};
  m.authorities = {soa("example", 300, 60)};
  const DnsReply reply = decode(m);
  EXPECT_EQ(reason(reply), "nxdomain");
  EXPECT_EQ(reply.answer.ttl, seconds{20});
  EXPECT_FALSE(reply.continue_at.has_value());
}

TEST(DecodeReply, NodataBehindAChain) {
  Message m;
  m.answers = {cname("mail.example", "there.example", 20)};
  m.authorities = {soa("example", 300, 10)};
  const DnsReply reply = decode(m);
  EXPECT_EQ(reason(reply), "nodata");
  EXPECT_EQ(reply.answer.ttl, seconds{10});
  EXPECT_FALSE(reply.continue_at.has_value());
}

TEST(DecodeReply, ContinuesAtTheEndOfAnOpenChain) {
  Message m;
  m.answers = {cname("mail.example", "b.example", 20), cname("b.example", "C.example.net", 30)};
  DnsReply reply = decode(m);
  ASSERT_TRUE(reply.continue_at.has_value());
  EXPECT_EQ(reply.continue_at->text(), "c.example.net");
  EXPECT_EQ(reply.answer.status, DnsStatus::temporary_failure);
  EXPECT_EQ(reply.answer.ttl, seconds{20});

  // Neither the SOA of the zone that the chain left nor a referral ends it.
  m.authorities = {soa("example", 300, 10)};
  EXPECT_TRUE(decode(m).continue_at.has_value());
  m.flags = kPlain;
  m.authorities = {ns("net")};
  EXPECT_TRUE(decode(m).continue_at.has_value());
}

// RFC 2317: the PTR of an address of a small network stands below `25/1.2.0.192.in-addr.arpa`.
TEST(DecodeReply, ContinuesAtANameThatIsNoHostName) {
  Message m;
  m.answers = {cname("mail.example", "25/a b.example")};
  ASSERT_TRUE(decode(m).continue_at.has_value());
  EXPECT_EQ(decode(m).continue_at->text(), "25\\047a\\032b.example");
}

TEST(DecodeReply, CannotContinueAtTheRoot) {
  Message m;
  m.answers = {cname("mail.example", "")};
  EXPECT_EQ(reason(decode(m)), "malformed");
  EXPECT_FALSE(decode(m).continue_at.has_value());
}

TEST(DecodeReply, FindsTextsOfJoinedStrings) {
  Message m;
  m.answers = {txt("mail.example", {"v=spf1 ip4:192.0.2", ".1 -all"}), txt("mail.example", {""}),
               txt("mail.example", {Octets("\0\xff\"", 3)}, 60),
               txt("mail.example", {"v=spf1 ", "ip4:192.0.2.1 -all"})};
  const DnsAnswer answer = decode(m, question(DnsType::txt)).answer;
  EXPECT_EQ(answer.status, DnsStatus::found);
  EXPECT_EQ(answer.records.texts(),
            (std::vector<TxtRecord>{{"v=spf1 ip4:192.0.2.1 -all"}, {""}, {Octets("\0\xff\"", 3)}}));
  EXPECT_TRUE(answer.records.names().empty());
  EXPECT_EQ(answer.ttl, seconds{60});
}

TEST(DecodeReply, RefusesTextsThatAreNone) {
  for (const Octets& data : {Octets("\3ab"), Octets("\1ab"), Octets("\2ab\1")}) {
    Message m;
    m.answers = {record(name("mail.example"), 16, data)};
    EXPECT_EQ(reason(decode(m, question(DnsType::txt))), "malformed");
  }
}

TEST(EncodeQuery, NamesThatNoHostHas) {
  const DnsQuestion odd{DnsName::from_octets("a%b._spf.example").value(), DnsType::txt};
  const auto query = encode_query(7, odd, Edns::none);
  const Octets sent(query.begin() + 12, query.end());
  EXPECT_EQ(sent, name("a%b._spf.example") + u16(16) + u16(1));
  Message m;
  m.question = sent;
  m.answers = {txt("a%b._spf.example", {"there"})};
  EXPECT_EQ(decode(m, odd).answer.records.texts(), (std::vector<TxtRecord>{{"there"}}));
}

TEST(DecodeReply, EndsLoops) {
  Message self;
  self.answers = {cname("mail.example", "mail.example")};
  EXPECT_EQ(reason(decode(self)), "cname_loop");

  Message two;
  two.answers = {cname("mail.example", "b.example"), cname("b.example", "mail.example")};
  EXPECT_EQ(reason(decode(two)), "cname_loop");
  two.flags = kReply | 3;
  EXPECT_EQ(reason(decode(two)), "cname_loop");
}

Message chain_of(int links) {
  Message m;
  std::string owner = "mail.example";
  for (int i = 1; i <= links; ++i) {
    const std::string target = "n" + std::to_string(i) + ".example";
    m.answers.push_back(cname(owner, target));
    owner = target;
  }
  m.answers.push_back(mx(owner, 10, "z.example"));
  return m;
}

TEST(DecodeReply, FollowsSixteenLinksAndNoMore) {
  EXPECT_EQ(decode(chain_of(16)).answer.status, DnsStatus::found);
  EXPECT_EQ(reason(decode(chain_of(17))), "cname_loop");
}

TEST(DecodeReply, SaysWhatTheRcodeSays) {
  const std::pair<unsigned, std::string_view> cases[] = {
      {1, "formerr"},     {2, "servfail"},    {4, "notimp"},      {5, "refused"},
      {6, "other_rcode"}, {9, "other_rcode"}, {15, "other_rcode"}};
  for (const auto& [rcode, text] : cases) {
    Message m;
    m.flags = static_cast<std::uint16_t>(kReply | rcode);
    m.additionals = {opt()};
    EXPECT_EQ(reason(decode(m)), text);
    EXPECT_EQ(decode(m).answer.status, DnsStatus::temporary_failure);
    EXPECT_TRUE(decode(m).has_opt);
    m.answers = {mx("mail.example", 10, "a.example")};
    EXPECT_EQ(reason(decode(m)), text);
  }
}

TEST(DecodeReply, ReadsTheExtendedRcode) {
  Message m;
  m.additionals = {opt(1)};  // BADVERS
  EXPECT_EQ(reason(decode(m)), "other_rcode");
  m.flags = kReply | 3;  // 19, not NXDOMAIN
  EXPECT_EQ(reason(decode(m)), "other_rcode");
}

TEST(DecodeReply, TakesErrorsWithABareHeader) {
  Message m;
  m.question = "";
  m.questions = 0;
  m.flags = kReply | 1;
  EXPECT_EQ(reason(decode(m)), "formerr");
  m.flags = kReply;
  EXPECT_EQ(reason(decode(m)), "malformed");
  m.flags = kReply | 3;
  EXPECT_EQ(reason(decode(m)), "malformed");
}

TEST(DecodeReply, KnowsReferrals) {
  Message m;
  m.flags = kPlain;
  m.authorities = {ns("example")};
  EXPECT_EQ(reason(decode(m)), "referral");
  m.authorities = {ns("")};
  EXPECT_EQ(reason(decode(m)), "referral");
  EXPECT_EQ(decode(m).answer.status, DnsStatus::temporary_failure);

  m.flags = kReply;  // a resolver speaks for others
  EXPECT_EQ(reason(decode(m)), "nodata");
  m.flags = kAuthoritative;
  EXPECT_EQ(reason(decode(m)), "nodata");
  m.flags = kPlain;
  m.authorities = {ns("example"), soa("example", 300, 60)};
  EXPECT_EQ(reason(decode(m)), "nodata");
  // Neither responsible for the name nor willing to ask others: it does not know.
  m.authorities = {};
  EXPECT_EQ(reason(decode(m)), "referral");
  m.flags = kPlain | 3;
  EXPECT_EQ(reason(decode(m)), "referral");
  m.flags = kReply | 3;
  EXPECT_EQ(reason(decode(m)), "nxdomain");
}

}  // namespace
}  // namespace postern::dns::dns_message_test
