// /metrics of a daemon whose numbers are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/unit/server/control/control_fixture.h"

namespace postern::control::control_metrics_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kRules = R"(version: 1
lists:
  campaign:
    kind: domain
    entries:
      - .adp-mail.example
      - { entry: gone.example, expires: 2020-01-01 }
      - { entry: going.example, expires: 2199-01-01 }
  nobody: { kind: text, entries: [a] }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: 'reject 550 5.7.1 "no"' }
  - { name: asleep, when: { sender_domain: y.example }, mode: off, then: discard }
)";

class Metrics : public testing::Test {
 protected:
  std::string page() {
    const http::HttpResponse response = fixture.respond("GET", "/metrics");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    return response.body;
  }

  // The lines of one family, without its name and door.
  std::vector<std::string> samples(const std::string& name) {
    const std::string start = name + "{door=\"policy\"";
    std::vector<std::string> found;
    std::istringstream lines(page());
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(start)) continue;
      line.erase(0, start.size());
      if (line.front() == ',') line.erase(0, 1);
      found.push_back(line);
    }
    return found;
  }

  void reload_with(const std::string& rules) {
    fixture.folder.write("rules.yaml", rules);
    fixture.ask("POST", "/v1/reload");
  }

  ControlFixture fixture{kRules, "zone: {}\n"};
};

TEST_F(Metrics, DecisionsByStageRuleAndAction) {
  EXPECT_THAT(samples("postern_decisions_total"), IsEmpty());
  Verdict verdict;
  verdict.rule = "campaign";
  verdict.action = Disposition::reject;
  verdict.also = {"slow"};
  verdict.would = {{"dry", ActionKind::discard}};
  verdict.found = {{"mx", "sender_mx", "unusable"}};
  fixture.state->hits.record(Stage::rcpt, verdict, std::chrono::microseconds{70});
  fixture.state->hits.record(Stage::rcpt, verdict, std::chrono::milliseconds{70});
  fixture.state->hits.record(Stage::mail, Verdict{}, std::chrono::seconds{70});
  EXPECT_THAT(samples("postern_decisions_total"),
              ElementsAre(R"(stage="rcpt",rule="campaign",action="reject"} 2)",
                          R"(stage="mail",rule="-",action="pass"} 1)"));
  EXPECT_THAT(samples("postern_rule_acts_total"), ElementsAre(R"(stage="rcpt",rule="slow"} 2)"));
  EXPECT_THAT(samples("postern_dry_run_actions_total"),
              ElementsAre(R"(stage="rcpt",rule="dry",action="discard"} 2)"));
  EXPECT_THAT(samples("postern_findings_total"),
              ElementsAre(R"(rule="mx",check="sender_mx",finding="unusable"} 2)"));
  EXPECT_THAT(samples("postern_decision_duration_seconds_count"), ElementsAre("} 3"));
  EXPECT_THAT(samples("postern_decision_duration_seconds_sum"), ElementsAre("} 70.07007"));
  const auto buckets = samples("postern_decision_duration_seconds_bucket");
  ASSERT_EQ(buckets.size(), 17U);
  EXPECT_EQ(buckets[0], R"(le="0.0001"} 1)");
  EXPECT_EQ(buckets[8], R"(le="0.05"} 1)");
  EXPECT_EQ(buckets[9], R"(le="0.1"} 2)");
  EXPECT_EQ(buckets[15], R"(le="10"} 2)");
  EXPECT_EQ(buckets[16], R"(le="+Inf"} 3)");
}

TEST_F(Metrics, DnsListsOfTheRulesByWhatTheySaid) {
  fixture.state->dns_lists.record(
      {{"bl.example", ListSays::listed}, {"gone.example", ListSays::listed}},
      UtcTime{std::chrono::hours{500000}});
  EXPECT_THAT(samples("postern_dns_list_answers_total"), IsEmpty());
  reload_with(
      "version: 1\nrules: [{ name: l, check: dnsbl, zones: bl.example, preset: standard }]\n");
  EXPECT_THAT(samples("postern_dns_list_answers_total"),
              ElementsAre(R"(zone="bl.example",answer="unlisted"} 0)",
                          R"(zone="bl.example",answer="listed"} 1)",
                          R"(zone="bl.example",answer="unknown"} 0)",
                          R"(zone="bl.example",answer="broken"} 0)",
                          R"(zone="bl.example",answer="refused"} 0)"));
}

TEST_F(Metrics, TheDaemonAndItsRules) {
  EXPECT_THAT(samples("postern_build_info"), ElementsAre(R"(version="1.2"} 1)"));
  EXPECT_THAT(samples("postern_start_time_seconds"), ElementsAre("} 1795284000"));
  EXPECT_THAT(samples("postern_rules_generation"), ElementsAre("} 7"));
  EXPECT_THAT(samples("postern_rules_loaded_timestamp_seconds"), ElementsAre("} 1795284000"));
  EXPECT_THAT(samples("postern_rules_active"), ElementsAre("} 1"));
  EXPECT_THAT(samples("postern_settings_restart_needed"), ElementsAre("} 0"));
}

TEST_F(Metrics, ListsOutOfSpfAndTheirProblems) {
  EXPECT_THAT(samples("postern_list_spf_problems"), IsEmpty());
  reload_with(
      "version: 1\nlists: { big: { kind: network, spf: a.example }, n: { kind: network, "
      "entries: [] } }\nrules: []\n");
  EXPECT_THAT(samples("postern_list_spf_problems"), ElementsAre(R"(list="big"} 0)"));
  fixture.state->spf_lists["big"].problems = {"a.example: servfail"};
  EXPECT_THAT(samples("postern_list_spf_problems"), ElementsAre(R"(list="big"} 1)"));
}

TEST_F(Metrics, ListsWithWhatExpires) {
  EXPECT_THAT(samples("postern_list_entries"), ElementsAre(R"(list="campaign",kind="domain"} 3)",
                                                           R"(list="nobody",kind="text"} 1)"));
  EXPECT_THAT(
      samples("postern_list_expired_entries"),
      ElementsAre(R"(list="campaign",kind="domain"} 1)", R"(list="nobody",kind="text"} 0)"));
  EXPECT_THAT(
      samples("postern_list_expiring_entries"),
      ElementsAre(R"(list="campaign",kind="domain"} 1)", R"(list="nobody",kind="text"} 0)"));
  reload_with("version: 1\nrules: []\n");
  EXPECT_THAT(samples("postern_list_entries"), IsEmpty());
}

TEST_F(Metrics, ReloadsByWhatCameOfThem) {
  EXPECT_THAT(samples("postern_reload_last_duration_seconds"), ElementsAre("} 0.0032"));
  reload_with(kRules);
  reload_with("version: 1\nrules: []\n");
  reload_with("version: 1\nrules: []\n");
  EXPECT_THAT(samples("postern_reload_last_successful"), ElementsAre("} 1"));
  reload_with("version: 1\n");
  EXPECT_THAT(samples("postern_reloads_total"),
              ElementsAre(R"(result="done"} 1)", R"(result="unchanged"} 2)",
                          R"(result="refused"} 1)", R"(result="postponed"} 0)"));
  EXPECT_THAT(samples("postern_reload_last_successful"), ElementsAre("} 0"));
  EXPECT_THAT(samples("postern_rules_generation"), ElementsAre("} 8"));
}

TEST_F(Metrics, ConnectionsAndWhatWasShed) {
  EXPECT_THAT(samples("postern_connections_open"), ElementsAre("} 3"));
  EXPECT_THAT(samples("postern_connections_limit"), ElementsAre("} 77"));
  EXPECT_THAT(samples("postern_connections_accepted_total"), ElementsAre("} 44"));
  EXPECT_THAT(samples("postern_delays_active"), ElementsAre("} 4"));
  EXPECT_THAT(samples("postern_delays_total"), ElementsAre("} 5"));
  EXPECT_THAT(samples("postern_shed_total"),
              ElementsAre(R"(what="connection"} 1)", R"(what="dns_question"} 11)",
                          R"(what="dns_wait"} 12)", R"(what="rules"} 0)", R"(what="delay"} 21)",
                          R"(what="idle_connection"} 9)", R"(what="message"} 0)"));
}

TEST_F(Metrics, DnsByUpstreamAndOutcome) {
  const auto questions = samples("postern_dns_questions_total");
  EXPECT_EQ(questions.size(), std::size(dns::kDnsReasons));
  EXPECT_THAT(questions,
              testing::IsSupersetOf({R"(outcome="nxdomain"} 8)", R"(outcome="overloaded"} 11)",
                                     R"(outcome="deadline"} 0)"}));
  const auto queries = samples("postern_dns_upstream_queries_total");
  EXPECT_EQ(queries.size(), std::size(dns::kDnsReasons) - 3);
  EXPECT_THAT(queries, testing::Contains(R"(upstream="127.0.0.1:53",outcome="nxdomain"} 3)"));
  EXPECT_THAT(queries, Not(testing::Contains(HasSubstr("overloaded"))));
  EXPECT_THAT(samples("postern_dns_upstream_down"), ElementsAre(R"(upstream="127.0.0.1:53"} 1)"));
  EXPECT_THAT(samples("postern_dns_circuit_open"), ElementsAre("} 1"));
  EXPECT_THAT(samples("postern_dns_circuit_openings_total"), ElementsAre("} 2"));
}

TEST_F(Metrics, TheCache) {
  const auto is_kept = [&] {
    const auto now = std::chrono::steady_clock::now();
    return fixture.dns.cache.find(resolver::question("a.example", dns::DnsType::a), now)
        .has_value();
  };
  EXPECT_FALSE(is_kept());
  fixture.ask("GET", "/v1/dns?name=a.example&type=A");
  EXPECT_TRUE(is_kept());
  EXPECT_TRUE(is_kept());
  EXPECT_THAT(samples("postern_dns_cache_names"), ElementsAre("} 1"));
  EXPECT_THAT(samples("postern_dns_cache_misses_total"), ElementsAre("} 1"));
  EXPECT_THAT(samples("postern_dns_cache_hits_total"), ElementsAre("} 2"));
  EXPECT_THAT(samples("postern_dns_cache_evictions_total"), ElementsAre("} 0"));
  EXPECT_THAT(samples("postern_dns_cache_limit_bytes"), ElementsAre("} 67108864"));
  EXPECT_NE(samples("postern_dns_cache_size_bytes").at(0), "} 0");
}

TEST_F(Metrics, NoFamilyAndNoSeriesIsThereTwice) {
  fixture.state->hits.record(Stage::rcpt, Verdict{}, std::chrono::microseconds{70});
  std::set<std::string> seen;
  std::istringstream lines(page());
  for (std::string line; std::getline(lines, line);) {
    const std::string what = line.substr(0, line.rfind(' '));
    EXPECT_TRUE(seen.insert(line.starts_with('#') ? line : what).second) << line;
  }
  EXPECT_GT(seen.size(), 100U);
}

TEST_F(Metrics, OnTheirOwnPortThereIsNothingElse) {
  const auto ask = [&](const std::string& method, const std::string& target,
                       const std::string& body = {}) {
    std::optional<http::HttpResponse> got;
    fixture.control->answer_metrics(
        {method, target, body}, [&](http::HttpResponse response) { got = std::move(response); });
    return got.value();
  };
  EXPECT_EQ(ask("GET", "/metrics").body, page());
  for (const char* path : {"/", "/v1/status", "/v1/rules", "/v1/dns?name=a&type=A", "/metrics/"}) {
    EXPECT_EQ(ask("GET", path).status, 404U) << path;
  }
  EXPECT_THAT(ask("GET", "/").body, HasSubstr(R"(found the path \"/\", want /metrics)"));
  for (const char* method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
    EXPECT_EQ(ask(method, "/metrics").status, 405U) << method;
  }
  EXPECT_EQ(ask("POST", "/v1/reload").status, 404U);
  EXPECT_EQ(ask("DELETE", "/v1/cache?name=a.example").status, 404U);
  EXPECT_EQ(ask("GET", "/metrics?name=x").status, 400U);
  EXPECT_EQ(ask("GET", "/metrics", "x").status, 400U);
  EXPECT_EQ(fixture.reloaded, 0);
}

}  // namespace
}  // namespace postern::control::control_metrics_test
