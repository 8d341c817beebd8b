// `capture_domains:`: where redirect and copy may send messages, and what is said about those that
// would go elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::load::capture_domains_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const LoadTarget kPolicy{Door::policy, DoorSet::all()};

std::string with(const std::string& capture_domains, const std::string& rest) {
  return "version: 1\n" + capture_domains + "rules:\n  - { name: r, " + rest + " }\n";
}

TEST(CaptureDomains, AnAddressInOneOfThemLoads) {
  for (const char* domains :
       {"capture_domains: cap.example\n", "capture_domains: [other.example, CAP.Example.]\n"}) {
    for (const char* action : {"redirect c@cap.example", "copy C@Cap.Example"}) {
      EXPECT_EQ(complaints_about(with(domains, "then: " + std::string(action))), "") << domains;
    }
  }
}

TEST(CaptureDomains, AnAddressElsewhereIsRefusedAtItsPlace) {
  const std::string domains = "capture_domains: [cap.example, x.example]\n";
  EXPECT_EQ(complaints_about(with(domains, "then: redirect c@sub.cap.example")),
            "rules.yaml:4:5: error: rule 'r': redirect to c@sub.cap.example is not possible: found "
            "sub.cap.example, want one of capture_domains: cap.example, x.example\n");
  EXPECT_THAT(complaints_about(with(domains, "then: copy c@gmail.example")),
              HasSubstr("rule 'r': copy to c@gmail.example is not possible"));
}

TEST(CaptureDomains, WithoutTheKeyNothingIsRedirected) {
  EXPECT_THAT(complaints_about(with("", "then: redirect c@cap.example")),
              HasSubstr("want a domain that 'capture_domains:' of the rule file names, and found "
                        "none"));
  EXPECT_THAT(complaints_about(with("", "mode: log, then: redirect c@cap.example")),
              HasSubstr("error"))
      << "it may be switched on at night";
}

TEST(CaptureDomains, HoldForTheActionsOfListsAndEntries) {
  for (const char* list : {"{ kind: domain, then: redirect c@evil.example, entries: [a.example] }",
                           "{ kind: domain, entries: [{ entry: a.example, then: copy "
                           "c@evil.example }] }"}) {
    const std::string rules =
        std::string("version: 1\ncapture_domains: cap.example\nlists:\n  l: ") + list +
        "\nrules:\n  - { name: r, when: { sender_domain: l }, then: reject }\n";
    EXPECT_THAT(complaints_about(rules), HasSubstr("list 'l') to c@evil.example is not possible"));
  }
}

TEST(CaptureDomains, AreNames) {
  EXPECT_THAT(complaints_about(with("capture_domains: [a..b]\n", "then: pass")),
              StartsWith("rules.yaml:2:19: error: capture_domains: "));
  EXPECT_THAT(complaints_about(with("capture_domains: { a: b }\n", "then: pass")),
              HasSubstr("error"));
}

TEST(CaptureDomains, BeforeRcptNobodyIsThereToBeReplaced) {
  for (const char* action : {"redirect", "copy"}) {
    for (const char* stage : {"connect", "helo", "mail"}) {
      const std::string said = complaints_about(
          with("capture_domains: cap.example\n",
               "stage: " + std::string(stage) + ", then: " + action + " c@cap.example"));
      EXPECT_THAT(said, HasSubstr(std::string("rules.yaml:4:5: error: rule 'r': ") + action +
                                  " is not possible at " + stage));
    }
  }
}

TEST(CaptureDomains, WhatCouldNotBeFoundOutIsNotRedirected) {
  EXPECT_THAT(complaints_about(with("capture_domains: cap.example\n",
                                    "check: sender_mx, on: { unknown: redirect c@cap.example }")),
              HasSubstr("unknown: found redirect, want defer"));
}

TEST(CaptureDomains, PostfixRedirectsTheOtherRecipientsToo) {
  const std::string rules = with("capture_domains: cap.example\n",
                                 "when: { recipient: trap@ }, then: redirect c@cap.example");
  EXPECT_THAT(complaints_about(rules, {}, kPolicy),
              HasSubstr("warning: rule 'r' redirects for some recipients"));
  EXPECT_EQ(complaints_about(rules), "") << "a milter can";
  EXPECT_EQ(complaints_about(with("capture_domains: cap.example\n",
                                  "when: { sender: x@ }, then: redirect c@cap.example"),
                             {}, kPolicy),
            "");
}

}  // namespace
}  // namespace postern::load::capture_domains_test
