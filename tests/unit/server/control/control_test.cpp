#include "server/control/control.h"
#include "common/json/parse_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>

#include "server/control/control_json.h"
#include "tests/unit/server/control/control_world.h"

namespace postern::control {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kRules = R"(version: 1
lists:
  campaign:
    kind: domain
    entries:
      - .adp-mail.example
      - { entry: gone.example, reason: bä, expires: 2020-01-01 }
      - never.example
      - once.example
  nobody: { kind: text, entries: [a] }
rules:
  - { name: campaign, when: { sender_domain: campaign }, then: 'reject 550 5.7.1 "no"' }
  - { name: quiet, when: { sender_domain: x.example }, mode: log, then: discard }
  - { name: asleep, when: { sender_domain: y.example }, mode: off, then: discard }
)";

constexpr const char* kZone = R"(zone:
  a.example: { MX: [10 mx.a.example], ttl: 300 }
  mx.a.example: { A: [192.0.2.1] }
  slow.example: { fault: timeout }
  broken.example: { fault: servfail }
)";

class ControlTest : public testing::Test {
 protected:
  ControlWorld::Answer get(const std::string& target) { return world.ask("GET", target); }

  std::string error_of(const std::string& target) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 400U) << target;
    return answer.error();
  }

  ControlWorld world{kRules, kZone};
};

// --- documented ----------------------------------------------------------------------------------

// The examples of docs/control.md by their heading.
std::map<std::string, json::value> examples() {
  std::ifstream file(POSTERN_SOURCE_DIR "/docs/control.md");
  std::map<std::string, std::string> texts;
  std::string heading;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    if (line.starts_with("    ") && !heading.empty()) texts[heading] += line + "\n";
  }
  std::map<std::string, json::value> examples;
  for (const auto& [name, text] : texts) {
    auto parsed = json::parse_json(text);
    EXPECT_TRUE(parsed) << name << ": " << text;
    if (parsed) examples[name] = std::move(*parsed);
  }
  return examples;
}

json::value documented(const std::string& heading) {
  const auto all = examples();
  const auto found = all.find(heading);
  EXPECT_NE(found, all.end()) << "docs/control.md has no " << heading;
  return found == all.end() ? json::value() : found->second;
}

std::string kind_of(const json::value& value) {
  return value.is_number() ? "number" : std::string(json::to_string(value.kind()));
}

// Same keys in the same order, values of the same kind; of an array the first element counts.
void expect_same_shape(const json::value& doc, const json::value& real, const std::string& at) {
  if (doc.is_null() || real.is_null()) return;
  ASSERT_EQ(kind_of(doc), kind_of(real)) << at;
  if (const json::array* elements = doc.if_array()) {
    if (elements->empty() || elements->front().is_string()) return;
    ASSERT_FALSE(real.as_array().empty()) << at;
    expect_same_shape(elements->front(), real.as_array().front(), at + "[0]");
  }
  const json::object* object = doc.if_object();
  if (object == nullptr) return;
  std::vector<std::string> doc_keys;
  std::vector<std::string> real_keys;
  for (const auto& [key, value] : *object) doc_keys.emplace_back(key);
  for (const auto& [key, value] : real.as_object()) real_keys.emplace_back(key);
  ASSERT_EQ(doc_keys, real_keys) << at;
  for (const auto& [key, value] : *object) {
    expect_same_shape(value, real.at(key), at + "." + std::string(key));
  }
}

TEST_F(ControlTest, AnswersAreAsDocumented) {
  world.hit("campaign", "campaign", ".adp-mail.example", ControlWorld::kStart);
  expect_same_shape(documented("GET /v1/status"), get("/v1/status").json, "status");
  expect_same_shape(documented("GET /v1/rules"), get("/v1/rules").json, "rules");
  expect_same_shape(documented("GET /v1/entries?list=NAME&hit=yes|no&limit=N"),
                    get("/v1/entries?list=campaign&hit=yes").json, "entries");
  const json::value fact = get("/v1/dns?name=a.example&type=MX").json;
  const json::value cache = documented("GET /v1/cache?name=NAME, DELETE /v1/cache?name=NAME");
  json::object answer = cache.at("answers").at(0).as_object();
  EXPECT_EQ(answer.erase("kept_seconds"), 1U) << "only what is kept is kept for some time";
  expect_same_shape(answer, fact, "dns");
  expect_same_shape(cache, get("/v1/cache?name=a.example").json, "cache");
}

// --- any request ---------------------------------------------------------------------------------

TEST_F(ControlTest, PathsThatAreNot) {
  for (const char* path : {"/", "/v1", "/v1/", "/v2/status", "/v1/status/", "//v1/status", ""}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 404U) << path;
    EXPECT_THAT(answer.error(), HasSubstr("want one of /v1/status, /v1/reload"));
  }
}

TEST_F(ControlTest, MethodsThatAreNot) {
  const auto status = world.ask("POST", "/v1/status");
  EXPECT_EQ(status.status, 405U);
  EXPECT_EQ(status.error(), "found the method POST, want GET");
  EXPECT_EQ(world.ask("PUT", "/v1/cache").error(), "found the method PUT, want GET, DELETE");
  EXPECT_EQ(world.ask("get", "/v1/status").status, 405U);
}

TEST_F(ControlTest, ParametersThatAreNot) {
  EXPECT_EQ(error_of("/v1/status?verbose=1"), "found the parameter \"verbose\", want none");
  EXPECT_EQ(error_of("/v1/dns?name=a.example&typ=MX"),
            "found the parameter \"typ\", want name, type");
  EXPECT_THAT(error_of("/v1/dns?name=a.example&name=b.example"), HasSubstr("twice"));
  EXPECT_THAT(error_of("/v1/dns?name=%zz"), HasSubstr("hexadecimal"));
}

TEST_F(ControlTest, BodiesWhereNoneIsWanted) {
  const auto answer = world.ask("GET", "/v1/status", "{}");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.error(), "found a body, want none");
}

TEST_F(ControlTest, WhatIsQuotedInAnErrorIsHarmless) {
  EXPECT_EQ(get("/\xff\x1b\"").error().substr(0, 27), R"(found the path "/\xff\x1b"")");
  EXPECT_EQ(error_of("/v1/status?%ff%0a=1"), R"(found the parameter "\xff\x0a", want none)");
  EXPECT_EQ(get("/v1/entries?hit=no&list=%00%c3").error(),
            R"(found the list "\x00\xc3", want one that the rules have)");
}

// --- status and reload ---------------------------------------------------------------------------

TEST_F(ControlTest, StatusSaysHowTheDaemonIsDoing) {
  const json::value status = get("/v1/status").json;
  EXPECT_EQ(status.at("daemon"), "postern-test");
  EXPECT_EQ(status.at("version"), "1.2");
  EXPECT_EQ(status.at("door"), "policy");
  EXPECT_EQ(status.at("pid"), ::getpid());
  EXPECT_EQ(status.at("started"), "2026-11-21T18:00:00Z");
  EXPECT_EQ(std::string(status.at("rules_file").as_string()), world.rules_file);
  EXPECT_EQ(std::string(status.at("settings_file").as_string()), world.settings_file);
  EXPECT_EQ(status.at("generation"), 7);
  EXPECT_EQ(status.at("mode"), "enforce");
  EXPECT_EQ(status.at("rules"), 2);
  EXPECT_EQ(status.at("generations_kept"), false);
  EXPECT_EQ(status.at("state"), nullptr);
  EXPECT_EQ(status.at("connections"), json::parse(R"({"open":3,"max":77,"refused":1,"evicted":9,
                                                 "waiting_for":"Too many open files"})"));
  EXPECT_EQ(status.at("delays"), json::parse(R"({"held_now":4,"held":5,"skipped_full":6,
                                                 "skipped_overloaded":7,"skipped_share":8})"));
  EXPECT_EQ(status.at("upstreams"),
            json::parse(R"([{"server":"127.0.0.1:53","down":true,"failures_in_a_row":5,
                             "asked":9,"answered":4}])"));
  EXPECT_EQ(status.at("circuit"),
            json::parse(R"({"open":true,"seconds":12,"not_asked":34,"opened":2})"));
  EXPECT_EQ(status.at("cache").at("max_bytes"), std::size_t{64} << 20);
}

TEST(ControlState, StatusNamesTheFolderWhereGenerationsAreKept) {
  const TemporaryFolder folder;
  ControlWorld world(kRules, kZone, "state: " + folder.path("state") + "\n");
  const json::value status = world.ask("GET", "/v1/status").json;
  EXPECT_EQ(status.at("generations_kept"), true);
  EXPECT_EQ(std::string(status.at("state").as_string()), folder.path("state"));
}

TEST(ControlState, AFolderThatCannotBeUsedIsNone) {
  const TemporaryFolder folder;
  folder.write("file", "");
  ControlWorld world(kRules, kZone, "state: " + folder.path("file/state") + "\n");
  EXPECT_EQ(world.ask("GET", "/v1/status").json.at("state"), nullptr);
}

TEST_F(ControlTest, StatusHasTheListsWithWhatHasExpired) {
  EXPECT_EQ(get("/v1/status").json.at("lists").at(0), (json::object{{"name", "campaign"},
                                                                    {"kind", "domain"},
                                                                    {"file", world.rules_file},
                                                                    {"entries", 4},
                                                                    {"expired", 1}}));
}

TEST_F(ControlTest, StatusHasTheLastReload) {
  const json::value last = get("/v1/status").json.at("reload").at("last");
  EXPECT_EQ(last.at("at"), "2026-11-21T18:00:00Z");
  EXPECT_EQ(last.at("trigger"), "start");
  EXPECT_EQ(last.at("outcome"), "done");
  EXPECT_EQ(last.at("milliseconds"), 3.2);
  EXPECT_EQ(last.at("errors"), 0);
  EXPECT_THAT(std::string(last.at("diagnostics").at(0).at("message").as_string()),
              HasSubstr("nobody"));
}

TEST_F(ControlTest, ADryRunHasTheModeLog) {
  world.folder.write("rules.yaml", std::string("mode: log\n") + kRules);
  EXPECT_EQ(world.ask("POST", "/v1/reload").json.at("outcome"), "done");
  EXPECT_EQ(get("/v1/status").json.at("mode"), "log");
}

TEST_F(ControlTest, ReloadTakesNewRulesAndSaysSo) {
  world.folder.write("rules.yaml", "version: 1\nrules: [{ name: one, then: log }]\n");
  const auto done = world.ask("POST", "/v1/reload", "");
  EXPECT_EQ(done.status, 200U);
  EXPECT_EQ(done.json.at("outcome"), "done");
  EXPECT_EQ(done.json.at("trigger"), "control");
  EXPECT_EQ(done.json.at("generation"), 8);
  EXPECT_EQ(world.state->snapshots.current()->generation(), 8U);
  EXPECT_EQ(world.reloaded, 1);
  EXPECT_EQ(get("/v1/status").json.at("reload").at("last"), done.json);
}

TEST_F(ControlTest, ARefusedReloadIsAnAnswerToo) {
  world.folder.write("rules.yaml", "version: 1\nrules:\n  - { name: a, then: nonsense }\n");
  const auto refused = world.ask("POST", "/v1/reload", "{}");
  EXPECT_EQ(refused.status, 200U);
  EXPECT_EQ(refused.json.at("outcome"), "refused");
  EXPECT_EQ(refused.json.at("errors"), 1);
  EXPECT_EQ(refused.json.at("diagnostics").at(0).at("line"), 3);
  EXPECT_EQ(world.reloaded, 1);
  EXPECT_EQ(get("/v1/status").json.at("reload").at("refused"), 1);
}

TEST_F(ControlTest, AListThatShrankIsTakenWhenThatIsWanted) {
  std::string many =
      "version: 1\nlists: { l: { kind: domain, file: l.txt } }\n"
      "rules: [{ name: r, when: { sender_domain: l }, then: hold }]\n";
  std::string entries;
  for (int i = 0; i < 1000; ++i) entries += std::to_string(i) + ".example\n";
  world.folder.write("l.txt", entries);
  world.folder.write("rules.yaml", many);
  ASSERT_EQ(world.ask("POST", "/v1/reload").json.at("outcome"), "done");
  world.folder.write("l.txt", "1.example\n");
  EXPECT_EQ(world.ask("POST", "/v1/reload").json.at("outcome"), "refused");
  EXPECT_EQ(world.ask("POST", "/v1/reload", R"({"accept_shrunk": false})").json.at("outcome"),
            "refused");
  EXPECT_EQ(world.ask("POST", "/v1/reload", R"({"accept_shrunk": true})").json.at("outcome"),
            "done");
}

TEST_F(ControlTest, ReloadRefusesBodiesThatItDoesNotKnow) {
  const auto error_with = [&](const std::string& body) {
    const auto answer = world.ask("POST", "/v1/reload", body);
    EXPECT_EQ(answer.status, 400U) << body;
    return answer.error();
  };
  EXPECT_THAT(error_with("yes"), AllOf(StartsWith("found no JSON at byte 0: "),
                                       HasSubstr(R"(want {"accept_shrunk": true} or false)")));
  EXPECT_THAT(error_with("[]"), StartsWith("found no JSON object, want {"));
  EXPECT_THAT(error_with(R"({"accept": true})"), StartsWith("found the key \"accept\", want {"));
  EXPECT_THAT(error_with(R"({"accept_shrunk": 1})"), HasSubstr("true or false, want {"));
  EXPECT_THAT(error_with(R"({"accept_shrunk": true} x)"), StartsWith("found no JSON at byte "));
  EXPECT_THAT(error_with(std::string(60000, '[')), StartsWith("found no JSON at byte "));
  EXPECT_EQ(world.reloaded, 0);
}

// --- hits ----------------------------------------------------------------------------------------

TEST_F(ControlTest, RulesWithTheirHits) {
  world.hit("campaign", "campaign", "once.example", ControlWorld::kStart);
  Verdict would;
  would.would = {{"quiet", ActionKind::discard}};
  world.state->hits.record(would, ControlWorld::kStart);
  const json::value rules = get("/v1/rules").json;
  EXPECT_EQ(rules.at("decisions"), 2);
  EXPECT_EQ(rules.at("rules"), (json::array{{{"name", "campaign"},
                                             {"mode", "enforce"},
                                             {"at", world.rules_file + ":12"},
                                             {"hits", 1},
                                             {"last", "2026-11-21T18:00:00Z"},
                                             {"would", 0},
                                             {"would_last", nullptr}},
                                            {{"name", "quiet"},
                                             {"mode", "log"},
                                             {"at", world.rules_file + ":13"},
                                             {"hits", 0},
                                             {"last", nullptr},
                                             {"would", 1},
                                             {"would_last", "2026-11-21T18:00:00Z"}}}));
}

TEST_F(ControlTest, ListsWithHowManyEntriesWereHit) {
  world.hit("campaign", "campaign", "once.example", ControlWorld::kStart);
  world.hit("campaign", "campaign", "once.example", ControlWorld::kStart);
  world.hit("campaign", "campaign", "not-there-any-more.example", ControlWorld::kStart);
  const json::value lists = get("/v1/rules").json.at("lists");
  EXPECT_EQ(lists.at(0).at("entries"), 4);
  EXPECT_EQ(lists.at(0).at("hit"), 1);
  EXPECT_EQ(lists.at(1).at("hit"), 0);
}

std::vector<std::string> entries_of(const json::value& answer) {
  std::vector<std::string> entries;
  for (const auto& one : answer.at("shown").as_array()) {
    entries.emplace_back(one.at("entry").as_string());
  }
  return entries;
}

TEST_F(ControlTest, EntriesThatWereHitMostHitsFirst) {
  world.hit("campaign", "campaign", ".adp-mail.example", ControlWorld::kStart);
  world.hit("campaign", "campaign", "once.example", ControlWorld::kStart);
  world.hit("campaign", "campaign", "gone.example", ControlWorld::kStart);
  world.hit("campaign", "campaign", "gone.example", ControlWorld::kStart);
  world.hit("other", "other", "never.example", ControlWorld::kStart);
  const json::value answer = get("/v1/entries?list=campaign&hit=yes").json;
  EXPECT_EQ(answer.at("entries"), 4);
  EXPECT_EQ(answer.at("hit"), 3);
  EXPECT_THAT(entries_of(answer), ElementsAre("gone.example", ".adp-mail.example", "once.example"));
  EXPECT_EQ(answer.at("shown").at(0), (json::object{{"entry", "gone.example"},
                                                    {"line", 7},
                                                    {"hits", 2},
                                                    {"last", "2026-11-21T18:00:00Z"},
                                                    {"expires", "2020-01-02T00:00:00Z"},
                                                    {"reason", "bä"}}));
}

TEST_F(ControlTest, EntriesThatNeverWereHitInTheirOrder) {
  world.hit("campaign", "campaign", "gone.example", ControlWorld::kStart);
  const json::value answer = get("/v1/entries?list=campaign&hit=no").json;
  EXPECT_EQ(answer.at("hit"), 1);
  EXPECT_THAT(entries_of(answer),
              ElementsAre(".adp-mail.example", "never.example", "once.example"));
  EXPECT_EQ(answer.at("shown").at(0), (json::object{{"entry", ".adp-mail.example"},
                                                    {"line", 6},
                                                    {"hits", 0},
                                                    {"last", nullptr},
                                                    {"expires", nullptr},
                                                    {"reason", ""}}));
}

TEST_F(ControlTest, AsManyEntriesAsAreWanted) {
  world.hit("campaign", "campaign", "gone.example", ControlWorld::kStart);
  world.hit("campaign", "campaign", "once.example", ControlWorld::kStart);
  const json::value none = get("/v1/entries?list=campaign&hit=no&limit=1").json;
  EXPECT_THAT(entries_of(none), ElementsAre(".adp-mail.example"));
  EXPECT_EQ(none.at("hit"), 2);
  const json::value hit = get("/v1/entries?list=campaign&hit=yes&limit=1").json;
  EXPECT_THAT(entries_of(hit), ElementsAre("gone.example"));
  EXPECT_EQ(hit.at("hit"), 2);
  EXPECT_THAT(entries_of(get("/v1/entries?list=campaign&hit=no&limit=0").json), ElementsAre());
}

TEST_F(ControlTest, AHundredEntriesWhenNobodySaysHowMany) {
  std::string entries;
  for (int i = 0; i < 500; ++i) entries += std::to_string(i) + ".example\n";
  world.folder.write("l.txt", entries);
  world.folder.write("rules.yaml",
                     "version: 1\nlists: { l: { kind: domain, file: l.txt } }\n"
                     "rules: [{ name: r, when: { sender_domain: l }, then: hold }]\n");
  ASSERT_EQ(world.ask("POST", "/v1/reload").json.at("outcome"), "done");
  EXPECT_EQ(entries_of(get("/v1/entries?list=l&hit=no").json).size(), 100U);
  EXPECT_EQ(entries_of(get("/v1/entries?list=l&hit=no&limit=10000").json).size(), 500U);
}

TEST_F(ControlTest, EntriesRefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(error_of("/v1/entries?hit=yes"), "found no list, want list=NAME");
  EXPECT_EQ(error_of("/v1/entries?list=campaign"), "found no hit, want hit=yes or hit=no");
  EXPECT_EQ(error_of("/v1/entries?list=campaign&hit=1"), "found hit=1, want hit=yes or hit=no");
  for (const char* limit : {"", "-1", "10001", "1x", "%201", "99999999999999999999999"}) {
    EXPECT_THAT(error_of(std::string("/v1/entries?list=campaign&hit=no&limit=") + limit),
                HasSubstr("want a number from 0 to 10000"));
  }
  const auto answer = get("/v1/entries?list=x&hit=yes");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(answer.error(), "found the list \"x\", want one that the rules have");
}

// --- DNS -----------------------------------------------------------------------------------------

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
    world.server.cache().forget(name);
    world.server.cache().store({name, dns::DnsType::mx},
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
  world.dns.resolver->stop();
  const json::value answer = get("/v1/dns?name=slow.example&type=A").json;
  EXPECT_EQ(answer.at("source"), "given_up");
  EXPECT_EQ(answer.at("reason"), "deadline");
}

TEST_F(ControlTest, AnAnswerOfDnsComesOnTheMainThread) {
  std::optional<std::thread::id> thread;
  world.control->answer({"GET", "/v1/dns?name=a.example&type=MX", ""},
                        [&](const http::HttpResponse&) { thread = std::this_thread::get_id(); });
  EXPECT_FALSE(thread);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!thread && std::chrono::steady_clock::now() < end) {
    world.main.restart();
    world.main.run_for(std::chrono::milliseconds{10});
  }
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST_F(ControlTest, TheCacheForgets) {
  get("/v1/dns?name=a.example&type=MX");
  get("/v1/dns?name=a.example&type=A");
  const auto forgotten = world.ask("DELETE", "/v1/cache?name=A.EXAMPLE");
  EXPECT_EQ(forgotten.status, 200U);
  EXPECT_EQ(forgotten.json, json::parse(R"({"forgotten":2})"));
  EXPECT_EQ(get("/v1/cache?name=a.example").json,
            json::parse(R"({"name":"a.example","answers":[]})"));
  EXPECT_EQ(get("/v1/dns?name=a.example&type=MX").json.at("source"), "asked");
}

TEST_F(ControlTest, DnsRefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(error_of("/v1/cache"), "found no name, want name=DOMAIN");
  EXPECT_EQ(world.ask("DELETE", "/v1/cache").status, 400U);
  EXPECT_THAT(error_of("/v1/cache?name=a..example"), StartsWith("name=a..example: "));
  EXPECT_THAT(error_of("/v1/dns?name=%ff&type=A"), StartsWith(R"(name=\xff: )"));
  EXPECT_EQ(error_of("/v1/dns?name=a.example"), "found no type, want type=MX, A, AAAA or PTR");
  EXPECT_EQ(error_of("/v1/dns?name=a.example&type=TXT"),
            "found type=TXT, want type=MX, A, AAAA or PTR");
}

}  // namespace
}  // namespace postern::control
