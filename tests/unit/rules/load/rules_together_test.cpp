// With `mixed_recipients: mildest` a rule for the end of a message is escaped by a recipient more:
// that is said. The other warnings are in tests/scenarios/refused.yaml.
#include "rules/load/rules_together.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::load::rules_together_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const LoadTarget kMildest{Door::milter, DoorSet::all(), MixedRecipients::mildest};

constexpr const char* kShippedOrder = R"(version: 1
rules:
  - name: postmaster
    when: { recipient: [postmaster@, abuse@] }
    then: pass
  - { name: sender, when: { sender: bad@ }, then: reject }
  - { name: subject, when: { header.subject: '~win' }, then: reject }
)";

TEST(EscapedRules, APassByRecipientAboveARuleAboutHeaders) {
  EXPECT_EQ(
      complaints_about(kShippedOrder, {}, kMildest),
      "rules.yaml:3:5: warning: rule 'postmaster' spares recipients rule 'subject' at the end "
      "of a message, and with one of them among its recipients a message gets past it to all: "
      "want 'mixed_recipients: split' in 'milter:' of the settings\n");
}

TEST(EscapedRules, NothingIsSaidWhereNobodyEscapes) {
  EXPECT_EQ(complaints_about(kShippedOrder), "") << "as shipped";
  EXPECT_EQ(complaints_about("version: 1\nrules:\n"
                             "  - { name: a, when: { recipient: x@ }, then: pass }\n"
                             "  - { name: b, when: { sender: y@ }, then: reject }\n",
                             {}, kMildest),
            "")
      << "told at RCPT";
  for (const char* rules : {
           "{ name: a, mode: log, when: { recipient: x@ }, then: pass }, "
           "{ name: b, when: { header.x: y }, then: reject }",
           "{ name: a, when: { recipient: x@ }, then: reject }, "
           "{ name: b, when: { header.x: y }, then: reject }",
           "{ name: a, when: { recipient: x@ }, then: pass }, "
           "{ name: b, when: { header.x: y }, then: { prepend: 'X-A: b' } }",
           "{ name: a, when: { recipient: x@ }, then: soften }, "
           "{ name: b, when: { header.x: y }, then: reject }",
           "{ name: a, when: { recipient: x@ }, then: pass }, "
           "{ name: b, mode: log, when: { header.x: y }, then: reject }",
       }) {
    const std::string text = "version: 1\nrules: [" + std::string(rules) + "]\n";
    EXPECT_EQ(complaints_about(text, {}, kMildest), "") << rules;
  }
}

TEST(EscapedRules, OtherWaysPast) {
  const auto said = [](const std::string& rules) {
    return complaints_about("version: 1\nrules: [" + rules + "]\n", {}, kMildest);
  };
  EXPECT_THAT(said("{ name: a, when: { header.x: y, not: { recipient: x@ } }, then: discard }"),
              AllOf(HasSubstr("rules.yaml:2:9: warning: rule 'a' is for the end of a message and "
                              "not for every recipient"),
                    HasSubstr("mixed_recipients: split")));
  EXPECT_THAT(said("{ name: a, when: { recipient_domain: b.example }, then: skip d }, "
                   "{ name: d, stage: data, when: { sender: x@ }, then: defer }"),
              HasSubstr("rule 'a' spares recipients rule 'd'"));
}

}  // namespace
}  // namespace postern::load::rules_together_test
