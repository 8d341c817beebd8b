#include "server/control/control_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/parse_json.h"

namespace postern::control::control_json_test {
namespace {

using testing::HasSubstr;

dns::DnsFact fact_of(dns::DnsAnswer answer,
                     dns::DnsFact::Source source = dns::DnsFact::Source::asked) {
  dns::DnsFact fact;
  fact.answer = std::make_shared<const dns::DnsAnswer>(std::move(answer));
  fact.age = std::chrono::seconds{12};
  fact.source = source;
  return fact;
}

dns::DnsAnswer full_answer() {
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.records.add_mx(0, "");
  answer.records.add_mx(10, "mx.a.example");
  answer.records.add_mx(65535, "a\\000b");
  answer.records.add_address(IpAddress::parse("192.0.2.1").value());
  answer.records.add_address(IpAddress::parse("2001:db8::1").value());
  answer.records.add_name("host.example");
  answer.records.add_text("v=spf1 -all");
  answer.records.add_text(std::string("\\x41 \"\xff\xc3\xa9\0", 10));
  answer.ttl = std::chrono::seconds{3600};
  answer.server = "[2001:db8::53]:53";
  return answer;
}

// To JSON text and back.
Result<dns::DnsFact> round(const dns::DnsFact& fact) {
  const std::string text = json::serialize(json_dns_fact(dns::DnsType::mx, fact));
  return dns_fact_from_json(json::parse_json(text).value());
}

TEST(ControlJson, AnAnswerGoesThereAndBack) {
  for (const auto source :
       {dns::DnsFact::Source::asked, dns::DnsFact::Source::cache, dns::DnsFact::Source::given_up}) {
    const dns::DnsFact fact = fact_of(full_answer(), source);
    const auto back = round(fact);
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(*back->answer, *fact.answer);
    EXPECT_EQ(back->age, fact.age);
    EXPECT_EQ(back->source, source);
  }
}

TEST(ControlJson, EveryReasonGoesThereAndBack) {
  for (int reason = 0; reason <= static_cast<int>(dns::DnsReason::deadline); ++reason) {
    dns::DnsAnswer answer;
    answer.reason = static_cast<dns::DnsReason>(reason);
    answer.status = dns::DnsStatus::absent;
    const auto back = round(fact_of(answer));
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(*back->answer, answer);
  }
}

TEST(ControlJson, AnAnswerAsItIsWritten) {
  EXPECT_EQ(json::serialize(json_dns_fact(dns::DnsType::mx, fact_of(full_answer()))),
            R"({"type":"MX","status":"found","reason":"answer","server":"[2001:db8::53]:53",)"
            R"("ttl_seconds":3600,"age_seconds":12,"source":"asked",)"
            R"("mx":[{"preference":0,"exchange":""},{"preference":10,"exchange":"mx.a.example"},)"
            R"({"preference":65535,"exchange":"a\\000b"}],)"
            R"("addresses":["192.0.2.1","2001:db8::1"],"names":["host.example"],)"
            R"("texts":["v=spf1 -all","\\x5cx41 \"\\xff)"
            "\xc3\xa9"
            R"(\\x00"]})");
}

std::string error_of(const json::value& value) {
  const auto fact = dns_fact_from_json(value);
  return fact ? "no error" : fact.error().text;
}

// A right one with another value for one key.
json::value with(std::string_view key, json::value value) {
  json::object object = json_dns_fact(dns::DnsType::mx, fact_of(full_answer()));
  object[key] = std::move(value);
  return object;
}

TEST(ControlJson, RefusesAnswersThatAreNone) {
  EXPECT_EQ(error_of(json::array{}), "found no JSON object");
  EXPECT_EQ(error_of(json::object{}), "found no \"status\"");
  EXPECT_THAT(error_of(with("status", "good")), HasSubstr("\"status\""));
  EXPECT_THAT(error_of(with("reason", 7)), HasSubstr("\"reason\""));
  EXPECT_THAT(error_of(with("source", "hearsay")), HasSubstr("\"source\""));
  EXPECT_THAT(error_of(with("ttl_seconds", -1)), HasSubstr("\"ttl_seconds\""));
  EXPECT_THAT(error_of(with("age_seconds", 1e99)), HasSubstr("\"age_seconds\""));
  EXPECT_THAT(error_of(with("server", nullptr)), HasSubstr("\"server\""));
  EXPECT_THAT(error_of(with("mx", "mx.example")), HasSubstr("\"mx\""));
  EXPECT_THAT(error_of(with("mx", json::array{1})), HasSubstr("found no JSON object"));
  EXPECT_THAT(error_of(with("mx", json::array{{{"exchange", "a"}, {"preference", 65536}}})),
              HasSubstr("\"preference\""));
  EXPECT_THAT(error_of(with("mx", json::array{{{"exchange", "a"}}})), HasSubstr("\"preference\""));
  EXPECT_THAT(error_of(with("addresses", json::array{"a.example"})), HasSubstr("\"addresses\""));
  json::array nested;  // in braces it would be a copy to one compiler and nested to another
  nested.emplace_back(json::array());
  EXPECT_THAT(error_of(with("names", nested)), HasSubstr("\"names\""));
  EXPECT_THAT(error_of(with("names", json::array(101, "a"))), HasSubstr("at most 100"));
}

TEST(ControlJson, PassesOverKeysItDoesNotKnow) {
  EXPECT_EQ(error_of(with("dnssec", true)), "no error");
}

TEST(ControlJson, TextThatIsNotUtf8IsEscaped) {
  EXPECT_EQ(json_text("a\xff\xc3\xa9\n\x7f\xc2\x80\"\\"), "a\\xff\xc3\xa9\\x0a\\x7f\\xc2\\x80\"\\");
  const json::object object{{"file", json_text(std::string_view("\xed\xa0\x80\0\x1b[2J", 8))}};
  EXPECT_TRUE(json::parse_json(json::serialize(object)));
}

TEST(ControlJson, Times) {
  EXPECT_EQ(json_time(UtcTime(std::chrono::seconds{0})), "1970-01-01T00:00:00Z");
  EXPECT_EQ(json_time(std::nullopt), nullptr);
}

TEST(ControlJson, DiagnosticsWithTheirPlaces) {
  Diagnostics diagnostics;
  diagnostics.error({"rules.yaml", 3, 5}, "found \x1b, want a name");
  diagnostics.warning({"\xff.yaml", 0, 0}, "odd");
  EXPECT_EQ(json::serialize(json_diagnostics(diagnostics)),
            R"([{"severity":"error","file":"rules.yaml","line":3,"column":5,)"
            R"("message":"found \\x1b, want a name"},)"
            R"({"severity":"warning","file":"\\xff.yaml","line":0,"column":0,"message":"odd"}])");
}

TEST(ControlJson, TheFirstHundredDiagnostics) {
  Diagnostics diagnostics;
  for (int i = 0; i < 150; ++i) diagnostics.error({"rules.yaml", i, 1}, std::to_string(i));
  const json::array array = json_diagnostics(diagnostics);
  ASSERT_EQ(array.size(), 100U);
  EXPECT_EQ(array.at(99).at("message"), "99");
}

TEST(ControlJson, AStateFactComesBack) {
  StateFact found{StateFact::Status::found};
  found.record.since_first = std::chrono::milliseconds(86'400'123);
  found.record.since_last = std::chrono::milliseconds(1);
  found.record.is_marked = true;
  found.record.members = 20;
  found.record.debt = std::chrono::microseconds(36'000'001);
  for (const StateFact& fact :
       {found, StateFact{StateFact::Status::absent}, StateFact{StateFact::Status::unavailable}}) {
    const auto back = state_fact_from_json(json_state_fact(fact));
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(*back, fact);
  }
}

TEST(ControlJson, AStateFactOfAnotherIsBounded) {
  const auto read = [](const std::string& status, const std::string& rest) {
    return state_fact_from_json(json::parse(R"({"status":")" + status + '"' + rest + '}'));
  };
  const std::string rest = R"(,"since_last_seconds":-1,"marked":false,"members":0,"debt_seconds":)";
  const auto fact = read("found", R"(,"since_first_seconds":1e300)" + rest + "1e300");
  ASSERT_TRUE(fact) << fact.error().text;
  EXPECT_EQ(fact->record.since_first, std::chrono::seconds(10'000'000'000));
  EXPECT_EQ(fact->record.since_last, std::chrono::seconds(0));
  EXPECT_FALSE(read("found", ""));
  EXPECT_FALSE(read("other", ""));
  EXPECT_FALSE(read("found", R"(,"since_first_seconds":"1")" + rest + "1"));
}

}  // namespace
}  // namespace postern::control::control_json_test
