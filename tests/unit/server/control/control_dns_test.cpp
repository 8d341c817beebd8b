// What DNS says, and what of it is kept.
#include "server/control/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/parse_json.h"
#include "server/control/control_json.h"
#include "tests/unit/server/control/daemon_with_rules.h"

namespace postern::control::control_dns_test {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST_F(ControlTest, DnsIsAskedAndThenKept) {
  const json::value asked = get("/v1/dns?name=A.Example.&type=mx").json;
  EXPECT_EQ(asked.at("type"), "MX");
  EXPECT_EQ(asked.at("status"), "found");
  EXPECT_EQ(asked.at("source"), "asked");
  EXPECT_EQ(asked.at("mx"), json::parse(R"([{"preference":10,"exchange":"mx.a.example"}])"));
  EXPECT_EQ(get("/v1/dns?name=a.example&type=MX").json.at("source"), "cache");
  const json::value kept = get("/v1/cache?name=a.example").json;
  EXPECT_EQ(kept.at("name"), "a.example");
  ASSERT_EQ(kept.at("answers").as_array().size(), 1U);
  EXPECT_EQ(kept.at("answers").at(0).at("source"), "cache");
  EXPECT_EQ(kept.at("answers").at(0).at("ttl_seconds"), 300);
  EXPECT_EQ(kept.at("answers").at(0).at("kept_seconds"), 300);
}

// How long we keep it, which is not the TTL: the settings bound that, and a failure has none.
TEST_F(ControlTest, CacheTellsHowLongAnAnswerIsKept) {
  const auto kept_seconds = [this](const dns::DnsAnswer& answer) {
    const auto name = DomainName::parse("kept.example").value();
    fixture.server.cache().forget(name);
    fixture.server.cache().store({name, dns::DnsType::mx},
                                 std::make_shared<const dns::DnsAnswer>(answer),
                                 std::chrono::steady_clock::now());
    return get("/v1/cache?name=kept.example").json.at("answers").at(0).at("kept_seconds");
  };
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.ttl = dns::DnsTtl{7 * 86400};
  EXPECT_EQ(kept_seconds(answer), 86400) << "max_ttl";
  answer.status = dns::DnsStatus::absent;
  answer.reason = dns::DnsReason::nodata;
  EXPECT_EQ(kept_seconds(answer), 10800) << "max_negative_ttl";
  answer.ttl = dns::DnsTtl{60};
  EXPECT_EQ(kept_seconds(answer), 60);
  EXPECT_EQ(kept_seconds(dns::temporary_failure(dns::DnsReason::servfail)), 5) << "failure_ttl";
}

TEST_F(ControlTest, DnsAnswersCanBeReadBack) {
  const auto fact = dns_fact_from_json(get("/v1/dns?name=mx.a.example&type=A").json);
  ASSERT_TRUE(fact) << fact.error().text;
  EXPECT_EQ(fact->answer->status, dns::DnsStatus::found);
  EXPECT_THAT(fact->answer->records.addresses(),
              ElementsAre(IpAddress::parse("192.0.2.1").value()));
}

TEST_F(ControlTest, DnsSaysWhatIsNotThereAndWhatFailed) {
  EXPECT_EQ(get("/v1/dns?name=no.example&type=MX").json.at("reason"), "nxdomain");
  EXPECT_EQ(get("/v1/dns?name=a.example&type=PTR").json.at("reason"), "nodata");
  EXPECT_EQ(get("/v1/dns?name=broken.example&type=AAAA").json.at("status"), "temporary_failure");
}

TEST_F(ControlTest, DnsComesToAnEnd) {
  const json::value answer = get("/v1/dns?name=slow.example&type=A").json;
  EXPECT_EQ(answer.at("reason"), "timeout");
  EXPECT_EQ(answer.at("source"), "asked");
}

TEST_F(ControlTest, DnsThatIsStoppedIsGivenUp) {
  fixture.dns.resolver->stop();
  const json::value answer = get("/v1/dns?name=slow.example&type=A").json;
  EXPECT_EQ(answer.at("source"), "given_up");
  EXPECT_EQ(answer.at("reason"), "deadline");
}

TEST_F(ControlTest, AnAnswerOfDnsComesOnTheMainThread) {
  std::optional<std::thread::id> thread;
  fixture.control->answer({"GET", "/v1/dns?name=a.example&type=MX", ""},
                          [&](const http::HttpResponse&) { thread = std::this_thread::get_id(); });
  EXPECT_FALSE(thread);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!thread && std::chrono::steady_clock::now() < end) {
    fixture.main.restart();
    fixture.main.run_for(std::chrono::milliseconds{10});
  }
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST_F(ControlTest, TheCacheForgets) {
  get("/v1/dns?name=a.example&type=MX");
  get("/v1/dns?name=a.example&type=A");
  const auto forgotten = fixture.ask("DELETE", "/v1/cache?name=A.EXAMPLE");
  EXPECT_EQ(forgotten.status, 200U);
  EXPECT_EQ(forgotten.json, json::parse(R"({"forgotten":2})"));
  EXPECT_EQ(get("/v1/cache?name=a.example").json,
            json::parse(R"({"name":"a.example","answers":[]})"));
  EXPECT_EQ(get("/v1/dns?name=a.example&type=MX").json.at("source"), "asked");
}

TEST_F(ControlTest, DnsRefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(error_of("/v1/cache"), "found no name, want name=DOMAIN");
  EXPECT_EQ(fixture.ask("DELETE", "/v1/cache").status, 400U);
  EXPECT_THAT(error_of("/v1/cache?name=a..example"), StartsWith("name=a..example: "));
  EXPECT_THAT(error_of("/v1/dns?name=%ff&type=A"), StartsWith(R"(name=\xff: )"));
  EXPECT_EQ(error_of("/v1/dns?name=a.example"), "found no type, want type=MX, A, AAAA, PTR or TXT");
  EXPECT_EQ(error_of("/v1/dns?name=a.example&type=SOA"),
            "found type=SOA, want type=MX, A, AAAA, PTR or TXT");
}

}  // namespace
}  // namespace postern::control::control_dns_test
