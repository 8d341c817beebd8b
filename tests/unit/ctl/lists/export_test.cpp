// A list as a table of another program: what it says, and what it cannot say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/lists/export_format.h"
#include "tests/unit/ctl/cli/installation_fixture.h"

namespace postern::ctl::export_test {
namespace {

using testing::HasSubstr;

const std::string kHead = "# List x, by posternctl export.\n";

class Export : public testing::Test, protected InstallationFixture {
 protected:
  // posternctl export of a list with these lines, by which a rule does `then`.
  CtlResult exported(const std::string& format, const std::string& attribute,
                     const std::string& kind, const std::string& lines,
                     const std::string& then = "reject 550 5.7.1 \"Banned here\"") {
    folder.write("rules.yaml", "version: 1\nlists:\n  x: { kind: " + kind +
                                   ", file: lists/x.txt }\nrules:\n  - { name: r, when: { " +
                                   attribute + ": x }, then: '" + then + "' }\n");
    folder.write("lists/x.txt", lines);
    return run({"export", "x", "--format", format});
  }
};

TEST_F(Export, PostfixAccess) {
  const CtlResult result = exported("postfix-access-dotted", "sender_domain", "domain",
                                    "phish.example\n.below.example\n*.only.example\n"
                                    "late.example then=\"defer 451 4.7.1 later\"\n"
                                    "gone.example then=discard\nheld.example then=hold\n"
                                    "ok.example then=pass\n");
  EXPECT_EQ(result.out, kHead +
                            "phish.example\t550 5.7.1 Banned here\n"
                            "below.example\t550 5.7.1 Banned here\n"
                            ".below.example\t550 5.7.1 Banned here\n"
                            ".only.example\t550 5.7.1 Banned here\n"
                            "late.example\t451 4.7.1 later\n"
                            "gone.example\tDISCARD\n"
                            "held.example\tHOLD\n"
                            "ok.example\tDUNNO\n");
  EXPECT_EQ(result.exit, 0);
}

// As parent_domain_matches_subdomains is by default, a key is a name with all below it.
TEST_F(Export, ATableThatMatchesMoreIsNotWritten) {
  const CtlResult result = exported("postfix-access", "sender_domain", "domain",
                                    "phish.example\n.below.example\n*.only.example\nx.*\n~^a\n");
  EXPECT_EQ(result.out, kHead + "below.example\t550 5.7.1 Banned here\n");
  EXPECT_EQ(result.exit, 1);
  for (const char* what :
       {":1: phish.example: the table would match the names below it, too; --format postfix",
        ":3: *.only.example: names below one without itself", ":4: x.*: a beginning of a name",
        ":5: ~^a: a regular expression", "4 entries are not in it"}) {
    EXPECT_THAT(result.err, HasSubstr(what));
  }
}

TEST_F(Export, AddressesInAccessMaps) {
  const std::string lines = "a@b.example\nuser@\n@c.example\n<>\n";
  EXPECT_EQ(exported("postfix-access-dotted", "sender", "address", lines).out,
            kHead +
                "a@b.example\t550 5.7.1 Banned here\nuser@\t550 5.7.1 Banned here\n"
                "c.example\t550 5.7.1 Banned here\n<>\t550 5.7.1 Banned here\n");
  const CtlResult sendmail = exported("sendmail-access", "sender", "address", lines);
  EXPECT_EQ(sendmail.out, kHead +
                              "From:a@b.example\tERROR:5.7.1:550 Banned here\n"
                              "From:user@\tERROR:5.7.1:550 Banned here\n");
  EXPECT_THAT(sendmail.err, HasSubstr("the null sender, which has no key there"));
  EXPECT_THAT(sendmail.err,
              HasSubstr("@c.example: the table would match the names below it, too\n"));
}

// Postfix looks for the text of an address, which leaves zeros out.
TEST_F(Export, PostfixAccessOfIpv6) {
  const CtlResult result =
      exported("postfix-access", "client", "network",
               "2001:db8::/32\n2001:db8:0:1::/64\n2001:db8::7\n2001:db8::/48\n2001:0:0:1::/64\n");
  EXPECT_EQ(result.out, kHead +
                            "2001:db8\t550 5.7.1 Banned here\n"
                            "2001:db8:0:1\t550 5.7.1 Banned here\n"
                            "2001:db8::7\t550 5.7.1 Banned here\n");
  const std::string why = "zeros, which the text of an address within it leaves out; --format cidr";
  EXPECT_THAT(result.err, HasSubstr(":4: 2001:db8::/48: " + why));
  EXPECT_THAT(result.err, HasSubstr(":5: 2001:0:0:1::/64: " + why));
}

TEST_F(Export, SendmailAccess) {
  const CtlResult result =
      exported("sendmail-access", "client", "network",
               "192.0.2.0/24\n198.51.100.7\n10.0.0.0/9\n2001:db8::/32\n2001:db8:0:1::/64\n"
               "2001:db8::7\n2001:db8::/48\n203.0.113.0/24 then=hold\n198.18.0.0/16 then=pass\n");
  EXPECT_EQ(result.out, kHead +
                            "Connect:192.0.2\tERROR:5.7.1:550 Banned here\n"
                            "Connect:198.51.100.7\tERROR:5.7.1:550 Banned here\n"
                            "Connect:IPv6:2001:db8\tERROR:5.7.1:550 Banned here\n"
                            "Connect:IPv6:2001:db8:0:1\tERROR:5.7.1:550 Banned here\n"
                            "Connect:IPv6:2001:db8:0:0:0:0:0:7\tERROR:5.7.1:550 Banned here\n"
                            "Connect:IPv6:2001:db8:0\tERROR:5.7.1:550 Banned here\n"
                            "Connect:203.0.113\tQUARANTINE:\n"
                            "Connect:198.18\tOK\n");
  EXPECT_THAT(result.err, HasSubstr(":3: 10.0.0.0/9: a network that does not end with a whole "
                                    "part; --format cidr has it"));
  EXPECT_THAT(exported("sendmail-access", "helo", "domain", ".x.example\n").err,
              HasSubstr("compared with helo, for which sendmail has no tag"));
}

// Here the longest prefix counts, there the first line.
TEST_F(Export, CidrHasTheNarrowestFirst) {
  EXPECT_EQ(exported("cidr", "client", "network",
                     "10.0.0.0/8\n10.1.0.0/16 then=pass\n2001:db8::/32\n10.1.2.3\n")
                .out,
            kHead +
                "10.1.2.3\t550 5.7.1 Banned here\n10.1.0.0/16\tDUNNO\n"
                "10.0.0.0/8\t550 5.7.1 Banned here\n2001:db8::/32\t550 5.7.1 Banned here\n");
}

TEST_F(Export, NftHoldsNoNetworkTwice) {
  const CtlResult result =
      exported("nft", "client", "network",
               "192.0.2.7\n192.0.2.0/24\n198.51.100.7\n2001:db8::/32\n203.0.113.1 then=pass\n");
  EXPECT_THAT(result.out, HasSubstr("    set x_v4 {\n        type ipv4_addr; flags interval;\n"
                                    "        elements = {\n            192.0.2.0/24,\n"
                                    "            198.51.100.7\n        }\n    }\n"));
  EXPECT_THAT(result.out, HasSubstr("    set x_v6 {\n        type ipv6_addr; flags interval;\n"
                                    "        elements = {\n            2001:db8::/32\n"));
  EXPECT_THAT(result.err, HasSubstr("203.0.113.1: its action is 'pass', and all that is in such a "
                                    "table is refused"));
}

TEST_F(Export, Rbldnsd) {
  EXPECT_EQ(
      exported("rbldnsd", "sender_domain", "domain", "a.example\n.b.example\n*.c.example\n").out,
      kHead + ":127.0.0.2:Listed\na.example\n.b.example\n*.c.example\n");
  EXPECT_EQ(exported("rbldnsd", "client", "network", "192.0.2.0/24\n2001:db8::/32\n").out,
            kHead +
                "$DATASET ip4set:v4 @\n:127.0.0.2:Listed\n192.0.2.0/24\n"
                "$DATASET ip6trie:v6 @\n:127.0.0.2:Listed\n2001:db8::/32\n");
}

// What is written is a list file of the same entries.
TEST_F(Export, PlainIsAListFile) {
  const std::string lines = ".b.example\na.example\n*.c.example\nx.*\n~^a$\n";
  const CtlResult result = exported("plain", "sender_domain", "domain", lines);
  EXPECT_EQ(result.out, kHead + lines);
  folder.write("lists/x.txt", result.out);
  EXPECT_EQ(run({"export", "x", "--format", "plain"}).out, result.out);
}

TEST_F(Export, WhatIsLost) {
  const CtlResult result =
      exported("plain", "sender_domain", "domain",
               "old.example expires=2026-01-01\nsoon.example expires=2026-12-01\n"
               "own.example then=discard\n");
  EXPECT_EQ(result.out, kHead + "soon.example\n");
  EXPECT_THAT(result.err, HasSubstr("note: 1 entries have expired, and are not in it"));
  EXPECT_THAT(result.err, HasSubstr("note: 1 entries expire, which the table cannot say"));
  EXPECT_THAT(result.err, HasSubstr("own.example: an action of its own (then=)"));
  EXPECT_EQ(result.exit, 1);
}

TEST_F(Export, ActionsThatOnlyPosternHas) {
  EXPECT_THAT(exported("cidr", "client", "network", "192.0.2.0/24\n", "skip sender_mx").err,
              HasSubstr("its action is 'skip', which only Postern has"));
  EXPECT_THAT(exported("cidr", "client", "network", "192.0.2.0/24\n",
                       "reject 550 5.7.1 \"No mail from {client}\"")
                  .err,
              HasSubstr("its text has a placeholder, which only Postern fills in"));
}

TEST_F(Export, OfATokenThereIsADash) {
  const std::string then = "reject 550 5.7.1 \"Banned here, quote {token}\"";
  const auto access = exported("postfix-access-dotted", "sender_domain", "domain",
                               "a.example\nb.example then=\"hold see {token}\"\n", then);
  EXPECT_EQ(access.out, kHead +
                            "a.example\t550 5.7.1 Banned here, quote -\n"
                            "b.example\tHOLD see -\n");
  EXPECT_EQ(access.exit, 0) << access.err;
  EXPECT_THAT(access.err, HasSubstr("note: in the place of {token}, which only Postern has, it "
                                    "says -"));
  EXPECT_THAT(exported("sendmail-access", "sender_domain", "domain", ".a.example\n", then).out,
              HasSubstr("ERROR:5.7.1:550 Banned here, quote -\n"));
  const auto plain = exported("plain", "sender_domain", "domain", "a.example\n", then);
  EXPECT_THAT(plain.err, testing::Not(HasSubstr("{token}, which")));
}

TEST_F(Export, NoSuchList) {
  exported("plain", "client", "network", "192.0.2.0/24\n");
  EXPECT_EQ(run({"export", "y", "--format", "plain"}).exit, 1);
  EXPECT_EQ(run({"export", "x", "--format", "yaml"}).exit, 2);
}

// What it writes can be a list again.
TEST_F(Export, ATextWithBlanksStandsInQuotes) {
  const std::string lines = "\"~you have won\"\nlate\n\"# a \\\"b\\\" \\\\c\"\n";
  const CtlResult result = exported("plain", "header.subject", "text", lines);
  EXPECT_EQ(result.out, kHead + lines);
}

TEST_F(Export, ATableIsNoAnswerForPrograms) {
  exported("plain", "sender_domain", "domain", "a.example\n");
  const CtlResult result = run({"export", "x", "--json"});
  EXPECT_EQ(result.exit, 2);
  EXPECT_THAT(result.out, HasSubstr(R"({"error":"a table is no JSON)"));
}

}  // namespace
}  // namespace postern::ctl::export_test
