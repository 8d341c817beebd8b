#include "common/dns/dns_wire_reader.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace postern::dns::dns_wire_reader_test {
namespace {

// A header of zeros and what follows it.
std::vector<std::uint8_t> message(std::string_view body) {
  std::vector<std::uint8_t> wire(DnsWireReader::kHeaderSize);
  wire.insert(wire.end(), body.begin(), body.end());
  return wire;
}

std::string bytes(std::initializer_list<char> list) {
  return {list};
}

struct Read {
  bool ok;
  std::string name;
  std::size_t position;
  friend bool operator==(const Read&, const Read&) = default;
};

Read read_name(std::string_view body, std::size_t at = 0) {
  const auto wire = message(body);
  DnsWireReader reader(wire, DnsWireReader::kHeaderSize + at);
  std::string name = reader.name();
  const std::size_t position = reader.ok() ? reader.position() - DnsWireReader::kHeaderSize : 0;
  return {reader.ok(), std::move(name), position};
}

const Read kFailed{false, "", 0};

TEST(DnsWireReader, ReadsNumbers) {
  const std::vector<std::uint8_t> wire{0x12, 0x34, 0x89, 0xab, 0xcd, 0xef};
  DnsWireReader reader(wire);
  EXPECT_EQ(reader.u16(), 0x1234);
  EXPECT_EQ(reader.u32(), 0x89abcdefU);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.position(), 6U);
}

TEST(DnsWireReader, StaysFailed) {
  const std::vector<std::uint8_t> wire{1, 2, 3};
  DnsWireReader reader(wire);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_EQ(reader.name(), "");
  EXPECT_TRUE(reader.octets(0).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(DnsWireReader, RefusesOctetsBeyondTheEnd) {
  const std::vector<std::uint8_t> wire{1, 2, 3};
  DnsWireReader reader(wire, 1);
  EXPECT_EQ(reader.octets(2).size(), 2U);
  EXPECT_TRUE(reader.ok());
  reader.octets(1);
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(DnsWireReader(wire, 4).ok());
  DnsWireReader huge(wire, 1);
  huge.octets(static_cast<std::size_t>(-1));
  EXPECT_FALSE(huge.ok());
}

TEST(DnsWireReader, ReadsNamesInLowerCase) {
  EXPECT_EQ(read_name(bytes({0})), (Read{true, "", 1}));
  EXPECT_EQ(read_name(bytes({4, 'M', 'a', 'I', 'l', 2, '_', '-', 0, 'x'})),
            (Read{true, "mail._-", 9}));
}

TEST(DnsWireReader, EscapesWhatNoHostNameHas) {
  EXPECT_EQ(read_name(bytes({5, 'a', '.', 'b', '\\', ' ', 0})).name, "a\\046b\\092\\032");
  EXPECT_EQ(read_name(bytes({3, '\0', '\xff', '*', 0})).name, "\\000\\255\\042");
}

TEST(DnsWireReader, FollowsPointersBack) {
  const auto body = bytes({3, 'o', 'r', 'g', 0, 1, 'a', '\xc0', 12, '\xc0', 17});
  EXPECT_EQ(read_name(body, 5), (Read{true, "a.org", 9}));
  EXPECT_EQ(read_name(body, 9), (Read{true, "a.org", 11}));
}

TEST(DnsWireReader, RefusesPointersElsewhere) {
  EXPECT_EQ(read_name(bytes({'\xc0', 12})), kFailed);                 // itself
  EXPECT_EQ(read_name(bytes({1, 'a', '\xc0', 12})), kFailed);         // its own start
  EXPECT_EQ(read_name(bytes({'\xc0', 14, 1, 'a', 0})), kFailed);      // forward
  EXPECT_EQ(read_name(bytes({'\xff', '\xff'})), kFailed);             // far beyond the end
  EXPECT_EQ(read_name(bytes({'\xc0', 0})), kFailed);                  // the header
  EXPECT_EQ(read_name(bytes({'\xc0', 14, '\xc0', 12}), 2), kFailed);  // each other
}

TEST(DnsWireReader, RefusesCutNames) {
  EXPECT_EQ(read_name(""), kFailed);
  EXPECT_EQ(read_name(bytes({3, 'o', 'r'})), kFailed);
  EXPECT_EQ(read_name(bytes({3, 'o', 'r', 'g'})), kFailed);
  EXPECT_EQ(read_name(bytes({'\xc0'})), kFailed);
}

TEST(DnsWireReader, RefusesOtherLabelTypes) {
  EXPECT_EQ(read_name(bytes({'\x40', 'a', 0})), kFailed);
  EXPECT_EQ(read_name(bytes({'\x80', 'a', 0})), kFailed);
}

TEST(DnsWireReader, LimitsTheLengthOfNames) {
  const std::string label = '\x3f' + std::string(63, 'a');
  const std::string longest = label + label + label + '\x3d' + std::string(61, 'a') + '\0';
  EXPECT_EQ(longest.size(), 255U);
  EXPECT_EQ(read_name(longest).name.size(), 253U);
  EXPECT_EQ(read_name(label + label + label + '\x3e' + std::string(62, 'a') + '\0'), kFailed);
  // By compression as well.
  EXPECT_EQ(read_name(longest + "\1b\xc0\x0c", 255), kFailed);
}

TEST(DnsWireReader, TakesTheNameWithMostLabels) {
  std::string body;
  for (int i = 0; i < 127; ++i) body += "\1a";
  EXPECT_EQ(read_name(body + '\0').name.size(), 253U);
  EXPECT_EQ(read_name("\1a" + body + '\0'), kFailed);
}

TEST(DnsWireReader, EndsLongRunsOfPointers) {
  std::string body(1, '\0');
  for (int i = 0; i < 200; ++i) {
    const int target = i == 0 ? 12 : 13 + 2 * (i - 1);
    body += static_cast<char>(0xc0 | target >> 8);
    body += static_cast<char>(target & 0xff);
  }
  EXPECT_EQ(read_name(body, 1 + 2 * 126), (Read{true, "", 1 + 2 * 127}));
  EXPECT_EQ(read_name(body, 1 + 2 * 127), kFailed);
}

}  // namespace
}  // namespace postern::dns::dns_wire_reader_test
