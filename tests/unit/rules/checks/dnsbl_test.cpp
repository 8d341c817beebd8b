#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rules_from.h"
#include "tests/unit/rules/checks/dnsbl_run.h"

namespace postern::checks::dnsbl_test {
namespace {

using dnsbl_run::client;
using dnsbl_run::kClient;
using dnsbl_run::kZone;
using dnsbl_run::run;
using dnsbl_run::run_client;
using dnsbl_run::run_name;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

struct Case {
  const char* zones;
  const char* finding;
  const char* detail;
  const char* client = kClient;
};

TEST(Dnsbl, Findings) {
  const Case cases[] = {
      {"[bl.example]", "listed", "bl.example 127.0.0.4"},
      {"bl.example", "listed", "bl.example 127.0.0.4"},
      {"[bl.example]", "listed", "bl.example 127.0.0.2", "2001:db8::7"},
      {"[six.example]", "listed", "six.example 127.0.0.2", "2001:db8::7"},
      {"[bl.example]", "clean", "", "203.0.113.9"},
      {"[bl.example]", "clean", "", "2001:db8::8"},
      {"[bl.example]", "listed", "bl.example 127.0.0.4", "::ffff:203.0.113.7"},
      {"[three.example, two.example]", "listed", "two.example 127.0.0.2"},
      {"[bl.example, two.example]", "listed", "bl.example 127.0.0.4, two.example 127.0.0.2"},
      {"[{ zone: bl.example, codes: 127.0.0.3 }]", "listed", "bl.example 127.0.0.3"},
      {"[{ zone: bl.example, codes: [127.0.0.9, '127.0.0.[2..3]'] }]", "listed",
       "bl.example 127.0.0.3"},
      {"[{ zone: bl.example, codes: '127.0.0.[10..11]' }]", "clean", ""},
      {"[{ zone: bits.example, codes: 127.0.0.&16 }]", "listed", "bits.example 127.0.0.80"},
      {"[{ zone: bits.example, codes: 127.0.0.&8 }]", "clean", ""},
      {"[servfail.example]", "unknown", "servfail.example servfail"},
      {"[servfail.example, two.example]", "listed", "two.example 127.0.0.2"},
      {"[servfail.example, three.example]", "unknown", "servfail.example servfail"},
      {"[public.example, two.example]", "listed", "two.example 127.0.0.2"},
      {"[public.example, servfail.example, parked.example]", "refused",
       "public.example 127.255.255.254"},
      {"[parked.example, servfail.example]", "broken", "parked.example 198.51.100.80"},
  };
  for (const Case& c : cases) {
    const Outcome outcome = run_client(c.zones, c.client);
    EXPECT_EQ(outcome.finding, c.finding) << c.zones << ": " << outcome.detail;
    EXPECT_EQ(outcome.detail, c.detail) << c.zones;
    EXPECT_EQ(outcome.rounds.size(), 1U) << c.zones;
  }
}

TEST(Dnsbl, AsksForTheClientAndTheTestPointsSideBySide) {
  EXPECT_THAT(
      run_client("[bl.example, two.example]").rounds,
      ElementsAre(UnorderedElementsAre("A 7.113.0.203.bl.example", "A 2.0.0.127.bl.example",
                                       "A 1.0.0.127.bl.example", "A 7.113.0.203.two.example",
                                       "A 2.0.0.127.two.example", "A 1.0.0.127.two.example")));
  EXPECT_THAT(run_client("[{ zone: no-test.example, test_point: none }]").rounds,
              ElementsAre(ElementsAre("A 7.113.0.203.no-test.example")));
}

TEST(Dnsbl, ManyListsAreAskedInOneRound) {
  std::string zones = "[";
  for (int i = 1; i <= 16; ++i) zones += "z" + std::to_string(i) + ".example, ";
  const Outcome outcome = run_client(zones + "]");
  ASSERT_EQ(outcome.rounds.size(), 1U);
  EXPECT_EQ(outcome.rounds[0].size(), 48U);
  EXPECT_EQ(outcome.finding, "broken") << "none of them is there";
  EXPECT_THROW(run_client(zones + "z17.example]"), std::runtime_error);
}

TEST(Dnsbl, AKeyIsAskedAndNotShown) {
  Transaction transaction = client();
  for (const char* zone : {"bl.example", "servfail.example", "gone.example"}) {
    const auto check = make_check("dnsbl", std::string("{ zones: [{ zone: ") + zone +
                                               ", key: s3cret }, { zone: two.example }] }");
    FactView facts(nullptr);
    ASSERT_EQ(check->inspect(transaction, facts).state, CheckReport::State::waiting);
    const std::vector<dns::DnsQuestion> missing = facts.missing();
    EXPECT_EQ(missing[0].name.text(), std::string("7.113.0.203.s3cret.") + zone);
    EXPECT_EQ(missing[0].name.visible().text(), std::string("7.113.0.203.") + zone);
    const ZoneMap answers = ZoneMap::parse(kZone).value();
    for (const dns::DnsQuestion& question : missing) {
      const dns::DnsQuestion known{question.name.visible(), question.type};
      facts.add(question, {std::make_shared<const dns::DnsAnswer>(answers.answer(known))});
    }
    const CheckReport report = check->inspect(transaction, facts);
    EXPECT_EQ(report.detail.find("s3cret"), std::string::npos) << report.detail;
    EXPECT_EQ(report.named.find("s3cret"), std::string::npos) << report.named;
    EXPECT_NE(report.named, "") << "the other one has it";
  }
}

// --- names

TEST(Dnsbl, OfASenderItsDomain) {
  const auto from = [](const char* sender) {
    return run_name("sender_domain",
                    TransactionBuilder(Stage::mail).client(kClient).sender(sender).transaction);
  };
  EXPECT_EQ(from("joe@bad.example").finding, "listed");
  EXPECT_EQ(from("joe@BAD.Example").finding, "listed");
  EXPECT_EQ(from("joe@good.example").finding, "clean");
  EXPECT_THAT(from("joe@good.example").rounds,
              ElementsAre(UnorderedElementsAre("A good.example.names.example",
                                               "A test.names.example", "A invalid.names.example")));
}

TEST(Dnsbl, AListOfDomainsMayHaveATestPointOfItsOwn) {
  Transaction transaction = client();
  transaction.helo = "good.example";
  const auto with_point = [&](const char* point) {
    return run(std::string("{ look_up: helo, zones: [{ zone: names.example, test_point: ") + point +
                   " }] }",
               transaction);
  };
  EXPECT_EQ(with_point("Bad.Example").finding, "clean");
  EXPECT_EQ(with_point("good.example").finding, "broken");
  EXPECT_THAT(
      with_point("bad.example").rounds,
      ElementsAre(UnorderedElementsAre("A good.example.names.example",
                                       "A bad.example.names.example", "A invalid.names.example")));
}

TEST(Dnsbl, OfAHeloAndOfAClientItsName) {
  Transaction transaction = client();
  EXPECT_EQ(run_name("helo", transaction).finding, "-");
  EXPECT_EQ(run_name("client_name", transaction).finding, "-");
  transaction.helo = "Bad.Example.";
  transaction.client_name = "dyn-7.pool.example";
  EXPECT_EQ(run_name("helo", transaction).detail, "names.example 127.0.1.2");
  EXPECT_EQ(run_name("client_name", transaction).detail, "names.example 127.0.1.3");
}

TEST(Dnsbl, ANameWithoutRoomForTheZoneIsOnNoList) {
  Transaction transaction = client();
  for (int i = 0; i < 4; ++i) transaction.helo += std::string(60, 'a') + ".";
  transaction.helo += "example";
  const Outcome outcome = run_name("helo", transaction);
  EXPECT_EQ(outcome.finding, "clean");
}

// --- weights

TEST(Dnsbl, AtLeastSoManyListsMustHaveIt) {
  const auto run_of = [](const char* options) { return run(options, client()).finding; };
  EXPECT_EQ(run_of("{ at_least: 2, zones: [bl.example, three.example] }"), "clean");
  EXPECT_EQ(run_of("{ at_least: 2, zones: [bl.example, two.example] }"), "listed");
  EXPECT_EQ(run_of("{ at_least: 3, zones: [{ zone: bl.example, weight: 2 }, two.example] }"),
            "listed");
  EXPECT_EQ(run_of("{ at_least: 4, zones: [{ zone: bl.example, weight: 3 }, three.example] }"),
            "clean");
  EXPECT_EQ(run_of("{ at_least: 2, zones: [bl.example, servfail.example] }"), "unknown");
  EXPECT_EQ(run_of("{ at_least: 2, zones: [three.example, servfail.example] }"), "clean")
      << "whatever it would have said";
}

// Called once more after each answer.
CheckReport::State state_with(const Check& check, const std::vector<std::string>& known) {
  const ZoneMap zone = ZoneMap::parse(kZone).value();
  FactView facts(nullptr);
  for (const std::string& name : known) {
    const dns::DnsQuestion question{dns::DnsName::parse(name).value(), dns::DnsType::a};
    facts.add(question, {std::make_shared<const dns::DnsAnswer>(zone.answer(question))});
  }
  return check.inspect(client(), facts).state;
}

TEST(Dnsbl, ASlowListIsNotWaitedForWhenItMakesNoDifference) {
  using State = CheckReport::State;
  const auto one = make_check("dnsbl", "{ zones: [slow.example, two.example] }");
  EXPECT_EQ(state_with(*one, {"7.113.0.203.two.example"}), State::waiting) << "no test point yet";
  const std::vector<std::string> two = {"7.113.0.203.two.example", "2.0.0.127.two.example",
                                        "1.0.0.127.two.example"};
  EXPECT_EQ(state_with(*one, two), State::found);
  const auto both = make_check("dnsbl", "{ at_least: 2, zones: [slow.example, two.example] }");
  EXPECT_EQ(state_with(*both, two), State::waiting);
  const auto three = make_check("dnsbl", "{ at_least: 2, zones: [slow.example, three.example] }");
  EXPECT_EQ(state_with(*three, {"7.113.0.203.three.example", "2.0.0.127.three.example",
                                "1.0.0.127.three.example"}),
            State::found)
      << "the other alone is not enough";
}

TEST(Dnsbl, MistakesAreNamed) {
  const auto complaint = [](const std::string& options) {
    return complaints_about("version: 1\nrules:\n  - { name: bl, check: dnsbl, preset: standard, " +
                            options + " }\n");
  };
  EXPECT_EQ(complaint("zones: [bl.example]"), "");
  EXPECT_THAT(complaint("look_up: client"), HasSubstr("key 'zones' is missing"));
  EXPECT_THAT(complaint("zones: []"), HasSubstr("rules.yaml:3:56: error: zones: found 0 lists, "
                                                "want 1 to 16"));
  EXPECT_THAT(complaint("zones: ['a b']"),
              HasSubstr("zone: found 'a b', want the name of a list, as bl.example"));
  EXPECT_THAT(complaint("zones: [{ zone: a.example, codes: 192.0.2.1 }]"),
              HasSubstr("codes: found '192.0.2.1', want a code as 127.0.0.2"));
  EXPECT_THAT(complaint("zones: [{ zone: a.example, weight: 0 }]"), HasSubstr("weight: "));
  EXPECT_THAT(complaint("look_up: helo, zones: [{ zone: a.example, test_point: 'a b' }]"),
              HasSubstr("test_point: found 'a b', want none, or a name that is on the list"));
  EXPECT_THAT(complaint("zones: [{ zone: a.example, test_point: dbltest.example }]"),
              HasSubstr("test_point: found 'dbltest.example', want none: only a list of names"))
      << "it would be asked for nowhere";
  EXPECT_THAT(complaint("zones: [{ zone: a.example, code: 127.0.0.2 }]"), HasSubstr("code"));
  const std::string of_key = complaint("zones: [{ zone: a.example, key: 's3 cret' }]");
  EXPECT_THAT(of_key, HasSubstr("key: want that which the list has given you"));
  EXPECT_THAT(of_key, Not(HasSubstr("s3 cret")));
  EXPECT_THAT(complaint("zones: [a.example], at_least: 2"), HasSubstr("at_least: "));
  EXPECT_THAT(complaint("zones: [a.example], look_up: recipient"), HasSubstr("look_up: "));
  EXPECT_THAT(complaint("zones: [" + std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                        std::string(63, 'c') + ".example]"),
              HasSubstr("want the name of a list"))
      << "no IPv6 address fits in front of it";
}

}  // namespace
}  // namespace postern::checks::dnsbl_test
