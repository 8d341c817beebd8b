#include "common/mmdb/database.h"

#include <gtest/gtest.h>

#include "tests/support/mmdb_writer.h"

namespace postern::mmdb::database_test {
namespace {

using mmdb_writer::Form;
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
  for (int depth = 0; depth < 100000; ++depth) nested += std::string("\xe1\x41x", 3);
  EXPECT_EQ(told(mmdb_writer::database({{"192.0.2.0/24", nested}}), "192.0.2.1"), "-");
}

TEST(Damage, OfATreeThatGoesInCirclesEndsWithTheAddress) {
  std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  bytes.replace(0, 6, std::string(6, '\0'));  // both ways lead back to the root
  EXPECT_EQ(told(bytes, "192.0.2.1"), "-");
  EXPECT_EQ(told(bytes, "2001:db8::1"), "-");
}

TEST(Damage, OfATreeThatLeadsOutOfTheDataIsSeen) {
  std::string bytes = mmdb_writer::database({{"192.0.2.0/24", country("DE")}});
  bytes.replace(0, 3, "\xff\xff\xff");
  EXPECT_NE(told(bytes, "192.0.2.1").find("leads out of the data"), std::string::npos);
}

}  // namespace
}  // namespace postern::mmdb::database_test
