#include "tests/support/zone_map.h"

#include <gtest/gtest.h>

#include "tests/support/zone_reply.h"

namespace postern::resolver::zone_map_test {
namespace {

using std::chrono::seconds;

dns::DnsQuestion question(const std::string& name, dns::DnsType type) {
  return {dns::DnsName::parse(name).value(), type};
}

const char* const kZone = R"(
zone:
  good.example:         { MX: [20 b.example, 10 Mail.Good.Example.], ttl: 120 }
  mail.good.example:    { A: [198.51.100.10], AAAA: ["2001:db8::10"] }
  alias.example:        { CNAME: good.example, ttl: 60 }
  dangling.example:     { CNAME: gone.example, ttl: 20 }
  loop.example:         { CNAME: pool.example }
  pool.example:         { CNAME: loop.example }
  nullmx.example:       { MX: [0 .] }
  4.3.2.1.in-addr.arpa: { PTR: [mail.good.example] }
  mixed.example:        { MX: { fault: servfail }, A: [198.51.100.1] }
  broken.example:       { fault: refused }
  to-broken.example:    { CNAME: broken.example }
  no-soa.example:       { fault: no_soa }
  big.example:          { A: [198.51.100.1], fault: truncate }
  denied.example:       { MX: { fault: nxdomain }, A: [198.51.100.1] }
  tail.example:         { A: [198.51.100.1], fault: trailing }
  late.example:         { A: [198.51.100.1], fault: drop_first_3 }
  deep.er.example:      { A: [198.51.100.1] }
  moved.example:        { DNAME: er.example, ttl: 30 }
  named.moved.example:  { A: [198.51.100.2] }
  many.example:         { MX: [10 b.example], fault: many_mx_1000 }
  text.example:         { TXT: ["V=spf1 -all", two] }
  a%b.text.example:     { CNAME: "0/25.text.example" }
  0/25.text.example:    { TXT: [odd] }
  shaky.example:        { A: [198.51.100.1], fault: flapping }
negative_ttl: 77
)";

struct Case {
  const char* name;
  const char* domain;
  dns::DnsType type;
  dns::DnsReason reason;
  int ttl;
};

class ZoneMapAnswers : public testing::TestWithParam<Case> {};

TEST_P(ZoneMapAnswers, Reason) {
  const auto map = ZoneMap::parse(kZone);
  ASSERT_TRUE(map) << map.error().text;
  const dns::DnsAnswer answer = map->answer(question(GetParam().domain, GetParam().type));
  EXPECT_EQ(dns::to_string(answer.reason), dns::to_string(GetParam().reason));
  EXPECT_EQ(answer.ttl, seconds{GetParam().ttl});
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ZoneMapAnswers,
    testing::Values(
        Case{"Found", "good.example", dns::DnsType::mx, dns::DnsReason::answer, 120},
        Case{"DefaultTtl", "mail.good.example", dns::DnsType::aaaa, dns::DnsReason::answer, 300},
        Case{"Alias", "alias.example", dns::DnsType::mx, dns::DnsReason::answer, 60},
        Case{"AliasWithoutType", "alias.example", dns::DnsType::a, dns::DnsReason::nodata, 60},
        Case{"AliasToNowhere", "dangling.example", dns::DnsType::a, dns::DnsReason::nxdomain, 20},
        Case{"AliasToFailure", "to-broken.example", dns::DnsType::a, dns::DnsReason::refused, 0},
        Case{"Loop", "loop.example", dns::DnsType::a, dns::DnsReason::cname_loop, 0},
        Case{"Nodata", "good.example", dns::DnsType::a, dns::DnsReason::nodata, 77},
        Case{"Nxdomain", "none.example", dns::DnsType::a, dns::DnsReason::nxdomain, 77},
        Case{"EmptyNonTerminal", "er.example", dns::DnsType::a, dns::DnsReason::nodata, 77},
        Case{"NoPartOfALabel", "r.example", dns::DnsType::a, dns::DnsReason::nxdomain, 77},
        Case{"FaultOfType", "mixed.example", dns::DnsType::mx, dns::DnsReason::servfail, 0},
        Case{"DeniedForOneType", "denied.example", dns::DnsType::mx, dns::DnsReason::nxdomain, 77},
        Case{"NotForAnother", "denied.example", dns::DnsType::a, dns::DnsReason::answer, 300},
        Case{"FoundBeforeATail", "tail.example", dns::DnsType::a, dns::DnsReason::answer, 300},
        Case{"DeniedBeforeATail", "tail.example", dns::DnsType::mx, dns::DnsReason::malformed, 0},
        Case{"Text", "text.example", dns::DnsType::txt, dns::DnsReason::answer, 300},
        Case{"TextOfOddNames", "a%b.text.example", dns::DnsType::txt, dns::DnsReason::answer, 300},
        Case{"NoText", "good.example", dns::DnsType::txt, dns::DnsReason::nodata, 77},
        Case{"OtherType", "mixed.example", dns::DnsType::a, dns::DnsReason::answer, 300},
        Case{"FaultOfName", "broken.example", dns::DnsType::ptr, dns::DnsReason::refused, 0},
        Case{"NoSoa", "no-soa.example", dns::DnsType::a, dns::DnsReason::nodata, 0},
        Case{"Truncated", "big.example", dns::DnsType::a, dns::DnsReason::answer, 300},
        Case{"Redirected", "deep.moved.example", dns::DnsType::a, dns::DnsReason::answer, 30},
        Case{"RedirectedToNowhere", "x.moved.example", dns::DnsType::a, dns::DnsReason::nxdomain,
             30},
        Case{"DnameIsNotForItself", "moved.example", dns::DnsType::a, dns::DnsReason::nodata, 77},
        Case{"NotRedirectedWhenItIsThere", "named.moved.example", dns::DnsType::a,
             dns::DnsReason::answer, 300},
        Case{"ManyMx", "many.example", dns::DnsType::mx, dns::DnsReason::answer, 300},
        Case{"Flapping", "shaky.example", dns::DnsType::a, dns::DnsReason::answer, 300},
        Case{"DroppedFirst", "late.example", dns::DnsType::a, dns::DnsReason::answer, 300}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ZoneMapRecords, AreNormalised) {
  const auto map = ZoneMap::parse(kZone).value();
  const auto mx = map.answer(question("good.example", dns::DnsType::mx)).records;
  EXPECT_EQ(mx.mx(), (std::vector<dns::MxRecord>{{10, "mail.good.example"}, {20, "b.example"}}));
  const auto null_mx = map.answer(question("nullmx.example", dns::DnsType::mx)).records;
  EXPECT_EQ(null_mx.mx(), (std::vector<dns::MxRecord>{{0, ""}}));
  const auto names = map.answer(question("4.3.2.1.in-addr.arpa", dns::DnsType::ptr)).records;
  EXPECT_EQ(names.names(), (std::vector<std::string>{"mail.good.example"}));
}

struct BadCase {
  const char* name;
  const char* text;
  const char* error;
};

class BadZone : public testing::TestWithParam<BadCase> {};

TEST_P(BadZone, IsReported) {
  const auto map = ZoneMap::parse(GetParam().text);
  ASSERT_FALSE(map);
  EXPECT_NE(map.error().text.find(GetParam().error), std::string::npos) << map.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadZone,
    testing::Values(
        BadCase{"NotYaml", "zone: [", "yaml-cpp"}, BadCase{"NotAMap", "- x", "want a map"},
        BadCase{"UnknownTopKey", "zones: {}", "zone:1:1: 'zones' is not known"},
        BadCase{"UnknownType", "zone:\n  x.example: { SRV: [a] }", "zone:2:16: 'SRV' is not known"},
        BadCase{"UnknownFault", "zone: { x: { fault: broken } }", "'broken' is not a fault"},
        BadCase{"FailFirstWhat", "zone: { x: { fault: fail_first_x } }", "not a number"},
        BadCase{"BadAddress", "zone: { x: { A: [192.0.2.256] } }", "not an IPv4 address"},
        BadCase{"V6AsA", "zone: { x: { A: ['2001:db8::1'] } }", "not an IPv4 address"},
        BadCase{"MxWithoutPreference", "zone: { x: { MX: [mail.x] } }", "not an MX record"},
        BadCase{"MxWithoutName", "zone: { x: { MX: ['10  '] } }", "not an MX record"},
        BadCase{"BadTtl", "zone: { x: { ttl: -1 } }", "'-1' is not a number"},
        BadCase{"BadDelay", "zone: { x: { delay: soon } }", "soon"},
        BadCase{"TwoCnames", "zone: { x: { CNAME: [a, b] } }", "a second CNAME"},
        BadCase{"BadChase", "zone: { x: { chase: maybe } }", "want yes or no"},
        BadCase{"NameTwice", "zone: { x: {}, X.: {} }", "'x' is there twice"},
        BadCase{"NodeIsNoMap", "zone: { x: 192.0.2.1 }", "want a map"}),
    [](const auto& tested) { return std::string(tested.param.name); });

std::vector<std::uint8_t> query_bytes() {
  return {0x12, 0x34, 1,  0,   0,   1,   0,   0,   0,   0,   0, 1,           // header
          1,    'X',  7,  'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,  // question
          0,    0,    41, 4,   208, 0,   0,   0,   0,   0,   0};             // OPT
}

TEST(ZoneQueryBytes, AreRead) {
  const auto query = parse_query(query_bytes());
  ASSERT_TRUE(query);
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_EQ(query->name, "x.example");
  EXPECT_EQ(query->type, dns::DnsType::a);
  EXPECT_TRUE(query->edns);
  EXPECT_EQ(query->payload, 1232U);
}

TEST(ZoneQueryBytes, CutAnywhereInTheQuestionIsNoQuery) {
  const auto whole = query_bytes();
  for (std::size_t size = 0; size < 27; ++size) {
    EXPECT_FALSE(parse_query({whole.data(), size})) << size;
  }
}

TEST(ZoneReplyCounting, FailFirst) {
  const auto map = ZoneMap::parse("zone: { x.example: { A: [192.0.2.1], fault: fail_first_2 } }");
  const auto query = parse_query(query_bytes()).value();
  for (int asked = 0; asked < 4; ++asked) {
    const auto reply = reply_to(map.value(), query, Transport::udp, asked);
    EXPECT_EQ(reply.wire.at(3) & 0x0f, asked < 2 ? 2 : 0) << asked;
  }
}

}  // namespace
}  // namespace postern::resolver::zone_map_test
