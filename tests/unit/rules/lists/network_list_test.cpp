#include "rules/lists/network_list.h"

#include <gtest/gtest.h>

#include <random>

namespace postern::lists::network_list_test {
namespace {

const UtcTime kNow = parse_expiry("2026-06-01T00:00:00Z").value();
const UtcTime kPast = parse_expiry("2026-05-31").value();  // ends exactly at kNow
const UtcTime kFuture = kNow + std::chrono::seconds{1};

struct Entry {
  std::string network;
  std::optional<UtcTime> expires;
};

// The words of the header, one entry after the other.
EntryId find_slowly(const std::vector<Entry>& entries, const std::vector<IpNetwork>& networks,
                    const IpAddress& address, UtcTime now) {
  EntryId best = kNoEntry;
  int best_length = -1;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const IpNetwork& network = networks[i];
    if (!network.contains(address)) continue;
    if (entries[i].expires && now >= *entries[i].expires) continue;
    if (network.mapped_prefix_length() <= best_length) continue;
    best = static_cast<EntryId>(i);
    best_length = network.mapped_prefix_length();
  }
  return best;
}

std::unique_ptr<NetworkList> list_of(const std::vector<Entry>& entries) {
  auto list = std::make_unique<NetworkList>("l");
  int line = 0;
  for (const Entry& entry : entries) {
    EntryData data;
    data.expires = entry.expires;
    EXPECT_TRUE(list->add(entry.network, ++line, std::move(data))) << entry.network;
  }
  EXPECT_TRUE(list->build());
  return list;
}

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

struct Case {
  const char* address;
  EntryId wanted;
};

TEST(NetworkList, TheLongestPrefixCounts) {
  const auto list = list_of({{"192.0.2.0/24", {}},
                             {"192.0.2.128/25", {}},
                             {"192.0.2.200", {}},
                             {"2001:db8::/32", {}},
                             {"2001:db8:1::/48", {}},
                             {"0.0.0.0/0", {}},
                             {"255.255.255.255", {}},
                             {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", {}}});
  for (const Case& c : {Case{"192.0.2.0", 0},
                        Case{"192.0.2.127", 0},
                        Case{"192.0.2.128", 1},
                        Case{"192.0.2.199", 1},
                        Case{"192.0.2.200", 2},
                        Case{"192.0.2.201", 1},
                        Case{"192.0.2.255", 1},
                        Case{"192.0.3.0", 5},
                        Case{"192.0.1.255", 5},
                        Case{"::ffff:192.0.2.200", 2},
                        Case{"2001:db8::1", 3},
                        Case{"2001:db8:1::1", 4},
                        Case{"2001:db8:2::", 3},
                        Case{"2001:db9::", kNoEntry},
                        Case{"::", kNoEntry},
                        Case{"::1", kNoEntry},
                        Case{"0.0.0.0", 5},
                        Case{"255.255.255.255", 6},
                        Case{"255.255.255.254", 5},
                        Case{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 7},
                        Case{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", kNoEntry}}) {
    EXPECT_EQ(list->find(address(c.address), kNow), c.wanted) << c.address;
  }
}

TEST(NetworkList, AnExpiredEntryGivesWayToTheOneAround) {
  const auto list = list_of({{"10.0.0.0/8", {}},
                             {"10.1.0.0/16", kPast},
                             {"10.1.1.0/24", kPast},
                             {"10.1.1.1", kFuture},
                             {"172.16.0.0/12", kPast}});
  EXPECT_EQ(list->find(address("10.1.1.2"), kNow), 0U);
  EXPECT_EQ(list->find(address("10.1.1.2"), kNow - std::chrono::seconds{1}), 2U);
  EXPECT_EQ(list->find(address("10.1.1.1"), kNow), 3U);
  EXPECT_EQ(list->find(address("10.1.1.1"), kFuture), 0U);
  EXPECT_EQ(list->find(address("172.16.0.1"), kNow), kNoEntry);
}

TEST(NetworkList, OfDuplicatesTheFirstThatIsAlive) {
  const auto list = list_of(
      {{"10.0.0.0/8", kPast}, {"10.0.0.0/8", {}}, {"10.0.0.0/8", {}}, {"::ffff:10.0.0.0/104", {}}});
  EXPECT_EQ(list->find(address("10.2.3.4"), kNow), 1U);
  EXPECT_EQ(list->find(address("10.2.3.4"), kNow - std::chrono::seconds{1}), 0U);
}

// IPv4 stands in the middle of IPv6, as mapped addresses.
TEST(NetworkList, TheFamiliesDoNotRunIntoEachOther) {
  const auto list = list_of({{"::fffe:0:0/96", {}},
                             {"0.0.0.0/1", {}},
                             {"255.0.0.0/8", {}},
                             {"0:0:0:1::/64", {}},
                             {"0:0:0:2::/64", {}}});
  for (const Case& c : {Case{"::fffe:ffff:ffff", 0}, Case{"0.0.0.0", 1}, Case{"127.255.255.255", 1},
                        Case{"128.0.0.0", kNoEntry}, Case{"255.255.255.255", 2},
                        Case{"::1:0:0:0", kNoEntry}, Case{"::fffd:ffff:ffff", kNoEntry},
                        Case{"0:0:0:1::", 3}, Case{"0:0:0:1:ffff:ffff:ffff:ffff", 3},
                        Case{"0:0:0:2::1", 4}, Case{"0:0:0:3::", kNoEntry}}) {
    EXPECT_EQ(list->find(address(c.address), kNow), c.wanted) << c.address;
  }
}

TEST(NetworkList, AroundANetwork) {
  const auto list = list_of({{"10.1.0.0/16", {}},     // 0
                             {"10.0.0.0/8", {}},      // 1
                             {"10.1.0.0/16", {}},     // 2: says what 0 says
                             {"10.1.0.0/24", kPast},  // 3
                             {"10.1.0.0/24", {}},     // 4
                             {"10.1.0.0", {}}});      // 5
  EXPECT_EQ(list->parent(0), 2U);
  EXPECT_EQ(list->parent(2), 1U);
  EXPECT_EQ(list->parent(1), kNoEntry);
  EXPECT_EQ(list->parent(5), 3U);
  const auto find = [&](const char* text) {
    return list->find_network(IpNetwork::parse(text).value(), kNow);
  };
  EXPECT_EQ(find("10.1.0.0/16"), 0U);
  EXPECT_EQ(find("10.1.0.0/24"), 4U) << "3 has expired";
  EXPECT_EQ(find("10.1.0.0"), 5U);
  EXPECT_EQ(find("10.1.0.0/20"), kNoEntry);
  EXPECT_EQ(find("192.0.2.0/24"), kNoEntry);
}

TEST(NetworkList, EmptyOnesMatchNothing) {
  EXPECT_EQ(list_of({})->find(address("192.0.2.1"), kNow), kNoEntry);
  EXPECT_EQ(list_of({})->find(address("::"), kNow), kNoEntry);
}

TEST(NetworkList, RefusesWhatIsNoNetwork) {
  NetworkList list("l");
  for (const char* value : {"", "a.example", "192.0.2.1/24", "192.0.2.0/33", "192.0.2", "::/0",
                            "192.0.2.0 /24", "~.*"}) {
    EXPECT_FALSE(list.add(value, 1, {})) << value;
  }
  EXPECT_EQ(list.entries().size(), 0U);
}

TEST(NetworkList, EntryText) {
  const auto list = list_of({{"192.0.2.7/32", {}}, {"2001:DB8::/32", {}}});
  EXPECT_EQ(list->entry_text(0), "192.0.2.7");
  EXPECT_EQ(list->entry_text(1), "2001:db8::/32");
}

std::string random_network(std::mt19937& random, bool v6) {
  const int bits = v6 ? 128 : 32;
  // A small space and short gaps, so that most networks overlap.
  const int length = bits - static_cast<int>(random() % 9);
  IpAddress::Bytes bytes = v6 ? address("2001:db8::").bytes() : address("203.0.113.0").bytes();
  bytes[15] = static_cast<std::uint8_t>((random() % 256) & (0xffU << (bits - length)));
  if (random() % 16 == 0) return v6 ? "2001:db8::/32" : "0.0.0.0/0";
  return IpAddress(bytes).to_string() + "/" + std::to_string(length);
}

TEST(NetworkList, AgreesWithTheSlowWayOnRandomNetworks) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::vector<Entry> entries;
    std::vector<IpNetwork> networks;
    const std::size_t count = random() % 40;
    for (std::size_t i = 0; i < count; ++i) {
      Entry entry{random_network(random, random() % 2 == 0), {}};
      if (random() % 3 == 0) entry.expires = random() % 2 == 0 ? kPast : kFuture;
      networks.push_back(IpNetwork::parse(entry.network).value());
      entries.push_back(entry);
    }
    const auto list = list_of(entries);
    for (int low = 0; low < 256; ++low) {
      for (const char* base : {"2001:db8::", "203.0.113.0", "203.0.112.0"}) {
        IpAddress::Bytes bytes = address(base).bytes();
        bytes[15] = static_cast<std::uint8_t>(low);
        ASSERT_EQ(list->find(IpAddress(bytes), kNow),
                  find_slowly(entries, networks, IpAddress(bytes), kNow))
            << "round " << round << " " << IpAddress(bytes).to_string();
      }
    }
  }
}

}  // namespace
}  // namespace postern::lists::network_list_test
