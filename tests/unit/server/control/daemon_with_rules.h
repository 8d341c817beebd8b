// A daemon with a few rules, lists and names, and what it answers.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/server/control/control_fixture.h"

namespace postern::control {

inline constexpr const char* kRules = R"(version: 1
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

inline constexpr const char* kZone = R"(zone:
  a.example: { MX: [10 mx.a.example], ttl: 300 }
  mx.a.example: { A: [192.0.2.1] }
  slow.example: { fault: timeout }
  broken.example: { fault: servfail }
)";

class ControlTest : public testing::Test {
 protected:
  ControlFixture::Answer get(const std::string& target) { return fixture.ask("GET", target); }

  std::string error_of(const std::string& target) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 400U) << target;
    return answer.error();
  }

  ControlFixture fixture{kRules, kZone};
};

}  // namespace postern::control
