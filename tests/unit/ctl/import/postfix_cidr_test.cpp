#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"
#include "tests/unit/ctl/import/imported_rules.h"

namespace postern::import::postfix_cidr_test {
namespace {

using testing::HasSubstr;

std::string client_decision(const Snapshot& rules, std::string_view client) {
  return decision(rules, TransactionBuilder(Stage::rcpt)
                             .client(client)
                             .sender("a@a.example")
                             .recipient("b@b.example")
                             .transaction);
}

TEST(PostfixCidr, LongestPrefixIsFirstMatchWhenInnerNetworksStandFirst) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "192.0.2.128/25 OK\n"
                                     "192.0.2.0/24   REJECT listed\n"
                                     "2001:db8::/32  450 4.7.1 later\n"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.129"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "reject 554 5.7.1 listed");
  EXPECT_EQ(client_decision(*rules, "2001:db8::1"), "defer 450 4.7.1 later");
  EXPECT_EQ(client_decision(*rules, "198.51.100.1"), "");
}

TEST(PostfixCidr, AnInnerNetworkBehindAnOuterOneNeverDecides) {
  const Imported table = imported("postfix-cidr",
                                  "192.0.2.0/24   REJECT\n"
                                  "192.0.2.128/25 OK\n"
                                  "192.0.2.7      REJECT\n");
  EXPECT_EQ(statuses(table), "iIR");
  EXPECT_THAT(messages(table), HasSubstr("table:2:1: warning: never decides: line 1"));
  EXPECT_EQ(client_decision(*loaded(table), "192.0.2.129"), "reject 554 5.7.1 Access denied");
}

TEST(PostfixCidr, BracketsAreTakenOff) {
  const Imported table = imported("postfix-cidr",
                                  "[2001:db8::2]\tREJECT\n"
                                  "[2001:db8:1::]/48\tREJECT\n"
                                  "[2001:db8:2::/48]\tREJECT\n"
                                  "[192.0.2.0/24] REJECT\n"
                                  "198.51.100.0/024 REJECT\n",
                                  "client");
  EXPECT_EQ(statuses(table), "iiiii") << messages(table);
  EXPECT_EQ(messages(table), "");
  const auto rules = loaded(table);
  for (const char* client :
       {"2001:db8::2", "2001:db8:1::9", "2001:db8:2::9", "192.0.2.9", "198.51.100.9"}) {
    EXPECT_EQ(client_decision(*rules, client), "reject 554 5.7.1 Access denied") << client;
  }
  EXPECT_EQ(client_decision(*rules, "2001:db8::3"), "");
}

TEST(PostfixCidr, BracketsThatAreNoneAreRefused) {
  const Imported table = imported("postfix-cidr",
                                  "[192.0.2.1 REJECT\n"
                                  "[192.0.2.1]x REJECT\n"
                                  "192.0.2.1] REJECT\n"
                                  "[]/8 REJECT\n",
                                  "client");
  EXPECT_EQ(statuses(table), "XXXX");
  EXPECT_THAT(messages(table), HasSubstr("Postfix leaves this line out, too"));
}

TEST(PostfixCidr, AnIfThatPostfixLeavesOutIsNoBlock) {
  const Imported table = imported("postfix-cidr",
                                  "if 192.0.2\n"
                                  "198.51.100.1 REJECT\n"
                                  "endif\n"
                                  "IF!192.0.2.0/24\n"
                                  "192.0.2.1 REJECT\n"
                                  "endif of it\n"
                                  "192.0.2.0/24 OK\n"
                                  "198.51.100.0/24 OK\n",
                                  "client");
  EXPECT_EQ(statuses(table), "XiIiIXIi") << messages(table);
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "198.51.100.1"), "reject 554 5.7.1 Access denied");
  EXPECT_EQ(client_decision(*rules, "198.51.100.2"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "");
}

TEST(PostfixCidr, ATableOfMailExchangersIsNoneOfClients) {
  constexpr std::string_view kNetworks = "10.0.0.0/8 550 Mail exchanger in a private network\n";
  for (const char* file : {"bogus_mx", "/etc/postfix/sender_mx_access.cidr", "helo-ns.cidr",
                           "check_sender_a_access"}) {
    const Imported table = imported_file("postfix-cidr", file, kNetworks);
    EXPECT_EQ(statuses(table), "X") << file;
    EXPECT_THAT(messages(table), HasSubstr("want --about client")) << file;
  }
  const Imported comment = imported_file(
      "postfix-cidr", "bogus", "# check_sender_mx_access cidr:bogus\n" + std::string(kNetworks));
  EXPECT_EQ(statuses(comment), "cX");
  ImportRequest request;
  request.file = "bogus_mx";
  request.about = "client";
  const Imported said = imported("postfix-cidr", kNetworks, request);
  EXPECT_EQ(statuses(said), "i");
  EXPECT_EQ(messages(said), "");
}

TEST(PostfixCidr, WhatATableIsAboutIsSaidWhereNothingSaysIt) {
  constexpr std::string_view kNetworks = "10.0.0.0/8 REJECT\n";
  const Imported table = imported_file("postfix-cidr", "networks", kNetworks);
  EXPECT_EQ(statuses(table), "i");
  EXPECT_THAT(messages(table), HasSubstr("check_..._mx_access"));
  EXPECT_EQ(messages(imported_file("postfix-cidr", "client_access.cidr", kNetworks)), "");
}

TEST(PostfixCidr, DunnoShieldsWhatLiesInIt) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "192.0.2.0/28 DUNNO\n"
                                     "192.0.2.0/24 DISCARD\n"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.3"), "");
  EXPECT_EQ(client_decision(*rules, "192.0.2.200"), "discard");
}

TEST(PostfixCidr, AnActionOfTheMtaIsRefusedAndItsNetworkStaysFree) {
  const Imported table = imported("postfix-cidr",
                                  "# filtered\n"
                                  "192.0.2.0/28 FILTER smtp:[a.example]\n"
                                  "192.0.2.0/24 REJECT\n");
  EXPECT_EQ(statuses(table), "cXi");
  EXPECT_THAT(messages(table), HasSubstr("table:2:14: error: filter is the MTA's business"));
  EXPECT_EQ(client_decision(*loaded(table), "192.0.2.3"), "");
}

TEST(PostfixCidr, HostBitsAreRefusedAsInPostfix) {
  const Imported table = imported("postfix-cidr", "192.0.2.1/24 OK\n");
  EXPECT_EQ(statuses(table), "X");
  EXPECT_THAT(messages(table), HasSubstr("192.0.2.0/24"));
}

TEST(PostfixCidr, LinesAreContinuedByABlank) {
  const Imported table = imported("postfix-cidr",
                                  "192.0.2.0/24\n"
                                  "# in between\n"
                                  "  REJECT one\n"
                                  "\ttwo\n");
  EXPECT_EQ(statuses(table), "icii");
  EXPECT_EQ(client_decision(*loaded(table), "192.0.2.3"), "reject 554 5.7.1 one two");
}

TEST(PostfixCidr, AllOfIpv6IsNotIpv4) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "::/0 REJECT six\n"
                                     "::ffff:192.0.2.0/120 REJECT mapped\n"));
  EXPECT_EQ(client_decision(*rules, "2001:db8::1"), "reject 554 5.7.1 six");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "");
}

TEST(PostfixCidr, TwoHeadersStayTwoHeaders) {
  const auto rules = loaded(imported("postfix-cidr",
                                     "192.0.2.0/28 PREPEND X-One: a\n"
                                     "192.0.2.16/28 REJECT\n"
                                     "192.0.2.0/24 PREPEND X-Two: b\n"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "+X-One: a");
  EXPECT_EQ(client_decision(*rules, "192.0.2.17"), "reject 554 5.7.1 Access denied");
  EXPECT_EQ(client_decision(*rules, "192.0.2.33"), "+X-Two: b");
}

TEST(PostscreenAccess, PermitPassesAndRejectRefuses) {
  const Imported table = imported("postscreen-access",
                                  "192.0.2.0/28 permit\n"
                                  "192.0.2.16/28 dunno\n"
                                  "192.0.2.0/24 reject\n"
                                  "198.51.100.0/24 OK\n");
  const auto rules = loaded(table);
  EXPECT_EQ(statuses(table), "iiiX");
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.17"), "");
  EXPECT_EQ(client_decision(*rules, "192.0.2.200"),
            "reject 550 5.3.2 Service currently unavailable");
}

TEST(PostscreenAccess, TheFirstWordDecides) {
  const Imported table = imported("postscreen-access",
                                  "192.0.2.1 permit # our own\n"
                                  "192.0.2.2 permit, reject\n"
                                  "192.0.2.3 reject listed\n"
                                  "192.0.2.4 permits\n"
                                  "192.0.2.5 permit_mynetworks\n"
                                  "192.0.2.0/24 reject\n");
  EXPECT_EQ(statuses(table), "iiiXXi");
  const auto rules = loaded(table);
  EXPECT_EQ(client_decision(*rules, "192.0.2.1"), "pass");
  EXPECT_EQ(client_decision(*rules, "192.0.2.2"), "pass");
  EXPECT_THAT(client_decision(*rules, "192.0.2.3"), HasSubstr("reject 550"));
  EXPECT_EQ(client_decision(*rules, "192.0.2.4"), "");
  EXPECT_EQ(client_decision(*rules, "192.0.2.5"), "");
}

TEST(PostscreenAccess, PermitCanMeanAnotherAction) {
  const Imported table =
      imported("postscreen-access", "192.0.2.0/28 permit\n", "", "skip sender_mx");
  ASSERT_EQ(table.rules.size(), 1U);
  EXPECT_EQ(table.rules[0].then, std::vector<std::string>{"skip sender_mx"});
}

}  // namespace
}  // namespace postern::import::postfix_cidr_test
