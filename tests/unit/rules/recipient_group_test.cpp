#include "rules/recipient_group.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::recipient_group_test {
namespace {

RecipientGroup group_of(const Snapshot& snapshot, std::string_view recipient,
                        PutAside put_aside = PutAside::no, std::string_view sender = "s@a.example",
                        std::string_view user = "") {
  auto transaction =
      TransactionBuilder(Stage::rcpt).sender(sender).recipient(recipient).transaction;
  transaction.sasl_username = user;
  return recipient_group(snapshot, transaction, put_aside, {});
}

struct Case {
  const char* why;
  const char* rules;  // in flow style
  bool same;          // whether a@d.example and b@d.example are of one group
};

constexpr const char* kLists = R"(version: 1
lists:
  kinds:
    kind: address
    entries:
      - { entry: a@d.example, then: pass }
      - { entry: b@d.example, then: reject }
  some:
    kind: address
    entries: [a@d.example, b@d.example]
)";

const std::vector<Case> kCases = {

    {"no rules", "", true},
    {"nobody is named", "{ name: h, when: { header.x: y }, then: reject }", true},
    {"one passes above it",
     "{ name: p, when: { recipient: a@ }, then: pass }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     false},
    {"one passes below it",
     "{ name: h, when: { header.x: y }, then: reject }, "
     "{ name: p, when: { recipient: a@ }, then: pass }",
     true},
    {"nothing is left for either",
     "{ name: p, when: { recipient: a@ }, then: pass }, "
     "{ name: r, when: { sender: x@ }, then: reject }",
     true},
    {"the rule names one", "{ name: h, when: { header.x: y, recipient: a@ }, then: reject }",
     false},
    {"the rule names both", "{ name: h, when: { header.x: y, recipient: [a@, b@] }, then: reject }",
     true},
    {"the rule leaves out one",
     "{ name: h, when: { header.x: y, not: { recipient: a@ } }, then: discard }", false},
    {"exceptions by header differ",
     "{ name: h, when: { header.x: y, not: [ { recipient: a@, header.z: 1 }, "
     "{ recipient: b@, header.z: 2 } ] }, then: reject }",
     false},
    {"an exception by header holds for both",
     "{ name: h, when: { header.x: y, not: [ { recipient: some, header.z: 1 } ] }, "
     "then: reject }",
     true},
    {"one is skipped over it",
     "{ name: s, when: { recipient: a@ }, then: skip h }, "
     "{ name: h, when: { header.x: y }, then: hold }",
     false},
    {"what is skipped is not below",
     "{ name: r, when: { recipient: x@ }, then: reject }, "
     "{ name: s, when: { recipient: a@ }, then: skip r }, "
     "{ name: h, when: { header.x: y }, then: hold }",
     true},
    {"what would refuse one is softened",
     "{ name: s, when: { recipient: a@ }, then: soften }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     false},
    {"it is softened for both, by different rules",
     "{ name: s, when: { recipient: a@ }, then: soften }, "
     "{ name: t, when: { recipient: b@ }, then: soften }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
    {"it is softened twice for one",
     "{ name: s, then: soften }, { name: t, when: { recipient: b@ }, then: soften }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
    {"nothing is left that could be softened",
     "{ name: s, when: { recipient: a@ }, then: soften }, "
     "{ name: r, when: { sender: x@ }, then: reject }",
     true},
    {"what a rule asks about is found for one of them",
     "{ name: c, when: { recipient: a@ }, check: sender_mx, on: { missing: log } }, "
     "{ name: h, when: { header.x: y, found: c.missing }, then: reject }",
     false},
    {"what a rule asks about is found for both",
     "{ name: c, check: sender_mx, on: { missing: log } }, "
     "{ name: h, when: { header.x: y, found: c.missing }, then: reject }",
     true},
    {"nobody asks for what is found for one of them",
     "{ name: c, when: { recipient: a@ }, check: sender_mx, on: { missing: log } }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
    {"the pass is in mode log",
     "{ name: p, mode: log, when: { recipient: a@ }, then: pass }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
    {"the rule is in mode log",
     "{ name: p, when: { recipient: a@ }, then: pass }, "
     "{ name: h, mode: log, when: { header.x: y }, then: reject }",
     true},
    {"the rule only notes",
     "{ name: p, when: { recipient: a@ }, then: pass }, "
     "{ name: h, when: { header.x: y }, then: { prepend: 'X-A: b' } }",
     true},
    {"the rule could only spare", "{ name: h, when: { header.x: y, recipient: a@ }, then: pass }",
     true},
    {"the rule could spare what stands below",
     "{ name: h, when: { header.x: y, recipient: a@ }, then: pass }, "
     "{ name: r, when: { header.z: y }, then: defer }",
     false},
    {"all pass above",
     "{ name: all, when: { sender: s@ }, then: pass }, "
     "{ name: p, when: { recipient: a@ }, then: pass }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
    {"refused at data", "{ name: d, stage: data, when: { recipient: a@ }, then: reject }", false},
    {"refused at eom", "{ name: d, stage: eom, when: { recipient: a@ }, then: discard }", false},
    {"spared at rcpt",
     "{ name: p, stage: rcpt, when: { recipient: a@ }, then: pass }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     false},
    {"noted at rcpt alone",
     "{ name: p, stage: rcpt, when: { recipient: a@ }, then: { prepend: 'X-A: b' } }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
    {"entries say different things",
     "{ name: k, stage: eom, when: { recipient: kinds }, then: defer }", false},
    {"entries say the same", "{ name: k, when: { recipient: some, header.x: y }, then: defer }",
     true},
    {"a check below",
     "{ name: p, when: { recipient: a@ }, then: pass }, { name: c, stage: eom, check: "
     "sender_mx, preset: standard }",
     false},
    {"for refused recipients",
     "{ name: p, when: { recipient_refused: yes, recipient: a@ }, then: log }, "
     "{ name: h, when: { header.x: y }, then: reject }",
     true},
};

TEST(Grouping, IsByWhatIsLeftToDecide) {
  for (const Case& one : kCases) {
    const auto rules = rules_from(kLists + std::string("rules: [") + one.rules + "]\n");
    EXPECT_EQ(group_of(*rules, "a@d.example") == group_of(*rules, "b@d.example"), one.same)
        << one.why;
    EXPECT_EQ(group_of(*rules, "a@d.example"), group_of(*rules, "A@D.example")) << one.why;
  }
}

// What holds for the whole message anyway makes no groups.
TEST(GroupingOfHeld, PutAsideForAllIsAsGoodAsLetIn) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: aside, when: { recipient: a@ }, then: hold }
  - { name: late, stage: eom, when: { recipient: c@ }, then: hold }
)");
  const auto plain = group_of(*rules, "b@d.example");
  EXPECT_EQ(group_of(*rules, "a@d.example", PutAside::yes), plain);
  EXPECT_FALSE(group_of(*rules, "c@d.example") == plain);
}

TEST(GroupingOfUsers, WhoPassesIsNotSplit) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: users, when: { authenticated: yes }, then: pass }
  - { name: postmaster, when: { recipient: postmaster@ }, then: pass }
  - { name: subject, when: { header.subject: '~win' }, then: reject }
)");
  const auto same = [&](std::string_view user) {
    return group_of(*rules, "postmaster@d.example", PutAside::no, "s@a.example", user) ==
           group_of(*rules, "joe@d.example", PutAside::no, "s@a.example", user);
  };
  EXPECT_TRUE(same("ann"));
  EXPECT_FALSE(same(""));
}

// A bounce tag makes no other recipient of it.
TEST(GroupingOfTagged, IsThatOfTheUntaggedAddress) {
  const auto rules = rules_from(R"(version: 1
rules:
  - { name: p, when: { recipient: ann@d.example }, then: pass }
  - { name: h, when: { header.x: y }, then: reject }
)");
  EXPECT_EQ(group_of(*rules, "prvs=0123abcdef=ann@d.example"), group_of(*rules, "ann@d.example"));
  EXPECT_FALSE(group_of(*rules, "prvs=0123abcdef=bob@d.example") ==
               group_of(*rules, "ann@d.example"));
}

}  // namespace
}  // namespace postern::recipient_group_test
