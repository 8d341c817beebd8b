#include "common/dns/dns_name.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "common/dns/dns_wire_reader.h"

namespace postern::dns::dns_name_test {
namespace {

using namespace std::string_view_literals;

std::string text_of(const Result<DnsName>& name) {
  return name ? name->text() : "error: " + name.error().text;
}

std::string made_of(std::string_view octets) {
  return text_of(DnsName::from_octets(octets));
}

std::string parsed(std::string_view text) {
  return text_of(DnsName::parse(text));
}

std::string name_of_octets(std::size_t octets) {
  std::string name;
  while (name.size() < octets) name += name.size() % 64 == 63 ? '.' : 'a';
  return name;
}

TEST(DnsName, EveryDomainNameIsOneButNotTheOtherWayRound) {
  const DnsName name = DomainName::parse("Mail.Example.").value();
  EXPECT_EQ(name.text(), "mail.example");
  EXPECT_FALSE((std::is_convertible_v<DnsName, DomainName>));
  EXPECT_FALSE((std::is_constructible_v<DomainName, DnsName>));
}

TEST(DnsName, KeepsOctetsThatNoHostNameHas) {
  EXPECT_EQ(made_of("_SPF.Example"), "_spf.example");
  EXPECT_EQ(made_of("strong+bad=you%ex ample.com"), "strong\\043bad\\061you\\037ex\\032ample.com");
  EXPECT_EQ(made_of("0/25.2.0.192.in-addr.arpa"), "0\\04725.2.0.192.in-addr.arpa");
  EXPECT_EQ(made_of("\0\xff\\"sv), "\\000\\255\\092");
  EXPECT_EQ(made_of("a.example."), "a.example") << "a final dot";
}

TEST(DnsName, RefusesWhatNoMessageCanHold) {
  EXPECT_EQ(made_of(""), "error: empty name");
  EXPECT_EQ(made_of("."), "error: empty name");
  EXPECT_EQ(made_of(".a"), "error: empty label; labels have 1 to 63 octets");
  EXPECT_EQ(made_of("a..b"), "error: empty label; labels have 1 to 63 octets");
  EXPECT_EQ(made_of("a.."), "error: empty label; labels have 1 to 63 octets");
  EXPECT_EQ(made_of(std::string(63, '%') + ".example").size(), 63 * 4 + 8);
  EXPECT_EQ(made_of(std::string(64, 'a')), "error: label of 64 octets; labels have 1 to 63 octets");
  EXPECT_EQ(made_of(name_of_octets(253)).size(), 253U);
  EXPECT_EQ(made_of(name_of_octets(254)), "error: name of more than 255 octets; no more fit DNS");
}

TEST(DnsName, IsReadAsItIsWritten) {
  for (const std::string_view octets :
       {"a.example"sv, "_spf.example"sv, "a b.c%d"sv, "\0\x01\xfe\xff"sv, "\\.\\"sv}) {
    const std::string text = made_of(octets);
    EXPECT_EQ(parsed(text), text);
  }
  EXPECT_EQ(parsed("25/1.2.0.192.In-Addr.Arpa"), "25\\0471.2.0.192.in-addr.arpa");
  EXPECT_EQ(parsed("b\xc3\xbc"
                   "cher.example"),
            "xn--bcher-kva.example");
  EXPECT_EQ(parsed("\\065\\046b"), "a\\046b") << "a dot that parts no labels";
}

TEST(DnsName, ReadsNoBrokenEscapes) {
  for (const char* text : {"\\", "a\\1", "a\\12", "\\256", "\\1x3", "\\.", "a\\032 b"}) {
    EXPECT_EQ(parsed(text).substr(0, 5), "error") << text;
  }
  EXPECT_EQ(parsed("a b").substr(0, 5), "error");
  EXPECT_EQ(parsed("a\nb").substr(0, 5), "error");
}

TEST(DnsName, GoesToTheWireAndBack) {
  for (const std::string_view octets :
       {"a.example"sv, "a b.c%d"sv, "\0\x01\xfe\xff.x"sv, "_spf.\\"sv}) {
    const DnsName name = DnsName::from_octets(octets).value();
    std::vector<std::uint8_t> wire;
    append_wire_name(wire, name.text());
    EXPECT_EQ(wire.size(), octets.size() + 2);
    DnsWireReader reader(wire);
    EXPECT_EQ(reader.name(), name.text());
    EXPECT_TRUE(reader.ok());
  }
}

TEST(DnsName, StandsInAZone) {
  const DnsName zone = DomainName::parse("list.example").value();
  EXPECT_EQ(text_of(DnsName::from_octets("a%b").value().under(zone)), "a\\037b.list.example");
  EXPECT_EQ(text_of(zone.under(DnsName())), "list.example");
  EXPECT_EQ(text_of(DnsName().under(zone)), "list.example");
  EXPECT_TRUE(DnsName::from_octets(name_of_octets(240)).value().under(zone).has_value());
  EXPECT_FALSE(DnsName::from_octets(name_of_octets(241)).value().under(zone).has_value());
}

TEST(DnsName, HidesWhatIsNobodysBusiness) {
  const DnsName zone = DomainName::parse("list.example").value();
  const DnsName keyed = DnsName(DomainName::parse("s3cret").value()).hidden_under(zone).value();
  EXPECT_EQ(keyed.text(), "s3cret.list.example");
  EXPECT_EQ(keyed.visible().text(), "list.example");
  const DnsName asked = DnsName::from_octets("a%b").value().under(keyed).value();
  EXPECT_EQ(asked.text(), "a\\037b.s3cret.list.example");
  EXPECT_EQ(asked.visible().text(), "a\\037b.list.example");
  EXPECT_EQ(asked, DnsName::parse(asked.text()).value()) << "no other name by that";
  EXPECT_EQ(asked.visible().visible(), asked.visible());
  EXPECT_EQ(DnsName().hidden_under(zone).value().visible(), zone);
  EXPECT_EQ(zone.visible(), zone);
  EXPECT_EQ(keyed.hidden(), "s3cret");
  EXPECT_EQ(asked.hidden(), "s3cret");
  for (const DnsName& one :
       {zone, asked.visible(), DnsName(), DnsName().hidden_under(zone).value()}) {
    EXPECT_EQ(one.hidden(), "");
  }
}

}  // namespace
}  // namespace postern::dns::dns_name_test
