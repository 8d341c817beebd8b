#include "rules/never_match.h"

#include <gtest/gtest.h>

namespace postern::never_match_test {
namespace {

// Why, for one entry; empty when it can match.
std::string why(const std::vector<Attribute>& attributes, const std::string& entry) {
  const auto list = lists::make_list(*list_kind_of(attributes.front()), "l");
  const auto added = list->add(entry, 1, {});
  EXPECT_TRUE(added) << entry << ": " << added.error().text;
  const auto never = why_never_matches(attributes, *list, 0);
  return never ? never->why + "; want " + never->want : "";
}

struct Case {
  Attribute attribute;
  std::string entry;
  std::string why;  // its beginning
};

void expect(const Case& c) {
  const std::string said = why({c.attribute}, c.entry);
  EXPECT_EQ(said.substr(0, c.why.size()), c.why) << to_string(c.attribute) << ": " << c.entry;
  EXPECT_EQ(said.empty(), c.why.empty())
      << to_string(c.attribute) << ": " << c.entry << ": " << said;
}

TEST(NeverMatch, NamesThatAreNone) {
  const std::string address =
      "is an IP address, which no sender_domain is; want it in a list of "
      "kind network";
  const std::string number = "ends in a number, as no sender_domain does";
  for (const char* entry : {"198.51.100.7", ".198.51.100.7", "*.198.51.100.7", "198.51.100.7."}) {
    expect({Attribute::sender_domain, entry, address});
  }
  for (const char* entry : {"198.51.100", "198.51", "7", ".7", "a.example.7", "256.1.1.1"}) {
    expect({Attribute::sender_domain, entry, number});
  }
  for (const Attribute attribute :
       {Attribute::recipient_domain, Attribute::client_name, Attribute::header_from_domain}) {
    expect({attribute, "198.51.100.7", "is an IP address, which no "});
    expect({attribute, "a.7", "ends in a number"});
  }
}

TEST(NeverMatch, NamesThatAreSome) {
  for (const char* entry : {"1.2.3.4.example", "4711.example", ".7.example", "*.7.example",
                            "198.51.100.7.in-addr.arpa", "xn--bcher-kva.example",
                            "B\xc3\xbc"
                            "cher.example",
                            "A.EXAMPLE", "a7", "3com.example", "7-a", "0x7f", "localhost",
                            "unknown", "198.51.100.*", "7.*", "~^198\\.51\\.", "~\\.7$", "_7"}) {
    expect({Attribute::sender_domain, entry, ""});
  }
}

TEST(NeverMatch, AHeloIsWhatAClientSays) {
  for (const char* entry : {"198.51.100.7", ".7", "7", "a.7", "unknown"}) {
    expect({Attribute::helo, entry, ""});
  }
  EXPECT_EQ(why({Attribute::sender_domain, Attribute::helo}, "198.51.100.7"), "");
  EXPECT_NE(why({Attribute::sender_domain, Attribute::recipient_domain}, "198.51.100.7"), "");
}

// A PTR record holds what its owner likes; only what is numbers alone is taken by no MTA.
TEST(NeverMatch, AReverseNameMayEndInANumber) {
  expect({Attribute::reverse_client_name, "dsl.7", ""});
  expect({Attribute::reverse_client_name, ".7", ""});
  expect({Attribute::reverse_client_name, "198.51.100.7", "is an IP address"});
  expect({Attribute::reverse_client_name, "51.100", "ends in a number"});
}

TEST(NeverMatch, UnknownIsNoNameOfAClient) {
  expect({Attribute::client_name, "unknown",
          "is no name: a client without one has no client_name; want not: { client_name: '~.' }"});
  expect({Attribute::reverse_client_name, "unknown", "is no name"});
  expect({Attribute::client_name, "unknown.example", ""});
  expect({Attribute::client_name, "unknown.*", ""});
}

TEST(NeverMatch, APatternLeavesRoomForWhatItStandsFor) {
  const std::string label(60, 'a');
  const std::string long_name = label + "." + label + "." + label + "." + label;  // 243
  expect({Attribute::helo, "*." + long_name + ".abcdefg", ""});                   // 251 and `x.`
  expect({Attribute::helo, "*." + long_name + ".abcdefgh", "leaves no room"});
  expect({Attribute::helo, long_name + ".abcdefgh.*", "leaves no room"});
  expect({Attribute::helo, "." + long_name + ".abcdefgh", ""});
  expect({Attribute::helo, long_name + ".abcdefghi", ""});
}

TEST(NeverMatch, Addresses) {
  expect({Attribute::sender, "<>", ""});
  expect({Attribute::recipient, "<>", "is the null sender, and a recipient is never empty"});
  expect({Attribute::header_from_address, "<>", "is the null sender"});
  expect({Attribute::sender, "ann@198.51.100.7", "has a domain that is an IP address"});
  expect({Attribute::sender, "@7", "has a domain that ends in a number"});
  expect(
      {Attribute::sender, "\"Ann Lee\"@a.example",
       "is compared as the MTA understands it, without quotes and route; want ann lee@a.example"});
  expect({Attribute::sender, "\"ann\"@", "is compared as the MTA understands it"});
  expect({Attribute::sender, "@b.example:ann@a.example", "is compared as the MTA understands it"});
  for (const char* entry : {"ann@a.example", "@a.example", "ann@", "ann lee@a.example",
                            "o'brien@a.example", "ann+7@4711.example", "a\"b@a.example",
                            "ann=b@a.example", "7@", "ann@b@a.example", "~7$"}) {
    expect({Attribute::sender, entry, ""});
  }
}

TEST(NeverMatch, TextsOfHeaderFields) {
  expect({Attribute::header, " win", "has a blank at an end"});
  expect({Attribute::header, "win\t", "has a blank at an end"});
  expect({Attribute::header, "caf\xe9", "is not UTF-8"});
  expect({Attribute::header, "a\nb", "has a line break"});
  expect({Attribute::header, "you win", ""});
  expect({Attribute::header, "caf\xc3\xa9", ""});
  expect({Attribute::header, "~ win", ""});
  expect({Attribute::sasl_username, " ann", ""});
}

TEST(NeverMatch, WhatComparesNothingIsNotSpokenOf) {
  const auto list = lists::make_list(lists::ListKind::domain, "l");
  ASSERT_TRUE(list->add("198.51.100.7", 1, {}));
  EXPECT_FALSE(why_never_matches(std::vector<Attribute>{}, *list, 0));
}

}  // namespace
}  // namespace postern::never_match_test
