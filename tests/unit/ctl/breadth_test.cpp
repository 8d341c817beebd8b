#include "ctl/breadth.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern {
namespace {

constexpr const char* kRules = R"(
version: 1
lists:
  popular: { kind: domain, entries: [.gmail.com, gmx.de, "mail.*"] }
well_known: [popular]
rules: []
)";

const UtcTime kNow = parse_expiry("2026-11-21T12:00:00Z").value();

bool is_broad(ListKind kind, const std::string& entry) {
  return why_too_broad(kind, entry).has_value();
}

TEST(Breadth, WhatAPersonMeansIsNotTooBroad) {
  for (const char* entry :
       {"phish.example", ".phish.example", "*.phish.example", "emalsrv.*", "com", "co.uk",
        ".phish.co.uk", "~^adp-[a-z]+\\.example$", "~payroll"}) {
    EXPECT_FALSE(is_broad(ListKind::domain, entry)) << entry;
  }
  for (const char* entry : {"a@b.example", "@b.example", "ceo@", "~^payroll-"}) {
    EXPECT_FALSE(is_broad(ListKind::address, entry)) << entry;
  }
  for (const char* entry : {"192.0.2.1", "192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32"}) {
    EXPECT_FALSE(is_broad(ListKind::network, entry)) << entry;
  }
  EXPECT_FALSE(is_broad(ListKind::text, "alice"));
}

TEST(Breadth, HalfOfTheWorldIs) {
  for (const char* entry : {"*.com", ".com", ".example", "~.", "~^", "~\\.com$", "~[0-9]", "~mail",
                            "mail.*", "~.*@?"}) {
    EXPECT_TRUE(is_broad(ListKind::domain, entry)) << entry;
  }
  for (const char* entry : {"~.", "~@", "~\\.net$", "<>"}) {
    EXPECT_TRUE(is_broad(ListKind::address, entry)) << entry;
  }
  for (const char* entry : {"0.0.0.0/0", "128.0.0.0/1", "2000::/3"}) {
    EXPECT_TRUE(is_broad(ListKind::network, entry)) << entry;
  }
  EXPECT_TRUE(is_broad(ListKind::text, "~."));
}

TEST(Breadth, PopularDomainsAreFound) {
  const auto rules = rules_from(kRules);
  const auto hit = [&](ListKind kind, const char* entry) {
    return popular_domain_hit(*rules, kind, entry, kNow).value_or("");
  };
  EXPECT_EQ(hit(ListKind::domain, "gmail.com"), "gmail.com");
  EXPECT_EQ(hit(ListKind::domain, "deep.gmail.com"), "deep.gmail.com");
  EXPECT_EQ(hit(ListKind::domain, "gmail.*"), "gmail.com");
  EXPECT_EQ(hit(ListKind::domain, "~^g"), "gmail.com and 1 more");
  EXPECT_EQ(hit(ListKind::address, "@gmx.de"), "gmx.de");
  EXPECT_EQ(hit(ListKind::address, "~@gmx\\."), "gmx.de");
}

TEST(Breadth, OthersAreNot) {
  const auto rules = rules_from(kRules);
  const auto hit = [&](ListKind kind, const char* entry) {
    return popular_domain_hit(*rules, kind, entry, kNow);
  };
  EXPECT_FALSE(hit(ListKind::domain, "phish.gmx.de"));
  EXPECT_FALSE(hit(ListKind::domain, "*.gmx.de"));
  EXPECT_FALSE(hit(ListKind::domain, "notgmail.com"));
  EXPECT_FALSE(hit(ListKind::address, "one.mailbox@gmail.com"));
  EXPECT_FALSE(hit(ListKind::network, "192.0.2.1"));
}

}  // namespace
}  // namespace postern
