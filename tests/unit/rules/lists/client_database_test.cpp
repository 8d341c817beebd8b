#include "rules/lists/client_database.h"

#include <gtest/gtest.h>

#include "tests/support/mmdb_writer.h"

namespace postern::lists::client_database_test {
namespace {

using mmdb_writer::map;
using mmdb_writer::number;
using mmdb_writer::text;

// What is said of 192.0.2.1 by a database with this record for it; or why it is none.
std::string told(ClientFact fact, const std::string& record) {
  const auto database = ClientDatabase::of(fact, mmdb_writer::database({{"192.0.2.0/24", record}}));
  return database ? database->find(IpAddress::parse("192.0.2.1").value()) : database.error().text;
}

TEST(Country, IsReadAsDatabasesHaveIt) {
  EXPECT_EQ(told(ClientFact::country, map({{"country", map({{"iso_code", text("DE")}})}})), "DE");
  EXPECT_EQ(told(ClientFact::country, map({{"country_code", text("de")}})), "DE");
  EXPECT_EQ(told(ClientFact::country, map({{"country", text("FR")}, {"asn", text("AS1")}})), "FR");
}

TEST(Asn, IsReadAsDatabasesHaveIt) {
  EXPECT_EQ(told(ClientFact::asn, map({{"autonomous_system_number", number(64500)}})), "AS64500");
  EXPECT_EQ(told(ClientFact::asn, map({{"asn", text("AS64500")}})), "AS64500");
  EXPECT_EQ(told(ClientFact::asn, map({{"asn", number(4294967295U)}})), "AS4294967295");
  EXPECT_EQ(
      told(ClientFact::asn, map({{"traits", map({{"autonomous_system_number", number(7)}})}})),
      "AS7");
}

TEST(OtherDatabases, AreNone) {
  for (const std::string& record :
       {map({{"country", map({{"names", text("Deutschland")}})}}), map({{"country", text("D")}}),
        map({{"country", text("D\n")}}), map({{"country", number(49)}}), text("DE")}) {
    EXPECT_NE(told(ClientFact::country, record).find("found no country"), std::string::npos);
  }
  for (const std::string& record :
       {map({{"autonomous_system_number", number(0)}}), map({{"asn", text("64500")}}),
        map({{"asn", text("AS")}}), map({{"asn", text("AS4294967296")}}),
        map({{"country", map({{"iso_code", text("DE")}})}})}) {
    EXPECT_NE(told(ClientFact::asn, record).find("found no AS number"), std::string::npos);
  }
}

TEST(Unknown, IsWhatTheDatabaseDoesNotSay) {
  const auto database = ClientDatabase::of(
      ClientFact::country, mmdb_writer::database_of_lines("192.0.2.0/24 DE\n2001:db8::/32 FR\n"));
  ASSERT_TRUE(database) << database.error().text;
  EXPECT_EQ(database->find(IpAddress::parse("2001:db8::1").value()), "FR");
  EXPECT_EQ(database->find(IpAddress::parse("198.51.100.1").value()), "");
  EXPECT_EQ(database->find(IpAddress::parse("::1").value()), "");
}

TEST(Facts, ThatNoDatabaseSays) {
  EXPECT_FALSE(why_no_fact(ClientFact::country, "DE"));
  EXPECT_FALSE(why_no_fact(ClientFact::asn, "AS64500"));
  for (const char* text : {"de", "DEU", "Germany", "", "D1"}) {
    EXPECT_TRUE(why_no_fact(ClientFact::country, text)) << text;
  }
  for (const char* text : {"64500", "as64500", "AS0", "AS064500", "AS", "AS-1", "ASN64500"}) {
    EXPECT_TRUE(why_no_fact(ClientFact::asn, text)) << text;
  }
}

}  // namespace
}  // namespace postern::lists::client_database_test
