#include "rules/load/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>

#include "tests/support/rules_from.h"

namespace postern::load::rule_file_test {
namespace {

using testing::HasSubstr;

template <class Returned>
using Reader = Returned (*)(const std::string&);

static_assert(std::is_constructible_v<ReadListFile, Reader<Result<std::string_view>>>);
static_assert(std::is_convertible_v<Reader<Result<std::string_view>>, ReadListFile>);
static_assert(std::is_constructible_v<ReadListFile, Reader<tl::unexpected<Error>>>);
static_assert(std::is_copy_constructible_v<ReadListFile>);
// Of these the view would be of a string that is gone.
static_assert(!std::is_constructible_v<ReadListFile, Reader<Result<std::string>>>);
static_assert(!std::is_constructible_v<ReadListFile, Reader<std::string>>);
static_assert(!std::is_constructible_v<ReadListFile, Reader<const char*>>);
static_assert(
    !std::is_constructible_v<ReadListFile, std::function<Result<std::string>(std::string)>>);
static_assert(!std::is_constructible_v<ReadListFile, int>);

TEST(RuleFile, LoadsWhatItSays) {
  const auto rules = rules_from(R"(version: 1
lists:
  nets: { kind: network, file: nets.txt }
  names: { kind: domain, entries: [a.example, { entry: b.example, reason: why }], then: hold }
rules:
  - { name: one, when: { client: nets }, then: pass }
  - { name: two, mode: off, then: reject }
  - { name: three, mode: log, stage: [rcpt, data], when: { sender_domain: names }, then: reject }
  - { name: four, check: sender_mx, preset: standard, on: { missing: log } }
)",
                                {{"nets.txt", "192.0.2.0/24\n"}});
  EXPECT_EQ(rules->generation(), 7U);
  ASSERT_EQ(rules->rules().size(), 3U) << "without the one in mode off";
  EXPECT_EQ(rules->rules()[0].name, "one");
  EXPECT_TRUE(rules->rules()[0].may_decide);
  EXPECT_EQ(rules->rules()[0].where.to_string(), "rules.yaml:6:5");
  EXPECT_EQ(rules->rules()[1].mode, Mode::log);
  EXPECT_FALSE(rules->rules()[1].may_decide);
  EXPECT_EQ(rules->rules()[1].stages, (StageSet{Stage::rcpt, Stage::data}));
  ASSERT_EQ(rules->lists().size(), 2U);
  EXPECT_EQ(rules->lists()[0]->file(), "nets.txt");
  EXPECT_EQ(rules->lists()[1]->entries().size(), 2U);
  const auto& on = rules->rules()[2].check()->on;
  EXPECT_EQ(kind_of(on[2].at(0)), ActionKind::reject) << "null_mx, from the preset";
  EXPECT_EQ(kind_of(on[4].at(0)), ActionKind::log) << "missing, from `on`";
}

struct Mode3 {
  const char* file;
  const char* rule;
  int wanted;  // -1: the rule is not there
};

TEST(RuleFile, TheModeOfTheFileIsTheStrongest) {
  for (const Mode3& c :
       {Mode3{"enforce", "enforce", 2}, Mode3{"enforce", "log", 1}, Mode3{"enforce", "off", -1},
        Mode3{"log", "enforce", 1}, Mode3{"log", "log", 1}, Mode3{"log", "off", -1},
        Mode3{"off", "enforce", -1}, Mode3{"off", "log", -1}}) {
    const auto rules = rules_from("version: 1\nmode: " + std::string(c.file) +
                                  "\nrules: [ { name: a, mode: " + c.rule + ", then: reject } ]\n");
    const int found = rules->rules().empty() ? -1 : static_cast<int>(rules->rules()[0].mode);
    EXPECT_EQ(found, c.wanted) << c.file << " " << c.rule;
  }
}

struct Wrong {
  const char* rules;  // behind `version: 1`
  const char* said;
};

// More of them: tests/scenarios/refused.yaml.
TEST(RuleFile, Refuses) {
  for (const Wrong& c : {
           Wrong{"rules: {}", "rules: found no sequence"},
           Wrong{"rules:", "rules: found no sequence"},
           Wrong{"", "key 'rules' is missing"},
           Wrong{"mode: maybe\nrules: []", "mode: found 'maybe'"},
           Wrong{"rules: []\nrulez: []", "found the key 'rulez'"},
           Wrong{"rules: [a]", "rule: found 'a', want a map of keys"},
           Wrong{"rules: [ { name: a, stage: [], then: reject } ]", "stage: found an empty list"},
           Wrong{"rules: [ { name: a, when: { not: {} }, then: reject } ]",
                 "not: found an empty map"},
           Wrong{"rules: [ { name: a, when: { not: [{}] }, then: reject } ]",
                 "not: found an empty map"},
           Wrong{"rules: [ { name: a, when: , then: reject } ]", "when: found nothing"},
           Wrong{"rules: [ { name: '', then: reject } ]", "name: found ''"},
           Wrong{"lists: []\nrules: []", "lists: found no map"},
           Wrong{"lists: { 'a b': { kind: text, entries: [] } }\nrules: []",
                 "list name found 'a b'"},
           Wrong{"lists: { inline: { kind: text, entries: [] } }\nrules: []",
                 "list name found 'inline'"},
           Wrong{"lists: { l: { kind: text, entries: a } }\nrules: []", "found no sequence"},
           Wrong{"lists: { l: { kind: text, entries: [[a]] } }\nrules: []", "found no entry"},
           Wrong{"lists: { l: { kind: text, entries: [~] } }\nrules: []", "found no entry"},
           Wrong{"lists: { l: { kind: text, entries: ['~'] } }\nrules: []",
                 "would match everything"},
           Wrong{"lists: { l: { kind: text, entries: [], then: skip a } }\nrules: []",
                 "skip cannot be the action of an entry"},
           Wrong{"lists: { l: { kind: text, file: [a] } }\nrules: []", "file: found a list"},
           Wrong{"lists: { l: { kind: text, file: gone } }\nrules: []", "cannot open gone"},
           Wrong{"lists: { l: { kind: text, entries: [ { reason: x } ] } }\nrules: []",
                 "entry: key 'entry' is missing"},
           Wrong{"lists: { l: { kind: text, entries: [ { entry: a, expires: [] } ] } }\nrules: []",
                 "is not a day or time"},
       }) {
    EXPECT_THAT(complaints_about(std::string("version: 1\n") + c.rules + "\n"),
                testing::AllOf(HasSubstr("error: "), HasSubstr(c.said)))
        << c.rules;
  }
}

TEST(RuleFile, NamesHaveAtMost64Characters) {
  const auto file = [](std::size_t length) {
    return "version: 1\nrules: [ { name: " + std::string(length, 'n') + ", then: reject } ]\n";
  };
  EXPECT_EQ(complaints_about(file(64)), "");
  EXPECT_THAT(complaints_about(file(65)), HasSubstr("at most 64"));
}

TEST(RuleFile, WarningsAloneDoNotMatter) {
  Diagnostics diagnostics;
  const auto rules = load_rules(
      "version: 1\nlists: { l: { kind: text, entries: [a] } }\nrules:\n"
      "  - { name: a, then: log }\n  - { name: b, then: skip a }\n"
      "  - { name: c, then: reject }\n  - { name: d, then: pass }\n",
      "r", reader_of({}), 1, {}, diagnostics);
  ASSERT_TRUE(rules);
  EXPECT_FALSE(diagnostics.has_errors());
  for (const char* said :
       {"list 'l' is used by no rule", "rule 'a' stands above and is not skipped",
        "rule 'd' is never reached"}) {
    EXPECT_THAT(diagnostics.to_string(), HasSubstr(said));
  }
}

TEST(RuleFile, WithErrorsThereIsNoSnapshot) {
  for (const char* text : {"", "[]", "version: 2\nrules: []\n", "rules: []\n", "\xff",
                           "version: 1\nrules: [ { name: a, then: reject, then: pass } ]\n"}) {
    Diagnostics diagnostics;
    EXPECT_EQ(load_rules(text, "r", reader_of({}), 1, {}, diagnostics), nullptr) << text;
    EXPECT_TRUE(diagnostics.has_errors()) << text;
  }
}

constexpr const char* kHeaderRules =
    "version: 1\nlists: { l: { kind: text, entries: [a] } }\nrules:\n"
    "  - { name: plain, when: { sender: a@ }, then: reject }\n"
    "  - { name: subject, when: { not: { header.subject: l } }, then: hold }\n"
    "  - { name: refused, when: { recipient_refused: yes }, then: log }\n";

std::vector<std::string> names_in(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const Rule& rule : snapshot.rules()) names.push_back(rule.name);
  return names;
}

TEST(RuleFile, TheMilterDoorJudgesByAllRules) {
  EXPECT_EQ(complaints_about(kHeaderRules, {}, {Door::milter, {Door::milter}}), "");
  const auto rules = rules_from(kHeaderRules, {}, {Door::milter, DoorSet::all()});
  EXPECT_THAT(names_in(*rules), testing::ElementsAre("plain", "subject", "refused"));
}

TEST(RuleFile, BesideAMilterThePolicyDoorDoesWithoutWhatItCannotSee) {
  const LoadTarget both{Door::policy, DoorSet::all()};
  EXPECT_EQ(names_in(*rules_from(kHeaderRules, {}, both)), std::vector<std::string>{"plain"});
  EXPECT_EQ(complaints_about(kHeaderRules, {}, both),
            "rules.yaml:5:5: warning: rule 'subject' looks at header.subject, which Postfix's "
            "policy protocol does not tell: postern-policyd does without it\n"
            "rules.yaml:6:5: warning: rule 'refused' looks at recipient_refused, which Postfix's "
            "policy protocol does not tell: postern-policyd does without it\n");
}

TEST(RuleFile, AloneThePolicyDoorRefusesThem) {
  const std::string said = complaints_about(kHeaderRules, {}, {Door::policy, {Door::policy}});
  EXPECT_THAT(said, HasSubstr("rules.yaml:5:5: error: rule 'subject' looks at header.subject, "
                              "which Postfix's policy protocol does not tell; want "
                              "postern-milter, with 'milter:' in the settings"));
}

// What is shipped: a list for later, and its rule.
constexpr const char* kEmptySubjects =
    "version: 1\nlists: { l: { kind: text, file: l.txt } }\nrules:\n"
    "  - { name: subject, when: { header.subject: l }, then: reject }\n"
    "  - { name: plain, when: { sender: a@ }, then: reject }\n";

TEST(RuleFile, ARuleWithoutAnEntryBothersNoDoor) {
  for (const LoadTarget& target :
       {LoadTarget{Door::policy, {Door::policy}}, LoadTarget{Door::policy, DoorSet::all()},
        LoadTarget{Door::milter, {Door::milter}}}) {
    EXPECT_EQ(complaints_about(kEmptySubjects, {{"l.txt", "# none\n"}}, target), "");
    const auto rules = rules_from(kEmptySubjects, {{"l.txt", ""}}, target);
    EXPECT_THAT(names_in(*rules), testing::ElementsAre("subject", "plain"));
    EXPECT_TRUE(rules->rules()[0].is_idle);
  }
}

TEST(RuleFile, WithItsFirstEntryItDoes) {
  const ListFiles files{{"l.txt", "\"You have won\"\n"}};
  EXPECT_THAT(complaints_about(kEmptySubjects, files, {Door::policy, {Door::policy}}),
              HasSubstr("error: rule 'subject' looks at header.subject, which Postfix's policy "
                        "protocol does not tell; want postern-milter"));
  EXPECT_THAT(complaints_about(kEmptySubjects, files, {Door::milter, {Door::milter}}),
              HasSubstr("warning: rule 'subject' is for the end of a message"));
}

TEST(RuleFile, OneThatHoldsWithoutAnEntryIsNotIdle) {
  EXPECT_THAT(
      complaints_about("version: 1\nlists: { l: { kind: text, file: l.txt } }\nrules:\n"
                       "  - { name: a, when: { not: { header.subject: l } }, then: hold }\n",
                       {{"l.txt", ""}}, {Door::policy, {Door::policy}}),
      HasSubstr("error: rule 'a' looks at header.subject"));
}

TEST(RuleFile, ARuleThatIsOffBothersNoDoor) {
  EXPECT_EQ(complaints_about("version: 1\nrules: [ { name: a, when: { header.x: y }, then: hold, "
                             "mode: off } ]\n",
                             {}, {Door::policy, {Door::policy}}),
            "");
}

TEST(RuleFile, WhatWaitsForTheEndBelongsAtTheBottom) {
  EXPECT_THAT(complaints_about("version: 1\nrules:\n"
                               "  - { name: late, when: { header.subject: x }, then: reject }\n"
                               "  - { name: early, when: { sender: a@ }, then: reject }\n"),
              HasSubstr("warning: rule 'late' is for the end of a message: rule 'early'"));
}

}  // namespace
}  // namespace postern::load::rule_file_test
