#include "ctl/status/status.h"

#include <gtest/gtest.h>

#include "common/json/parse_json.h"
#include "ctl/cli/printing.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::status_test {
namespace {

const UtcTime kNow = parse_expiry("2026-11-21T12:00:00Z").value();

DaemonAnswer answer(Door door, const std::string& json) {
  DaemonAnswer made;
  made.daemon = {door, door == Door::policy ? "postern-policyd" : "postern-milter", "/s"};
  made.status = 200;
  made.body = json::parse_json(json).value().as_object();
  return made;
}

std::string status_json(const std::string& fingerprint, const std::string& more = "") {
  return R"({"generation": 12, "since": "2026-11-21T11:56:00Z", "started": "2026-11-20T12:00:00Z",
    "pid": 4711, "version": "0.1.0", "rules": 9, "rules_file": "/etc/postern/rules.yaml",
    "mode": "enforce", "fingerprint": ")" +
         fingerprint + R"(", "decisions": 99, "headers_cut": 2, "not_captured": 3,
    "generations_kept": true,
    "lists": [{"name": "campaign", "kind": "domain", "file": "lists/campaign.txt",
               "entries": 17, "expired": 2}],
    "connections": {"open": 3, "max": 2000, "refused": 1},
    "cache": {"names": 3, "bytes": 900, "max_bytes": 67108864, "hits": 9, "misses": 3},
    "upstreams": [{"server": "127.0.0.1:53", "down": false, "asked": 3, "answered": 3}])" +
         more + "}";
}

constexpr const char* kRefused = R"(, "reload": {"done": 5, "refused": 1, "last": {
  "at": "2026-11-21T11:59:00Z", "trigger": "files", "outcome": "refused", "generation": 12,
  "diagnostics": [{"severity": "error", "file": "rules.yaml", "line": 3, "column": 5,
                   "message": "no \u001b[31m"}]}})";

std::string told(const std::vector<DaemonAnswer>& answers, const std::string& on_disk) {
  return status_text(answers, problems_of(answers, on_disk), kNow);
}

TEST(StatusText, AllIsWell) {
  const std::vector<DaemonAnswer> answers{answer(Door::policy, status_json("aa")),
                                          answer(Door::milter, status_json("aa"))};
  EXPECT_TRUE(problems_of(answers, "aa").empty());
  const std::string text = told(answers, "aa");
  EXPECT_TRUE(text.starts_with("well: "));
  EXPECT_TRUE(has(text, "generation 12, in force since 2026-11-21T11:56:00Z (4m ago)"));
  EXPECT_TRUE(has(text, "17 entries, 2 expired"));
  EXPECT_TRUE(has(text, "3 of 2000, 1 refused; 99 decisions"));
  EXPECT_TRUE(has(text, "headers      more than is kept in 2 messages (cut= in the log)"));
  EXPECT_TRUE(has(text, "captures     not redirected or copied: 3 messages, as the MTA does not"));
  EXPECT_TRUE(has(text, "900 B of 64.0 MiB, 75 % hits"));
  EXPECT_EQ(text.find("campaign"), text.rfind("  campaign") + 2) << "lists are told once";
}

TEST(StatusText, AShadowThatRunsIsNamed) {
  const auto shadowed =
      answer(Door::policy, status_json("aa", R"(, "shadow": {"file": "/new/rules.yaml",
        "since": "2026-11-21T11:56:00Z", "decisions": 40, "differences": 2})"));
  EXPECT_TRUE(problems_of({shadowed}, "aa").empty());
  EXPECT_TRUE(has(told({shadowed}, "aa"),
                  "shadow       /new/rules.yaml, since 2026-11-21T11:56:00Z (4m ago): 2 of 40 "
                  "decisions differ\n"));
}

std::string shedding(const std::string& now, const std::string& domain) {
  return R"(, "shedding": {"now": )" + now + R"(, "seconds": 130, "questions": 3417, "domain": ")" +
         domain + "\"}";
}

TEST(StatusText, ShedQuestionsAreAProblemWhileTheyAreShed) {
  const std::vector<DaemonAnswer> shed{
      answer(Door::policy, status_json("aa", shedding("true", "evil.example"))),
      answer(Door::milter, status_json("aa", shedding("false", "")))};
  const auto problems = problems_of(shed, "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(exit_of(problems), CtlExit::no);
  EXPECT_TRUE(
      told(shed, "aa")
          .starts_with("PROBLEM: postern-policyd: DNS QUESTIONS ARE SHED for 2m, 3417 so far"));
  EXPECT_TRUE(has(problems[0].text, "; the last for evil.example; their mail is deferred"));

  const auto over = answer(Door::policy, status_json("aa", shedding("false", "")));
  EXPECT_TRUE(problems_of({over}, "aa").empty());
  EXPECT_TRUE(told({over}, "aa").starts_with("well: "));
  const auto unnamed = answer(Door::policy, status_json("aa", shedding("true", "")));
  EXPECT_FALSE(has(problems_of({unnamed}, "aa")[0].text, "the last for"));
}

std::string dns_list(const std::string& trouble) {
  return R"(, "dns_lists": [{"zone": "bl.example", "trouble": )" + trouble + "}]";
}

TEST(StatusText, ADnsListThatRefusesIsAProblemWithWhatToDo) {
  const std::vector<DaemonAnswer> refused{
      answer(Door::policy, status_json("aa", dns_list(R"({"answer": "refused",
        "detail": "bl.example 127.255.255.254", "since": "2026-11-21T11:00:00Z"})")))};
  const auto problems = problems_of(refused, "aa");
  EXPECT_EQ(exit_of(problems), CtlExit::no);
  EXPECT_TRUE(
      told(refused, "aa")
          .starts_with("PROBLEM: postern-policyd: the DNS list bl.example REFUSES TO ANSWER since "
                       "2026-11-21T11:00:00Z (bl.example 127.255.255.254) and lists nobody: ask it "
                       "through a "
                       "resolver of your own, "));
  const std::vector<DaemonAnswer> broken{
      answer(Door::policy, status_json("aa", dns_list(R"({"answer": "broken",
        "detail": "bl.example has no test point", "since": "2026-11-21T11:00:00Z"})")))};
  EXPECT_TRUE(has(told(broken, "aa"), "the DNS list bl.example IS BROKEN since"));
  EXPECT_TRUE(has(told(broken, "aa"), "write 'test_point: none'"));
  const std::vector<DaemonAnswer> right{answer(Door::policy, status_json("aa", dns_list("null")))};
  EXPECT_TRUE(told(right, "aa").starts_with("well: "));
}

TEST(StatusText, SilentDaemonsCountMost) {
  DaemonAnswer silent;
  silent.daemon = {Door::milter, "postern-milter", "/s"};
  silent.error = "nobody listens";
  const auto problems = problems_of({answer(Door::policy, status_json("aa")), silent}, "bb");
  EXPECT_EQ(exit_of(problems), CtlExit::failed);
  EXPECT_EQ(problems.front().text, "postern-milter DOES NOT ANSWER: nobody listens");
}

TEST(StatusText, DoorsThatDiffer) {
  const std::vector<DaemonAnswer> answers{answer(Door::policy, status_json("aa")),
                                          answer(Door::milter, status_json("bb"))};
  const auto problems = problems_of(answers, "aa");
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_TRUE(has(problems[0].text, "DIFFERENT rules"));
  EXPECT_TRUE(has(problems[1].text, "postern-milter: the files on disk are NOT what runs"));
  EXPECT_EQ(exit_of(problems), CtlExit::no);
}

TEST(StatusText, FilesThatCannotBeRead) {
  EXPECT_EQ(exit_of(problems_of({answer(Door::policy, status_json("aa"))}, std::nullopt)),
            CtlExit::no);
}

TEST(StatusText, ARefusedReloadIsShownWithItsPlace) {
  const std::string text = told({answer(Door::policy, status_json("aa", kRefused))}, "aa");
  EXPECT_TRUE(text.starts_with("PROBLEM: postern-policyd: the last reload was REFUSED"));
  EXPECT_TRUE(has(text, "rules.yaml:3:5: error: no \\x1b[31m\n"));
  EXPECT_TRUE(has(text, "5 done, 1 refused since the start"));
}

TEST(StatusText, FilesThatCouldNotBeReadJustNow) {
  const std::string postponed = R"(, "reload": {"done": 5, "refused": 1, "postponed": 3, "last": {
    "at": "2026-11-21T11:59:00Z", "trigger": "retry", "outcome": "postponed", "generation": 12,
    "diagnostics": [{"severity": "error", "file": "rules.yaml", "line": 0, "column": 0,
                     "message": "cannot open rules.yaml: Too many open files"}]}})";
  const auto answers = {answer(Door::policy, status_json("aa", postponed))};
  EXPECT_EQ(exit_of(problems_of(answers, "aa")), CtlExit::no);
  const std::string text = told(answers, "aa");
  EXPECT_TRUE(text.starts_with(
      "PROBLEM: postern-policyd: files could NOT BE READ at 2026-11-21T11:59:00Z and are tried "
      "again; generation 12 goes on\n"));
  EXPECT_TRUE(has(text, "rules.yaml: error: cannot open rules.yaml: Too many open files\n"));
  EXPECT_TRUE(has(text, "5 done, 1 refused since the start, 3 put off"));
}

TEST(StatusText, DomainsThatAListOutOfSpfCouldNotAsk) {
  std::string json = status_json("aa");
  const std::string end = R"("expired": 2})";
  json.replace(json.find(end), end.size(),
               R"("expired": 2, "spf": {"problems": ["a.example: servfail \u001b"]}},)"
               R"({"name": "other", "spf": null})");
  const std::vector<DaemonAnswer> answers{answer(Door::policy, json), answer(Door::milter, json)};
  const std::string text = told(answers, "aa");
  const std::string line = "note: list 'campaign': a.example: servfail \\x1b\n";
  EXPECT_TRUE(has(text, line)) << text;
  EXPECT_EQ(text.find(line), text.rfind(line)) << "both daemons ask the same";
  EXPECT_EQ(exit_of(problems_of(answers, "aa")), CtlExit::ok);
}

TEST(StatusText, AGenerationThatIsNotKept) {
  const auto answers = {
      answer(Door::policy, status_json("aa", R"(, "not_kept": "cannot write: No \u001b space")"))};
  EXPECT_EQ(exit_of(problems_of(answers, "aa")), CtlExit::no);
  EXPECT_TRUE(has(told(answers, "aa"),
                  "PROBLEM: postern-policyd: generation 12 is NOT KEPT, which is tried again: "
                  "cannot write: No \\x1b space\n"));
  EXPECT_TRUE(problems_of({answer(Door::policy, status_json("aa", R"(, "not_kept": null)"))}, "aa")
                  .empty());
}

TEST(StatusText, TheStore) {
  DaemonAnswer one = answer(Door::policy, status_json("aa"));
  one.body["store"] =
      boost::json::object{{"file", "/s/records.mdb"}, {"records", 9000}, {"bytes", 800000},
                          {"max_bytes", 268435456},   {"waiting", 3},    {"put_aside", 0}};
  EXPECT_EQ(store_text(one.body["store"].as_object()), "9000 records, " + rough_size(800000) +
                                                           " of " + rough_size(268435456) +
                                                           ", 3 effects waiting");
  EXPECT_TRUE(problems_of({one}, "aa").empty());
}

TEST(StatusText, AStoreThatCannotBeUsed) {
  DaemonAnswer one = answer(Door::policy, status_json("aa"));
  one.body["store"] = boost::json::object{{"failing", "cannot open /s: no"}};
  const auto problems = problems_of({one}, "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().text,
            "postern-policyd: the store is NOT IN USE, mail is judged without it: "
            "cannot open /s: no");
  EXPECT_EQ(exit_of(problems), CtlExit::no);
}

TEST(StatusText, ASharedStoreThatIsNotInUse) {
  DaemonAnswer one = answer(Door::policy, status_json("aa"));
  boost::json::object shared{{"server", "unix:/r"}, {"failing", nullptr}, {"waiting", 3}};
  one.body["store"] = boost::json::object{{"shared", shared}};
  EXPECT_TRUE(
      has(store_text(one.body["store"].as_object()), "; shared by unix:/r, 3 effects waiting"));
  EXPECT_TRUE(problems_of({one}, "aa").empty());
  shared["failing"] = "it says: MISCONF";
  one.body["store"] = boost::json::object{{"shared", shared}};
  EXPECT_TRUE(has(store_text(one.body["store"].as_object()), "; shared by unix:/r, not in use, 3"));
  const auto problems = problems_of({one}, "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().text,
            "postern-policyd: the shared store at unix:/r is NOT IN USE, this host judges by what "
            "it knows itself: it says: MISCONF");
  EXPECT_EQ(exit_of(problems), CtlExit::no);
}

TEST(StatusText, AStoreThatWasDamagedIsNoReasonForANo) {
  DaemonAnswer one = answer(Door::policy, status_json("aa"));
  one.body["store"] = boost::json::object{{"file", "/s/records.mdb"}, {"put_aside", 1}};
  const auto problems = problems_of({one}, "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().text,
            "postern-policyd: the store was DAMAGED and began anew; what it was is "
            "/s/records.mdb.damaged");
  EXPECT_EQ(exit_of(problems), CtlExit::ok);
}

TEST(StatusText, ConnectionsThatHaveToWait) {
  DaemonAnswer waiting = answer(Door::policy, status_json("aa"));
  waiting.body["connections"].as_object()["waiting_for"] = "Too many open files";
  const auto problems = problems_of({waiting}, "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().text,
            "postern-policyd: connections HAVE TO WAIT: Too many open files");
  EXPECT_EQ(exit_of(problems), CtlExit::no);
}

TEST(StatusText, WarningsOfTheRulesStandOnTopAndOnce) {
  const std::string warned = R"(, "reload": {"done": 5, "refused": 0, "last": {
    "at": "2026-11-21T11:59:00Z", "trigger": "files", "outcome": "done", "generation": 12,
    "diagnostics": [{"severity": "warning", "file": "rules.yaml", "line": 3, "column": 0,
                     "message": "value '~.' is very broad"}]}})";
  const auto text = told({answer(Door::policy, status_json("aa", warned)),
                          answer(Door::milter, status_json("aa", warned))},
                         "aa");
  const std::string line = "rules.yaml:3: warning: value '~.' is very broad\n";
  EXPECT_TRUE(text.starts_with("note: " + line + "well: ")) << text;
  EXPECT_EQ(text.find(line), text.rfind(line));
}

TEST(StatusText, OfManyWarningsTheFirst) {
  std::string many;
  for (int i = 1; i <= 12; ++i) {
    many += R"({"severity": "warning", "file": "r", "line": )" + std::to_string(i) +
            R"(, "message": "m"})" + (i < 12 ? "," : "");
  }
  const auto text = told({answer(Door::policy, status_json("aa", R"(, "reload": {"last": {
    "outcome": "done", "diagnostics": [)" + many + "]}}"))},
                         "aa");
  EXPECT_TRUE(has(text, "note: r:10: warning: m\nnote: and 2 more warnings; see posternctl check"));
}

TEST(StatusText, WhatIsOnlyWorthKnowing) {
  const auto problems =
      problems_of({answer(Door::policy,
                          status_json("aa", R"(, "restart_needed": ["policyd.listen", "user"])"))},
                  "aa");
  EXPECT_EQ(exit_of(problems), CtlExit::ok);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(has(problems[0].text, "policyd.listen, user"));
}

TEST(StatusText, ANameServerThatIsDownIsNamed) {
  const auto problems = problems_of({answer(Door::policy, R"({"fingerprint": "aa", "upstreams": [
         {"server": "192.0.2.53:53", "down": true, "failures_in_a_row": 7}]})")},
                                    "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(has(problems[0].text, "192.0.2.53:53 does not answer (7 failures in a row)"));
}

TEST(StatusText, AnOpenCircuitIsAProblem) {
  const auto problems = problems_of({answer(Door::policy, R"({"fingerprint": "aa",
         "circuit": {"open": true, "seconds": 75, "not_asked": 4711, "opened": 2}})")},
                                    "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].text,
            "postern-policyd: NO NAME SERVER ANSWERS for 75s; 4711 questions were not asked");
  EXPECT_EQ(exit_of(problems), CtlExit::no);
  EXPECT_TRUE(problems_of({answer(Door::policy, R"({"fingerprint": "aa",
         "circuit": {"open": false, "seconds": 0, "not_asked": 4711, "opened": 2}})")},
                          "aa")
                  .empty());
}

TEST(StatusText, DecisionsThatWereCutShortAreWorthKnowing) {
  const auto problems = problems_of(
      {answer(Door::milter, R"({"fingerprint": "aa", "decisions_cut_short": 3})")}, "aa");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(has(problems[0].text,
                  "postern-milter: 3 decisions since the start took all of "
                  "decision.max_work"));
  EXPECT_EQ(exit_of(problems), CtlExit::ok);
  EXPECT_TRUE(
      problems_of({answer(Door::milter, R"({"fingerprint": "aa", "decisions_cut_short": 0})")},
                  "aa")
          .empty());
}

TEST(StatusText, AnAnswerOfAnotherFormIsSurvived) {
  const auto odd = answer(Door::policy, R"({"lists": 7, "reload": [], "generation": "x",
    "upstreams": [1, null, {}], "restart_needed": {}, "connections": "many"})");
  EXPECT_TRUE(has(told({odd}, "aa"), "generation 0"));
}

TEST(StatusText, RoughSizes) {
  EXPECT_EQ(rough_size(1023), "1023 B");
  EXPECT_EQ(rough_size(3277), "3.2 KiB");
  EXPECT_EQ(rough_size(std::uint64_t{1} << 31U), "2.0 GiB");
}

TEST(StatusText, Columns) {
  EXPECT_EQ(as_columns({{"a", "bb"}, {"ccc", "d"}, {"e"}}), "a    bb\nccc  d\ne\n");
}

}  // namespace
}  // namespace postern::ctl::status_test
