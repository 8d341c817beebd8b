#include "ctl/lists/guards.h"

#include <gtest/gtest.h>

#include "tests/support/rules_from.h"

namespace postern::ctl::safety_limits_test {
namespace {

constexpr const char* kRules = R"(
version: 1
lists:
  popular: { kind: domain, entries: [.gmail.com, gmx.de, "mail.*"] }
well_known: [popular]
rules: []
)";

const UtcTime kNow = parse_expiry("2026-11-21T12:00:00Z").value();

bool is_broad(lists::ListKind kind, const std::string& entry) {
  return why_too_broad(kind, entry).has_value();
}

TEST(SafetyLimits, WhatAPersonMeansIsNotTooBroad) {
  for (const char* entry :
       {"phish.example", ".phish.example", "*.phish.example", "emalsrv.*", "com", "co.uk",
        ".phish.co.uk", "~^adp-[a-z]+\\.example$", "~payroll"}) {
    EXPECT_FALSE(is_broad(lists::ListKind::domain, entry)) << entry;
  }
  for (const char* entry : {"a@b.example", "@b.example", "ceo@", "~^payroll-"}) {
    EXPECT_FALSE(is_broad(lists::ListKind::address, entry)) << entry;
  }
  for (const char* entry : {"192.0.2.1", "192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32"}) {
    EXPECT_FALSE(is_broad(lists::ListKind::network, entry)) << entry;
  }
  EXPECT_FALSE(is_broad(lists::ListKind::text, "alice"));
}

TEST(SafetyLimits, HalfOfTheWorldIs) {
  for (const char* entry : {"*.com", ".com", ".example", "~.", "~^", "~\\.com$", "~[0-9]", "~mail",
                            "mail.*", "~.*@?"}) {
    EXPECT_TRUE(is_broad(lists::ListKind::domain, entry)) << entry;
  }
  for (const char* entry : {"~.", "~@", "~\\.net$", "<>"}) {
    EXPECT_TRUE(is_broad(lists::ListKind::address, entry)) << entry;
  }
  for (const char* entry : {"0.0.0.0/0", "128.0.0.0/1", "2000::/3"}) {
    EXPECT_TRUE(is_broad(lists::ListKind::network, entry)) << entry;
  }
  EXPECT_TRUE(is_broad(lists::ListKind::text, "~."));
}

TEST(SafetyLimits, WhatIsSharedBelowACountryIs) {
  for (const char* entry : {".com.au", "*.co.nz", ".ac.at", "*.ne.jp"}) {
    EXPECT_TRUE(is_broad(lists::ListKind::domain, entry)) << entry;
  }
  for (const char* entry : {".phish.com.au", ".coop.nz", ".co.phish", "com.au", ".phish.at"}) {
    EXPECT_FALSE(is_broad(lists::ListKind::domain, entry)) << entry;
  }
}

TEST(SafetyLimits, OwnNetworks) {
  const auto own = [](const char* entry) {
    return own_network_hit(lists::ListKind::network, entry).value_or("");
  };
  EXPECT_EQ(own("127.0.0.1"), "127.0.0.0/8");
  EXPECT_EQ(own("::1"), "::1");
  EXPECT_EQ(own("10.255.255.255"), "10.0.0.0/8");
  EXPECT_EQ(own("192.168.7.0/24"), "192.168.0.0/16");
  EXPECT_EQ(own("172.31.255.255"), "172.16.0.0/12");
  EXPECT_EQ(own("172.0.0.0/8"), "172.16.0.0/12") << "it is in there";
  EXPECT_EQ(own("169.254.1.1"), "169.254.0.0/16");
  EXPECT_EQ(own("fd12:3456::/32"), "fc00::/7");
  EXPECT_EQ(own("febf::1"), "fe80::/10");
  for (const char* entry : {"126.255.255.255", "128.0.0.0/8", "11.0.0.0/8", "172.32.0.1",
                            "192.169.0.1", "::2", "fec0::1", "2001:db8::/32", "no network"}) {
    EXPECT_EQ(own(entry), "") << entry;
  }
  EXPECT_FALSE(own_network_hit(lists::ListKind::text, "10.0.0.1"));
}

TEST(SafetyLimits, PopularDomainsAreFound) {
  const auto rules = rules_from(kRules);
  const auto hit = [&](lists::ListKind kind, const char* entry) {
    return popular_domain_hit(*rules, kind, entry, kNow).value_or("");
  };
  EXPECT_EQ(hit(lists::ListKind::domain, "gmail.com"), "gmail.com");
  EXPECT_EQ(hit(lists::ListKind::domain, "deep.gmail.com"), "deep.gmail.com");
  EXPECT_EQ(hit(lists::ListKind::domain, "gmail.*"), "gmail.com");
  EXPECT_EQ(hit(lists::ListKind::domain, "~^g"), "gmail.com and 1 more");
  EXPECT_EQ(hit(lists::ListKind::address, "@gmx.de"), "gmx.de");
  EXPECT_EQ(hit(lists::ListKind::address, "~@gmx\\."), "gmx.de");
}

TEST(SafetyLimits, OthersAreNot) {
  const auto rules = rules_from(kRules);
  const auto hit = [&](lists::ListKind kind, const char* entry) {
    return popular_domain_hit(*rules, kind, entry, kNow);
  };
  EXPECT_FALSE(hit(lists::ListKind::domain, "phish.gmx.de"));
  EXPECT_FALSE(hit(lists::ListKind::domain, "*.gmx.de"));
  EXPECT_FALSE(hit(lists::ListKind::domain, "notgmail.com"));
  EXPECT_FALSE(hit(lists::ListKind::address, "one.mailbox@gmail.com"));
  EXPECT_FALSE(hit(lists::ListKind::network, "192.0.2.1"));
}

}  // namespace
}  // namespace postern::ctl::safety_limits_test
