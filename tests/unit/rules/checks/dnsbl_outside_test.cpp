// What lists need of the machine: the key out of a file, and who has registered a domain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decision.h"
#include "tests/support/rules_from.h"
#include "tests/support/transaction_builder.h"

namespace postern::checks::dnsbl_outside_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::shared_ptr<const PublicSuffixes> suffixes() {
  return std::make_shared<const PublicSuffixes>("com\nuk\nco.uk\nblogspot.com\n");
}

Result<std::string> secret(const std::string& path) {
  if (path == "/etc/key") return std::string("Customer-KEY");
  if (path == "/etc/bad") return std::string("not a.. key");
  return failure("cannot open " + path);
}

LoadTarget target() {
  LoadTarget target;
  target.outside = {suffixes, secret};
  return target;
}

std::string with(const std::string& options) {
  return "version: 1\nrules: [ { name: l, check: dnsbl, preset: standard, " + options + " } ]\n";
}

// Of one rule, at its first look.
std::vector<std::string> asked(const std::string& options, const LoadTarget& target_now) {
  const Transaction transaction = TransactionBuilder(Stage::mail)
                                      .client("203.0.113.7")
                                      .helo("mx1.out.shop.co.uk")
                                      .sender("a@news.blogspot.com")
                                      .transaction;
  Decision decision(rules_from(with(options), {}, target_now), transaction, nullptr, {});
  EXPECT_EQ(decision.step(), Decision::Step::need_facts);
  std::vector<std::string> names;
  for (const dns::DnsQuestion& question : decision.questions())
    names.push_back(question.name.text());
  return names;
}

std::string first_asked(const std::string& options, const LoadTarget& target_now = target()) {
  return asked(options, target_now).front();
}

std::string complaints(const std::string& options) {
  return complaints_about(with(options), {}, target());
}

TEST(DnsblOutside, OfANameTheWholeIsAskedAboutOrWhatSomebodyHasRegistered) {
  EXPECT_EQ(first_asked("look_up: helo, zones: n.example"), "mx1.out.shop.co.uk.n.example");
  EXPECT_EQ(first_asked("look_up: helo, names: full, zones: n.example"),
            "mx1.out.shop.co.uk.n.example");
  EXPECT_EQ(first_asked("look_up: helo, names: organizational, zones: n.example"),
            "shop.co.uk.n.example");
  EXPECT_EQ(first_asked("look_up: sender_domain, names: organizational, zones: n.example"),
            "news.blogspot.com.n.example");
}

// A part that others have registered, too, is at worst on no list.
TEST(DnsblOutside, WithoutASuffixListTheLastLabelsSayIt) {
  const LoadTarget none;
  EXPECT_EQ(first_asked("look_up: helo, names: organizational, zones: n.example", none),
            "shop.co.uk.n.example");
  EXPECT_EQ(first_asked("look_up: sender_domain, names: organizational, zones: n.example", none),
            "blogspot.com.n.example");
}

TEST(DnsblOutside, TheTestPointsOfAListStayAsTheyAre) {
  EXPECT_THAT(asked("look_up: helo, names: organizational, zones: n.example", target()),
              ElementsAre("shop.co.uk.n.example", "test.n.example", "invalid.n.example"));
}

TEST(DnsblOutside, AddressesHaveNoOrganization) {
  EXPECT_THAT(complaints("names: organizational, zones: n.example"),
              HasSubstr("names: found organizational, want it with a look_up of names"));
}

TEST(DnsblOutside, TheKeyInAFileIsAskedAndNotShown) {
  EXPECT_THAT(
      asked("zones: [{ zone: bl.example, key_file: /etc/key }]", target()),
      ElementsAre("7.113.0.203.customer-key.bl.example", "2.0.0.127.customer-key.bl.example",
                  "1.0.0.127.customer-key.bl.example"));
  const auto rules =
      rules_from(with("zones: [{ zone: bl.example, key_file: /etc/key }]"), {}, target());
  EXPECT_THAT(rules->rules()[0].check()->check->dns_lists(), ElementsAre("bl.example"));
}

TEST(DnsblOutside, TheKeyInAFileIsThatOfATestPointOfItsOwn) {
  EXPECT_EQ(asked("look_up: helo, zones: [{ zone: n.example, key_file: /etc/key, test_point: "
                  "dbltest.example }]",
                  target())[1],
            "dbltest.example.customer-key.n.example");
}

TEST(DnsblOutside, WhatIsWrongWithAKeyFileIsSaidWithoutTheKey) {
  EXPECT_THAT(complaints("zones: [{ zone: bl.example, key_file: /etc/gone }]"),
              HasSubstr(":2:91: error: key_file: cannot open /etc/gone"));
  const std::string bad = complaints("zones: [{ zone: bl.example, key_file: /etc/bad }]");
  EXPECT_THAT(bad, HasSubstr("key_file: /etc/bad: want in it the key"));
  EXPECT_THAT(bad, Not(HasSubstr("not a..")));
  const std::string mistaken = complaints("zones: [{ zone: bl.example, key_file: s3cret }]");
  EXPECT_THAT(mistaken, HasSubstr("key_file: want an absolute path"));
  EXPECT_THAT(mistaken, Not(HasSubstr("s3cret")));
  EXPECT_THAT(complaints("zones: [{ zone: bl.example, key: k, key_file: /etc/key }]"),
              HasSubstr("key_file: found 'key:' as well, want one of both"));
  EXPECT_THAT(complaints("zones: [{ zone: '!', key_file: /etc/key }]"),
              HasSubstr("zone: found '!'"));
}

}  // namespace
}  // namespace postern::checks::dnsbl_outside_test
