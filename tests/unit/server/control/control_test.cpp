#include "server/control/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "common/json/parse_json.h"
#include "tests/unit/server/control/daemon_with_rules.h"

namespace postern::control::control_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

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
  fixture.hit("campaign", "campaign", ".adp-mail.example", ControlFixture::kStart);
  ControlFixture asking{
      std::string(kRules) +
          "  - { name: list, check: dnsbl, zones: bl.example, preset: standard }\n",
      kZone};
  asking.state->dns_lists.record({{"bl.example", ListSays::refused, "bl.example 127.255.255.254"}},
                                 ControlFixture::kStart);
  expect_same_shape(documented("GET /v1/status"), asking.ask("GET", "/v1/status").json, "status");
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
  const auto status = fixture.ask("POST", "/v1/status");
  EXPECT_EQ(status.status, 405U);
  EXPECT_EQ(status.error(), "found the method POST, want GET");
  EXPECT_EQ(fixture.ask("PUT", "/v1/cache").error(), "found the method PUT, want GET, DELETE");
  EXPECT_EQ(fixture.ask("get", "/v1/status").status, 405U);
}

TEST_F(ControlTest, ParametersThatAreNot) {
  EXPECT_EQ(error_of("/v1/status?verbose=1"), "found the parameter \"verbose\", want none");
  EXPECT_EQ(error_of("/v1/dns?name=a.example&typ=MX"),
            "found the parameter \"typ\", want name, type");
  EXPECT_THAT(error_of("/v1/dns?name=a.example&name=b.example"), HasSubstr("twice"));
  EXPECT_THAT(error_of("/v1/dns?name=%zz"), HasSubstr("hexadecimal"));
}

TEST_F(ControlTest, BodiesWhereNoneIsWanted) {
  const auto answer = fixture.ask("GET", "/v1/status", "{}");
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
  EXPECT_EQ(std::string(status.at("rules_file").as_string()), fixture.rules_file);
  EXPECT_EQ(std::string(status.at("settings_file").as_string()), fixture.settings_file);
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
  ControlFixture fixture(kRules, kZone, "state: " + folder.path("state") + "\n");
  const json::value status = fixture.ask("GET", "/v1/status").json;
  EXPECT_EQ(status.at("generations_kept"), true);
  EXPECT_EQ(std::string(status.at("state").as_string()), folder.path("state"));
}

TEST(ControlState, AFolderThatCannotBeUsedIsNone) {
  const TemporaryFolder folder;
  folder.write("file", "");
  ControlFixture fixture(kRules, kZone, "state: " + folder.path("file/state") + "\n");
  EXPECT_EQ(fixture.ask("GET", "/v1/status").json.at("state"), nullptr);
}

TEST_F(ControlTest, StatusHasTheListsWithWhatHasExpired) {
  EXPECT_EQ(get("/v1/status").json.at("lists").at(0), (json::object{{"name", "campaign"},
                                                                    {"kind", "domain"},
                                                                    {"file", fixture.rules_file},
                                                                    {"entries", 4},
                                                                    {"expired", 1},
                                                                    {"spf", nullptr}}));
}

TEST_F(ControlTest, StatusHasTheDomainsOfAListOutOfSpf) {
  fixture.folder.write("rules.yaml",
                       "version: 1\nlists: { big: { kind: network, spf: [a.example, b.example] } "
                       "}\nrules: []\n");
  fixture.ask("POST", "/v1/reload");
  fixture.state->spf_lists["big"] = {ControlFixture::kStart, {"a.example: servfail"}, {"ptr"}};
  EXPECT_EQ(get("/v1/status").json.at("lists").at(0).at("spf"),
            (json::object{{"domains", {"a.example", "b.example"}},
                          {"asked", "2026-11-21T18:00:00Z"},
                          {"problems", {"a.example: servfail"}},
                          {"left_out", {"ptr"}}}));
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
  fixture.folder.write("rules.yaml", std::string("mode: log\n") + kRules);
  EXPECT_EQ(fixture.ask("POST", "/v1/reload").json.at("outcome"), "done");
  EXPECT_EQ(get("/v1/status").json.at("mode"), "log");
}

TEST_F(ControlTest, ReloadTakesNewRulesAndSaysSo) {
  fixture.folder.write("rules.yaml", "version: 1\nrules: [{ name: one, then: log }]\n");
  const auto done = fixture.ask("POST", "/v1/reload", "");
  EXPECT_EQ(done.status, 200U);
  EXPECT_EQ(done.json.at("outcome"), "done");
  EXPECT_EQ(done.json.at("trigger"), "control");
  EXPECT_EQ(done.json.at("generation"), 8);
  EXPECT_EQ(fixture.state->snapshots.current()->generation(), 8U);
  EXPECT_EQ(fixture.reloaded, 1);
  EXPECT_EQ(get("/v1/status").json.at("reload").at("last"), done.json);
}

TEST_F(ControlTest, ARefusedReloadIsAnAnswerToo) {
  fixture.folder.write("rules.yaml", "version: 1\nrules:\n  - { name: a, then: nonsense }\n");
  const auto refused = fixture.ask("POST", "/v1/reload", "{}");
  EXPECT_EQ(refused.status, 200U);
  EXPECT_EQ(refused.json.at("outcome"), "refused");
  EXPECT_EQ(refused.json.at("errors"), 1);
  EXPECT_EQ(refused.json.at("diagnostics").at(0).at("line"), 3);
  EXPECT_EQ(fixture.reloaded, 1);
  EXPECT_EQ(get("/v1/status").json.at("reload").at("refused"), 1);
}

TEST_F(ControlTest, AListThatShrankIsTakenWhenThatIsWanted) {
  std::string many =
      "version: 1\nlists: { l: { kind: domain, file: l.txt } }\n"
      "rules: [{ name: r, when: { sender_domain: l }, then: hold }]\n";
  std::string entries;
  for (int i = 0; i < 1000; ++i) entries += std::to_string(i) + ".example\n";
  fixture.folder.write("l.txt", entries);
  fixture.folder.write("rules.yaml", many);
  ASSERT_EQ(fixture.ask("POST", "/v1/reload").json.at("outcome"), "done");
  fixture.folder.write("l.txt", "1.example\n");
  EXPECT_EQ(fixture.ask("POST", "/v1/reload").json.at("outcome"), "refused");
  EXPECT_EQ(fixture.ask("POST", "/v1/reload", R"({"accept_shrunk": false})").json.at("outcome"),
            "refused");
  EXPECT_EQ(fixture.ask("POST", "/v1/reload", R"({"accept_shrunk": true})").json.at("outcome"),
            "done");
}

TEST_F(ControlTest, WhatTheGuardFoundIsInTheAnswer) {
  fixture.tried.decisions = 12;
  fixture.tried.lost = 2;
  fixture.folder.write("postern.yaml",
                       std::string(ControlFixture::kSettings) + "reload: { replay_guard: on }\n");
  fixture.folder.write("rules.yaml", "version: 1\nrules: [{ name: one, then: log }]\n");
  const auto refused = fixture.ask("POST", "/v1/reload");
  EXPECT_EQ(refused.json.at("outcome"), "refused");
  const json::value tried = refused.json.at("tried");
  EXPECT_EQ(tried.at("decisions"), 12);
  EXPECT_EQ(tried.at("good_mail_lost"), 2);
  EXPECT_TRUE(tried.at("not_tried").is_null());
  const std::string name(tried.at("candidate").as_string());
  const auto accepted = fixture.ask("POST", "/v1/reload", R"({"accept_loss": ")" + name + "\"}");
  EXPECT_EQ(accepted.json.at("outcome"), "done");
}

TEST_F(ControlTest, ReloadRefusesBodiesThatItDoesNotKnow) {
  const auto error_with = [&](const std::string& body) {
    const auto answer = fixture.ask("POST", "/v1/reload", body);
    EXPECT_EQ(answer.status, 400U) << body;
    return answer.error();
  };
  EXPECT_THAT(error_with("yes"), AllOf(StartsWith("found no JSON at byte 0: "),
                                       HasSubstr(R"(want {"accept_shrunk": true} or false)")));
  EXPECT_THAT(error_with("[]"), StartsWith("found no JSON object, want {"));
  EXPECT_THAT(error_with(R"({"accept": true})"), StartsWith("found the key \"accept\", want {"));
  EXPECT_THAT(error_with(R"({"accept_shrunk": 1})"), HasSubstr("true or false, want {"));
  EXPECT_THAT(error_with(R"({"accept_loss": true})"), StartsWith("found no text for "));
  EXPECT_THAT(error_with(R"({"accept_shrunk": true} x)"), StartsWith("found no JSON at byte "));
  EXPECT_THAT(error_with(std::string(60000, '[')), StartsWith("found no JSON at byte "));
  EXPECT_EQ(fixture.reloaded, 0);
}

}  // namespace
}  // namespace postern::control::control_test
