#include "rules/needs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/rules_from.h"

namespace postern::needs_test {
namespace {

Needs needs_of_rules(const std::string& rules, const std::string& lists = "") {
  return rules_from("version: 1\n" + lists + "rules:\n" + rules)->needs();
}

Needs needs_of_rule(const std::string& rest) {
  return needs_of_rules("  - { name: a, " + rest + " }\n");
}

TEST(Needs, WhatIsSoftenedDefers) {
  const std::string refuses = "  - { name: r, when: { client: 192.0.2.1 }, then: reject }\n";
  const std::string softens = "  - { name: s, then: soften }\n";
  EXPECT_TRUE(needs_of_rules(softens + refuses).has(ActionKind::defer));
  EXPECT_FALSE(needs_of_rules(refuses + softens).has(ActionKind::defer)) << "it stands below";
  EXPECT_TRUE(
      needs_of_rules("  - { name: b, when: { client: 192.0.2.1 }, then: [soften, reject] }\n")
          .has(ActionKind::defer));
  EXPECT_FALSE(needs_of_rules("  - { name: s, mode: log, then: soften }\n" + refuses)
                   .has(ActionKind::defer));
}

TEST(Needs, ARuleThatAsksForAFindingIsJudgedWhenItIsKnown) {
  const Needs needs = needs_of_rules(
      "  - { name: c, stage: rcpt, check: sender_mx, on: { missing: log } }\n"
      "  - { name: f, when: { found: c.missing }, then: reject }\n"
      "  - { name: r, when: { client: 192.0.2.1 }, then: reject }\n");
  EXPECT_EQ(needs.deciding, (StageSet{Stage::connect, Stage::rcpt}));
}

using Fields = std::vector<std::string>;

TEST(Needs, NoRulesNeedNothing) {
  const Needs needs = rules_from("version: 1\nrules: []\n")->needs();
  EXPECT_TRUE(needs.stages.empty());
  EXPECT_TRUE(needs.attributes.none());
  EXPECT_TRUE(needs.actions.none());
  EXPECT_TRUE(needs.header_fields.empty());
  EXPECT_FALSE(needs.about_recipients());
}

TEST(Needs, NothingIsAskedForARuleWithoutAnEntry) {
  const std::string rules =
      "  - { name: spared, when: { recipient: postmaster@ }, then: pass }\n"
      "  - { name: subject, when: { header.subject: l }, then: reject }\n";
  const Needs idle = needs_of_rules(rules, "lists: { l: { kind: text, entries: [] } }\n");
  EXPECT_EQ(idle.stages, StageSet{Stage::rcpt});
  EXPECT_EQ(idle.header_fields, Fields{});
  EXPECT_FALSE(idle.may_mix_recipients());
  const Needs busy = needs_of_rules(rules, "lists: { l: { kind: text, entries: [x] } }\n");
  EXPECT_EQ(busy.header_fields, Fields{"subject"});
  EXPECT_TRUE(busy.may_mix_recipients());
}

TEST(Needs, StagesAreWhereARuleCanFirstBeJudgedAndCarriedOut) {
  struct Case {
    const char* rule;
    StageSet stages;
  };
  const std::vector<Case> cases = {
      {"then: log", {Stage::connect}},
      {"when: { client: 192.0.2.1 }, then: reject", {Stage::connect}},
      {"when: { reverse_client_name: x.example }, then: reject", {Stage::connect}},
      {"when: { helo: x.example }, then: reject", {Stage::helo}},
      {"when: { sender: x@ }, then: reject", {Stage::mail}},
      {"when: { tls: no }, then: reject", {Stage::mail}},
      {"when: { authenticated: yes }, then: pass", {Stage::mail}},
      {"when: { recipient: x@ }, then: reject", {Stage::rcpt}},
      {"when: { client: 192.0.2.1, recipient: x@ }, then: reject", {Stage::rcpt}},
      {"when: { not: { recipient: x@ } }, then: reject", {Stage::rcpt}},
      {"when: { header.subject: x }, then: reject", {Stage::eom}},
      {"when: { header.from_differs: domain }, then: reject", {Stage::eom}},
      {"when: { client: 192.0.2.1 }, then: delay 5s", {Stage::connect}},
      // Before MAIL there is nothing to put aside, to throw away or to add to.
      {"when: { client: 192.0.2.1 }, then: hold", {Stage::mail}},
      {"when: { client: 192.0.2.1 }, then: discard", {Stage::mail}},
      {"when: { helo: x.example }, then: { prepend: 'X-A: b' }", {Stage::mail}},
      {"check: sender_mx, on: { missing: reject }", {Stage::mail}},
      {"stage: data, when: { sender: x@ }, then: reject", {Stage::data}},
      {"stage: [helo, rcpt], when: { client: 192.0.2.1 }, then: reject",
       {Stage::helo, Stage::rcpt}},
  };
  for (const Case& one : cases) EXPECT_EQ(needs_of_rule(one.rule).stages, one.stages) << one.rule;
}

TEST(Needs, ARuleWithSeveralActionsNeedsTheStageOfEach) {
  const Needs needs =
      needs_of_rule("when: { client: 192.0.2.1 }, then: [delay 5s, { prepend: 'X-A: b' }]");
  EXPECT_EQ(needs.stages, (StageSet{Stage::connect, Stage::mail}));
  EXPECT_TRUE(needs.has(ActionKind::delay));
  EXPECT_TRUE(needs.has(ActionKind::prepend));
  EXPECT_FALSE(needs.has(ActionKind::reject));
}

TEST(Needs, ActionsOfListsAndTheirEntriesAreNeededToo) {
  const Needs needs = needs_of_rules("  - { name: a, when: { sender: bad }, then: reject }\n",
                                     "lists:\n"
                                     "  bad:\n"
                                     "    kind: address\n"
                                     "    entries: [{ entry: a@b.example, then: hold }]\n");
  EXPECT_TRUE(needs.has(ActionKind::hold));
  EXPECT_TRUE(needs.has(ActionKind::reject));
  EXPECT_FALSE(needs.has(ActionKind::pass));
}

TEST(Needs, ActionsForEachFindingOfACheck) {
  const Needs needs = needs_of_rule("check: sender_mx, on: { missing: reject, unknown: defer }");
  EXPECT_TRUE(needs.has(ActionKind::reject));
  EXPECT_TRUE(needs.has(ActionKind::defer));
  EXPECT_FALSE(needs.has(ActionKind::hold));
}

TEST(Needs, FieldsAreOnceEachSortedAndInLowerCase) {
  const Needs needs = needs_of_rules(
      "  - { name: a, when: { header.X-Spam: '~yes' }, then: reject }\n"
      "  - { name: b, when: { header.subject: x, not: { header.List-Id: y } }, then: reject }\n"
      "  - { name: c, when: { header.Subject: z }, then: reject }\n");
  EXPECT_EQ(needs.header_fields, (Fields{"list-id", "subject", "x-spam"}));
  EXPECT_TRUE(needs.has(Attribute::header));
  EXPECT_FALSE(needs.has(Attribute::header_from_domain));
}

TEST(Needs, MailboxesOfFromAreThoseOfTheField) {
  for (const char* when : {"header.from_address: a@", "header.from_domain: a.example",
                           "header.from_differs: address"}) {
    const Needs needs = needs_of_rule(std::string("when: { ") + when + " }, then: reject");
    EXPECT_EQ(needs.header_fields, Fields{"from"}) << when;
  }
}

TEST(Needs, RulesThatAreOffNeedNothing) {
  const Needs needs = needs_of_rules(
      "  - { name: a, mode: off, when: { header.subject: x }, then: hold }\n"
      "  - { name: b, when: { sender: x@ }, then: reject }\n");
  EXPECT_EQ(needs.stages, StageSet{Stage::mail});
  EXPECT_TRUE(needs.header_fields.empty());
  EXPECT_FALSE(needs.has(ActionKind::hold));
}

TEST(Needs, ADryRunHasToSeeWhatItSpeaksOf) {
  const Needs needs = needs_of_rule("mode: log, when: { header.subject: x }, then: reject");
  EXPECT_EQ(needs.stages, StageSet{Stage::eom});
  EXPECT_EQ(needs.header_fields, Fields{"subject"});
}

TEST(Needs, OnlyConditionsOnTheAddressAreAboutRecipients) {
  EXPECT_TRUE(needs_of_rule("when: { recipient: x@ }, then: reject").about_recipients());
  EXPECT_TRUE(
      needs_of_rule("when: { recipient_domain: x.example }, then: reject").about_recipients());
  EXPECT_TRUE(needs_of_rule("when: { not: { recipient: x@ } }, then: reject").about_recipients());
  EXPECT_FALSE(needs_of_rule("when: { recipient_refused: yes }, then: log").about_recipients());
  EXPECT_FALSE(needs_of_rule("when: { sender: x@ }, then: reject").about_recipients());
}

TEST(Needs, ADryRunDecidesNothingAnywhere) {
  const Needs needs = needs_of_rules(
      "  - { name: a, when: { sender: x@ }, then: reject }\n"
      "  - { name: b, mode: log, when: { header.subject: x }, then: hold }\n"
      "  - { name: c, when: { recipient: x@ }, then: log }\n");
  EXPECT_EQ(needs.stages, (StageSet{Stage::mail, Stage::rcpt, Stage::eom}));
  EXPECT_EQ(needs.deciding, StageSet{Stage::mail});
  EXPECT_FALSE(needs.has(ActionKind::hold));
}

TEST(Needs, WhereARuleThatHoldsUpOthersMayTurnOutNotToMatch) {
  const std::string exempt =
      "  - { name: exempt, when: { recipient: x@, header.subject: y }, then: pass }\n";
  const std::string ban = "  - { name: ban, when: { client: 192.0.2.66 }, then: reject }\n";
  EXPECT_EQ(needs_of_rules(exempt + ban).deciding,
            (StageSet{Stage::connect, Stage::rcpt, Stage::eom}));
  EXPECT_EQ(needs_of_rules(ban + exempt).deciding, (StageSet{Stage::connect, Stage::eom}))
      << "nothing below it waits";
}

TEST(Needs, AHeaderIsAddedWhereTheDoorCanStillDoIt) {
  const std::string rules =
      "version: 1\nrules: [ { name: a, when: { client: 192.0.2.1 }, then: "
      "{ prepend: 'X-A: b' } } ]\n";
  EXPECT_EQ(rules_from(rules, {}, {Door::policy, DoorSet::all()})->needs().stages,
            StageSet{Stage::mail});
  EXPECT_EQ(rules_from(rules, {}, {Door::milter, DoorSet::all()})->needs().stages,
            StageSet{Stage::mail});
}

}  // namespace
}  // namespace postern::needs_test
