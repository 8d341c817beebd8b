#include "common/dns/dns_records.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::dns::dns_records_test {
namespace {

const IpAddress kV4 = IpAddress::from_v4(0xfffe01ff);
const IpAddress kV6 = IpAddress::parse("2001:db8::ff80").value();

TEST(DnsRecords, BeginEmpty) {
  const DnsRecords none;
  EXPECT_TRUE(none.mx().empty());
  EXPECT_TRUE(none.addresses().empty());
  EXPECT_TRUE(none.names().empty());
  EXPECT_EQ(none.mx().size(), 0U);
}

TEST(DnsRecords, AreReadAsTheyWereAdded) {
  DnsRecords records;
  records.add_mx(65535, "mx.a.example");
  records.add_mx(0, "");
  records.add_mx(256, "mx.b.example");
  EXPECT_EQ(records.mx(),
            (std::vector<MxRecord>{{65535, "mx.a.example"}, {0, ""}, {256, "mx.b.example"}}));
  EXPECT_EQ(records.mx().size(), 3U);
  EXPECT_EQ(records.mx().begin()->exchange, "mx.a.example");
}

TEST(DnsRecords, KindsMayBeMixed) {
  DnsRecords records;
  records.add_name("one.example");
  records.add_address(kV6);
  records.add_mx(10, "mx.example");
  records.add_address(kV4);
  records.add_name("");
  EXPECT_EQ(records.mx(), (std::vector<MxRecord>{{10, "mx.example"}}));
  EXPECT_EQ(records.addresses(), (std::vector<IpAddress>{kV6, kV4}));
  EXPECT_EQ(records.names(), (std::vector<std::string>{"one.example", ""}));
}

TEST(DnsRecords, TextsAreNoNames) {
  DnsRecords records;
  records.add_name("host.example");
  records.add_text("v=spf1 -all");
  records.add_text(std::string("\0\xff", 2));
  EXPECT_EQ(records.names(), std::vector<std::string>{"host.example"});
  EXPECT_EQ(records.texts(), (std::vector<TxtRecord>{{"v=spf1 -all"}, {std::string("\0\xff", 2)}}));
}

// One octet, two and three tell the size of a text.
TEST(DnsRecords, TextsMayBeOfAnySize) {
  DnsRecords records;
  std::vector<std::string> texts;
  for (const std::size_t size :
       {1U, 126U, 127U, 128U, 129U, 255U, 1016U, 16'383U, 16'384U, 70'000U}) {
    texts.emplace_back(size, static_cast<char>(size));
    records.add_name(texts.back());
    records.add_mx(1, texts.back());
  }
  EXPECT_EQ(records.names(), texts);
  EXPECT_EQ(records.mx().size(), texts.size());
}

TEST(DnsRecords, AreEqualWhenTheSameInTheSameOrder) {
  DnsRecords left;
  DnsRecords right;
  left.add_mx(10, "a.example");
  left.add_mx(10, "b.example");
  right.add_mx(10, "a.example");
  EXPECT_FALSE(left == right);
  right.add_mx(10, "b.example");
  EXPECT_EQ(left, right);
  DnsRecords turned;
  turned.add_mx(10, "b.example");
  turned.add_mx(10, "a.example");
  EXPECT_FALSE(left == turned);
}

TEST(DnsRecords, ListsCompareWithWhatIsExpected) {
  DnsRecords records;
  records.add_name("a.example");
  records.add_name("b.example");
  EXPECT_FALSE(records.names() == std::vector<std::string>{"a.example"});
  EXPECT_FALSE(records.names() == (std::vector<std::string>{"a.example", "c.example"}));
  EXPECT_FALSE(records.names() ==
               (std::vector<std::string>{"a.example", "b.example", "c.example"}));
}

TEST(DnsRecords, OneShortRecordTakesNoBlock) {
  DnsRecords mx;
  mx.add_mx(10, "aspmx.l.google.example");
  EXPECT_GT(mx.block_size(), 0U) << "of 22 letters";
  DnsRecords shorter;
  shorter.add_mx(10, "mail-in.example.org");
  EXPECT_EQ(shorter.block_size(), 0U) << "of 19";
  DnsRecords v6;
  v6.add_address(kV6);
  EXPECT_EQ(v6.block_size(), 0U);
  DnsRecords v4;
  for (int i = 0; i < 4; ++i) v4.add_address(kV4);
  EXPECT_EQ(v4.block_size(), 0U);
}

}  // namespace
}  // namespace postern::dns::dns_records_test
