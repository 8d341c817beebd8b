#include "common/mmdb/database.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "tests/support/mmdb_writer.h"

namespace postern::mmdb::database_test {
namespace {

using mmdb_writer::map;
using mmdb_writer::number;
using mmdb_writer::pointer;
using mmdb_writer::text;

std::string country(const std::string& code) {
  return map({{"country", map({{"iso_code", text(code)}})}});
}

// Of `country.iso_code`; `-` where there is none.
std::string told(const Database& database, const std::string& address) {
  const auto record = database.find(IpAddress::parse(address).value());
  if (!record) return "-";
  const auto value = database.value(*record, {"country", "iso_code"});
  const auto* code = value ? std::get_if<std::string_view>(&*value) : nullptr;
  return code == nullptr ? "-" : std::string(*code);
}

std::string told(const std::string& bytes, const std::string& address) {
  const auto database = Database::of(bytes);
  return database ? told(*database, address) : database.error().text;
}

class Records : public testing::TestWithParam<unsigned> {};

TEST_P(Records, AreFoundByTheLongestNetworkOfEitherFamily) {
  const std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")},
                                                   {"192.0.2.128/25", country("FR")},
                                                   {"2001:db8::/32", country("NL")},
                                                   {"2001:db8:0:1::/64", country("BE")}},
                                                  {GetParam(), 6});
  const auto database = Database::of(bytes);
  ASSERT_TRUE(database) << database.error().text;
  EXPECT_EQ(told(*database, "192.0.2.1"), "DE");
  EXPECT_EQ(told(*database, "::ffff:192.0.2.1"), "DE");
  EXPECT_EQ(told(*database, "192.0.2.200"), "FR");
  EXPECT_EQ(told(*database, "192.0.3.1"), "-");
  EXPECT_EQ(told(*database, "2001:db8::1"), "NL");
  EXPECT_EQ(told(*database, "2001:db8:0:1::1"), "BE");
  EXPECT_EQ(told(*database, "2001:db9::1"), "-");
}

TEST_P(Records, OfADatabaseOfIpv4Alone) {
  const std::string bytes =
      mmdb_writer::database({{"192.0.2.0/24", country("DE")}}, {GetParam(), 4});
  EXPECT_EQ(told(bytes, "192.0.2.1"), "DE");
  EXPECT_EQ(told(bytes, "192.0.1.1"), "-");
  EXPECT_EQ(told(bytes, "2001:db8::1"), "-");
  EXPECT_EQ(told(bytes, "c000:201::1"), "-");  // the same first bits
}

INSTANTIATE_TEST_SUITE_P(OfEachSize, Records, testing::Values(24U, 28U, 32U));

TEST(Fields, AreReadThroughPointersAndPastOthers) {
  const std::string shared = text("iso_code") + text("DE");
  const std::string record =
      map({{"continent", map({{"names", map({{"de", text(std::string(100, 'x'))}})}})},
           {"numbers", number(7)},
           {"country", std::string("\xe1", 1) + pointer(0) + pointer(9)}});
  const std::string bytes = mmdb_writer::database({{"192.0.2.0/24", record}}, {}, shared);
  EXPECT_EQ(told(bytes, "192.0.2.1"), "DE");
  const auto database = Database::of(bytes).value();
  const auto at = database.find(IpAddress::parse("192.0.2.1").value());
  EXPECT_EQ(std::get<std::uint64_t>(*database.value(*at, {"numbers"})), 7U);
  EXPECT_FALSE(database.value(*at, {"country"}));            // a map is no value
  EXPECT_FALSE(database.value(*at, {"country", "name"}));    // not there
  EXPECT_FALSE(database.value(*at, {"numbers", "inside"}));  // no map
}

TEST(Damage, OfTheFileIsSeenWhenItIsRead) {
  const std::string whole = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  ASSERT_EQ(told(whole, "192.0.2.1"), "DE");
  for (std::size_t left = 0; left < whole.size(); ++left) {
    EXPECT_FALSE(Database::of(whole.substr(0, left))) << left;
  }
  EXPECT_FALSE(Database::of(whole.substr(6)));  // its beginning is missing
}

TEST(Damage, LeadsNowhereAndEndsSoon) {
  // Each in the place of a record.
  const std::string circle = map({{"country", pointer(0)}});
  const std::string to_pointer = map({{"country", pointer(9)}}) + pointer(0);
  const std::string beyond = map({{"country", pointer(1U << 30U)}});
  const std::string too_many = std::string("\xff\xff\xff\xff", 4);  // a map of 16 million members
  for (const std::string& record : {circle, to_pointer, beyond, too_many, std::string("\x5f", 1)}) {
    EXPECT_EQ(told(mmdb_writer::database({{"192.0.2.0/24", record}}), "192.0.2.1"), "-");
  }
  std::string nested;
  for (int depth = 0; depth < 1000000; ++depth) nested += std::string("\xe1\x41x", 3);
  EXPECT_EQ(told(mmdb_writer::database({{"192.0.2.0/24", nested}}), "192.0.2.1"), "-");
}

TEST(Damage, OfATreeThatGoesInCirclesEndsWithTheAddress) {
  std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  bytes.replace(0, 6, std::string(6, '\0'));  // both ways lead back to the root
  EXPECT_EQ(told(bytes, "192.0.2.1"), "-");
  EXPECT_EQ(told(bytes, "2001:db8::1"), "-");
}

// With `value` in the place of the languages, which are none.
std::string with_languages(const std::string& value) {
  std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  const std::string key = text("languages");
  return bytes.replace(bytes.find(key) + key.size(), 2, value);
}

// Without a bound, each of two pointers doubles what stands behind it, some hundred times.
TEST(Damage, OfMetadataThatPointInCirclesIsSeen) {
  const std::string two_in_array("\x02\x04", 2);
  const std::string circles = with_languages(two_in_array + pointer(0) + pointer(0));
  EXPECT_NE(told(circles, "192.0.2.1").find("metadata of another form"), std::string::npos);
  const std::string texts = with_languages(two_in_array + pointer(1) + text("de"));
  EXPECT_EQ(told(texts, "192.0.2.1"), "DE");
}

TEST(Damage, OfATreeOfMoreThan32BitsIsSeen) {
  std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  const std::string key = text("node_count");
  const std::size_t count = bytes.rfind(key) + key.size();
  for (const std::uint32_t nodes : {0U, 0x2AAAAAABU, 0x2AAAAAA9U, 0xFFFFFFFFU}) {
    bytes.replace(count, 5, number(nodes));
    EXPECT_EQ(told(bytes, "192.0.2.1"), "found room for no tree of " + std::to_string(nodes) +
                                            " nodes, want a whole MaxMind DB");
  }
}

TEST(Damage, OfATreeThatLeadsOutOfTheDataIsSeen) {
  std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  bytes.replace(0, 3, "\xff\xff\xff");
  EXPECT_NE(told(bytes, "192.0.2.1").find("leads out of the data"), std::string::npos);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(Descriptors, AreNotKept) {
  const std::size_t before = open_descriptors();
  const auto database =
      Database::of(mmdb_writer::database({{"192.0.2.0/24", country("DE")}})).value();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(told(database, "192.0.2.1"), "DE");
}

TEST(Descriptors, ThatLackAreAnError) {
  const std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto database = Database::of(bytes);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().text, "cannot be kept in memory: Too many open files");
}

}  // namespace
}  // namespace postern::mmdb::database_test
