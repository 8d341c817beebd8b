// What the suite of others does not say: look-ups that find nothing, faults, what proves nothing,
// in how many rounds facts are got, and how much a record can make us ask.
#include "rules/spf/spf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rules/spf/spf_run.h"

namespace postern::spf::spf_test {
namespace {

using testing::HasSubstr;

ZoneMap zone(const std::string& names) {
  auto map = ZoneMap::parse("zone:\n" + names);
  if (!map) throw std::runtime_error(map.error().text);
  return *std::move(map);
}

Subject subject(std::string_view client = "192.0.2.1") {
  Subject one;
  one.client = IpAddress::parse(client).value();
  one.local_part = "user";
  one.domain = DomainName::parse("a.example").value();
  one.helo = "mail.a.example";
  return one;
}

// Of the record of a.example, beside these names.
Judgement judged(const std::string& record, const std::string& names = "",
                 std::string_view client = "192.0.2.1") {
  return judge_at_once(zone("  a.example: { TXT: ['v=spf1 " + record + "'] }\n" + names),
                       subject(client));
}

SpfResult result_of(const std::string& record, const std::string& names = "",
                    std::string_view client = "192.0.2.1") {
  return judged(record, names, client).result;
}

TEST(Spf, TellsWhatMatchedAndWhere) {
  const std::string names = "  _spf.b.example: { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] }\n";
  const Judgement pass = judged("a:none.example include:_spf.b.example -all", names);
  EXPECT_EQ(pass.result, SpfResult::pass);
  EXPECT_EQ(pass.mechanism, "include:_spf.b.example");
  EXPECT_EQ(pass.domain, "a.example");
  EXPECT_EQ(pass.problem, "");
  const Judgement fail = judged("redirect=_spf.b.example", names, "198.51.100.1");
  EXPECT_EQ(fail.result, SpfResult::fail);
  EXPECT_EQ(fail.mechanism, "-all");
  EXPECT_EQ(fail.domain, "_spf.b.example");
}

// pyspf#40 #41 #44, mailauth#104: IPv6 mail of hosts with A records alone was a permerror.
TEST(Spf, AMissingFamilyIsNoVoidLookup) {
  const std::string names =
      "  h1.example: { A: [192.0.2.9] }\n  h2.example: { A: [192.0.2.9] }\n"
      "  h3.example: { A: [192.0.2.9] }\n  h4.example: { A: [192.0.2.9] }\n";
  const std::string record = "a:h1.example a:h2.example a:h3.example a:h4.example ";
  EXPECT_EQ(result_of(record + "ip6:2001:db8::/32 -all", names, "2001:db8::1"), SpfResult::pass);
  EXPECT_EQ(result_of(record + "-all", names, "2001:db8::1"), SpfResult::fail);
}

TEST(Spf, NamesThatDoNotExistAreVoidLookups) {
  const std::string two = "a:n1.example exists:n2.example ";
  EXPECT_EQ(result_of(two + "-all"), SpfResult::fail);
  for (const char* third : {"a:n3.example", "mx:n3.example", "exists:n3.example"}) {
    const Judgement judgement = judged(two + third + " -all");
    EXPECT_EQ(judgement.result, SpfResult::permerror) << third;
    EXPECT_EQ(judgement.problem, "too many terms that find nothing");
  }
  Subject patient = subject();
  patient.void_limit = 3;
  EXPECT_EQ(judge_at_once(zone("  a.example: { TXT: ['v=spf1 " + two + "a:n3.example -all'] }\n"),
                          patient)
                .result,
            SpfResult::fail);
}

// What is asked for the client's sake says nothing about the domain.
TEST(Spf, AClientWithoutANameIsNoVoidLookup) {
  EXPECT_EQ(result_of("a:n1.example a:n2.example ptr exists:%{p}.a.example -all",
                      "  unknown.a.example: { A: [127.0.0.2] }\n"),
            SpfResult::pass);
}

// stalwart mail-auth#35, aboutmyemail#45, maddy#487, albertito/spf#3.
TEST(Spf, AddressesOfMailHostsAreNoTerms) {
  std::string names = "  m.example: { MX: [";
  std::string hosts;
  for (int i = 0; i < 10; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    names += (i > 0 ? ", 10 " : "10 ") + host;
    hosts += "  " + host + ": { A: [192.0.2." + std::to_string(100 + i) + "] }\n";
  }
  names += "] }\n" + hosts;
  EXPECT_EQ(result_of("mx:m.example mx:m.example mx:m.example -all", names), SpfResult::fail);
  EXPECT_EQ(result_of("mx:m.example -all", names, "192.0.2.109"), SpfResult::pass);
}

TEST(Spf, OneMailHostWithTheAddressIsEnough) {
  const std::string names =
      "  m.example: { MX: [10 dead.example, 20 good.example] }\n"
      "  dead.example: { fault: timeout }\n  good.example: { A: [192.0.2.1] }\n";
  EXPECT_EQ(result_of("mx:m.example -all", names), SpfResult::pass);
  const Judgement other = judged("mx:m.example -all", names, "192.0.2.2");
  EXPECT_EQ(other.result, SpfResult::temperror);
  EXPECT_EQ(other.problem, "address of dead.example: timeout");
}

TEST(Spf, AFaultOfDnsIsNeverAFail) {
  const std::string names =
      "  broken.example: { fault: servfail }\n"
      "  m.example: { MX: [10 broken.example] }\n";
  for (const char* term : {"a:broken.example", "mx:broken.example", "mx:m.example",
                           "exists:broken.example", "include:broken.example"}) {
    EXPECT_EQ(result_of(std::string(term) + " -all", names), SpfResult::temperror) << term;
  }
  EXPECT_EQ(result_of("redirect=broken.example", names), SpfResult::temperror);
}

// Whatever is wrong, wherever in the record it is met.
TEST(Spf, NoKindOfFaultIsAFail) {
  for (const char* fault :
       {"servfail", "refused", "formerr", "notimp", "timeout", "truncate_no_tcp", "tcp_stall",
        "tcp_reset", "wrong_id", "cut", "garbage", "empty", "compression_loop", "cname_loop",
        "count_lies", "not_counted", "referral"}) {
    const std::string names = std::string("  x.example: { fault: ") + fault + " }\n";
    for (const char* record : {"a:x.example -all", "mx:x.example -all", "exists:x.example -all",
                               "include:x.example -all", "redirect=x.example"}) {
      EXPECT_EQ(result_of(record, names), SpfResult::temperror) << fault << ": " << record;
    }
    const ZoneMap map = zone("  a.example: { TXT: { fault: " + std::string(fault) + " } }\n");
    EXPECT_EQ(judge_at_once(map, subject()).result, SpfResult::temperror) << fault;
  }
}

// RFC 7208 5.5: what comes behind it is looked at. But nobody is refused because of it: without
// the fault it might have been a pass.
TEST(Spf, AFaultOfReverseDnsIsNoMatchAndNoFail) {
  const std::string fault = "  1.2.0.192.in-addr.arpa: { fault: servfail }\n";
  EXPECT_EQ(result_of("ptr ip4:192.0.2.1 -all", fault), SpfResult::pass);
  EXPECT_EQ(result_of("ptr ?all", fault), SpfResult::neutral);
  const std::string names =
      "  x.example: { TXT: ['v=spf1 ptr -all'] }\n  unknown.a.example: { TXT: ['v=spf1 -all'] }\n";
  for (const char* record :
       {"ptr -all", "ptr ~all", "exists:%{p}.x.example -all", "include:x.example -all",
        "redirect=x.example", "redirect=%{p}.a.example", "ptr include:none.example"}) {
    const Judgement judgement = judged(record, names + fault);
    EXPECT_EQ(judgement.result, SpfResult::temperror) << record;
    EXPECT_EQ(judgement.problem, "names of the client: servfail") << record;
    EXPECT_EQ(judgement.mechanism, "") << record;
  }
  const Judgement of_name = judged("ptr -all",
                                   "  1.2.0.192.in-addr.arpa: { PTR: [broken.example] }\n"
                                   "  broken.example: { fault: timeout }\n");
  EXPECT_EQ(of_name.result, SpfResult::temperror);
  EXPECT_EQ(of_name.problem, "names of the client: address of broken.example");
  EXPECT_EQ(result_of("-all exp=%{p}.x.example", fault), SpfResult::fail) << "it is not asked";
  EXPECT_EQ(result_of("ptr -all",
                      "  1.2.0.192.in-addr.arpa: { PTR: [broken.example, mail.a.example] }\n"
                      "  broken.example: { fault: timeout }\n"
                      "  mail.a.example: { A: [192.0.2.1] }\n"),
            SpfResult::pass);
}

// Of so many that some are left out the client's may be one.
TEST(Spf, AddressesThatAreLeftOutAreNoFail) {
  ZoneMap map = zone(
      "  m.example: { MX: [10 many.example] }\n"
      "  1.2.0.192.in-addr.arpa: { PTR: [many.example] }\n");
  ZoneNode many;
  for (std::uint32_t i = 0; i < dns::DnsAnswer::kMaxRecords; ++i) {
    many.a.push_back(IpAddress::from_v4(0xc6336400 + i));  // 198.51.100.0
  }
  map.set("many.example", many);
  for (const char* term : {"a:many.example", "mx:m.example", "ptr:many.example"}) {
    ZoneNode top;
    top.txt = {std::string("v=spf1 ") + term + " -all"};
    map.set("a.example", top);
    EXPECT_EQ(judge_at_once(map, subject()).result, SpfResult::temperror) << term;
  }
  many.a.pop_back();
  map.set("many.example", many);
  EXPECT_EQ(judge_at_once(map, subject()).result, SpfResult::fail);
}

TEST(Spf, OnlyTheFamilyOfTheClientIsAskedFor) {
  const ZoneMap map = zone(
      "  a.example: { TXT: ['v=spf1 a mx -all'], A: [192.0.2.9], AAAA: ['2001:db8::1'],"
      " MX: [10 a.example] }\n");
  for (const char* client : {"192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1"}) {
    ZoneFacts source(map);
    FactView facts(&source);
    EXPECT_EQ(judge(subject(client), facts)->result, SpfResult::pass);
    const bool is_v4 = subject(client).client.is_v4();
    for (const DnsEvidence& one : facts.evidence()) {
      EXPECT_NE(one.question.type, is_v4 ? dns::DnsType::aaaa : dns::DnsType::a);
    }
  }
}

TEST(Spf, NetworksOfTheOtherFamilyDoNotMatch) {
  EXPECT_EQ(result_of("ip6:::/0 -all"), SpfResult::fail);
  EXPECT_EQ(result_of("ip4:0.0.0.0/0 -all", "", "2001:db8::1"), SpfResult::fail);
  EXPECT_EQ(result_of("ip6:::ffff:192.0.2.1 -all"), SpfResult::fail);
  EXPECT_EQ(result_of("ip4:192.0.2.128/25 -all", "", "192.0.2.127"), SpfResult::fail);
  EXPECT_EQ(result_of("ip4:192.0.2.128/25 -all", "", "192.0.2.129"), SpfResult::pass);
  EXPECT_EQ(result_of("ip6:2001:db8:0:8000::/49 -all", "", "2001:db8:0:7fff::1"), SpfResult::fail);
  EXPECT_EQ(result_of("ip6:2001:db8:0:8000::/49 -all", "", "2001:db8:0:ffff::1"), SpfResult::pass);
}

// Mail::SPF::Iterator and rspamd tell it apart, too.
TEST(Spf, APassForEverybodyProvesNothing) {
  const std::string names =
      "  open.example: { TXT: ['v=spf1 +all'] }\n  a.example.net: { A: [198.51.100.1] }\n";
  for (const char* record :
       {"+all", "all", "include:open.example -all", "redirect=open.example", "ip4:0.0.0.0/0 -all",
        "ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "a:a.example.net/0 -all",
        "ip4:128.0.0.0/2 ip4:192.0.0.0/2 ip4:0.0.0.0/2 -all"}) {
    const Judgement judgement = judged(record, names);
    EXPECT_EQ(judgement.result, SpfResult::pass) << record;
    EXPECT_TRUE(judgement.is_for_everybody) << record;
  }
  for (const char* record : {"ip4:128.0.0.0/1 -all", "ip4:192.0.2.1 +all", "ip4:192.0.0.0/8 -all",
                             "ip4:192.0.0.0/2 ip4:0.0.0.0/2 ?ip4:64.0.0.0/2 -all"}) {
    const Judgement judgement = judged(record, names);
    EXPECT_EQ(judgement.result, SpfResult::pass) << record;
    EXPECT_FALSE(judgement.is_for_everybody) << record;
  }
  EXPECT_TRUE(judged("ip6:8000::/1 ip6:::/1 -all", "", "2001:db8::1").is_for_everybody);
  EXPECT_TRUE(judged("ip6:2000::/3 -all", "", "2001:db8::1").is_for_everybody)
      << "all that is given out";
  EXPECT_FALSE(judged("ip6:2000::/4 -all", "", "2001:db8::1").is_for_everybody);
}

TEST(Spf, NamesThatCannotBeAskedAboutHaveNothing) {
  const std::string label(64, 'x');
  EXPECT_EQ(result_of("a:" + label + ".example a:a..example exists:.%{l}.example -all"),
            SpfResult::fail);
  EXPECT_EQ(result_of("include:" + label + ".example -all"), SpfResult::permerror);
  EXPECT_EQ(result_of("redirect=" + label + ".example"), SpfResult::permerror);
}

TEST(Spf, OddOctetsOfMacrosAreAskedAbout) {
  Subject odd = subject();
  odd.local_part = "strong+bad=%x \xff";
  const ZoneMap map = zone(
      "  a.example: { TXT: ['v=spf1 exists:%{l}._spf.%{d} -all'] }\n"
      "  'strong\\043bad\\061\\037x\\032\\255._spf.a.example': { A: [127.0.0.2] }\n");
  EXPECT_EQ(judge_at_once(map, odd).result, SpfResult::pass);
}

// The records that are included are asked for together, and what they include as soon as they are
// known; addresses of the first term alone.
TEST(Spf, AsksForIncludedRecordsTogether) {
  const std::string names =
      "  i1.example: { TXT: ['v=spf1 include:j1.example include:j2.example'] }\n"
      "  i2.example: { TXT: ['v=spf1 include:j3.example'] }\n"
      "  i3.example: { TXT: ['v=spf1 a'] }\n"
      "  j1.example: { TXT: ['v=spf1 ip4:198.51.100.1'] }\n"
      "  j2.example: { TXT: ['v=spf1 ip4:198.51.100.2'] }\n"
      "  j3.example: { TXT: ['v=spf1 ip4:192.0.2.1'] }\n";
  const ZoneMap map = zone(
      "  a.example: { TXT: ['v=spf1 include:i1.example include:i2.example include:i3.example mx"
      " -all'] }\n" +
      names);
  const SpfRun run = judge_in_rounds(map, subject());
  EXPECT_EQ(run.judgement.result, SpfResult::pass);
  EXPECT_EQ(run.rounds, 3);
  EXPECT_EQ(run.facts, 7U) << "texts alone";
}

TEST(Spf, AsksForNoAddressesBehindAnOpenTerm) {
  FactView facts(nullptr);
  const dns::DnsQuestion top{subject().domain, dns::DnsType::txt};
  dns::DnsAnswer answer;
  answer.status = dns::DnsStatus::found;
  answer.reason = dns::DnsReason::answer;
  answer.records.add_text("v=spf1 a mx exists:x.example include:b.example all include:c.example");
  facts.add(top, {std::make_shared<const dns::DnsAnswer>(answer)});
  EXPECT_FALSE(judge(subject(), facts));
  EXPECT_THAT(facts.missing(),
              testing::ElementsAre(
                  dns::DnsQuestion{subject().domain, dns::DnsType::a},
                  dns::DnsQuestion{DomainName::parse("b.example").value(), dns::DnsType::txt}));
}

TEST(Spf, AskedAboutAnExplanationItWaitsForIt) {
  const ZoneMap map = zone(
      "  a.example: { TXT: ['v=spf1 -all exp=why.a.example'] }\n"
      "  why.a.example: { TXT: ['%{i} is not %{d}, %{p}, %{r}, %{t}'] }\n");
  Subject curious = subject();
  EXPECT_EQ(judge_at_once(map, curious).explanation, "");
  curious.explanation = Explanation::ask;
  const SpfRun run = judge_in_rounds(map, curious);
  EXPECT_EQ(run.judgement.explanation, "192.0.2.1 is not a.example, unknown, unknown, 0");
  EXPECT_EQ(run.rounds, 3);
}

// Hostile records, counted and not timed: facts, rounds, and what is expanded.

TEST(SpfBombs, TenIncludesOfTenIncludesEach) {
  std::string names;
  std::string record;
  for (int i = 0; i < 10; ++i) {
    const std::string inner = "i" + std::to_string(i) + ".example";
    record += "include:" + inner + " ";
    std::string terms;
    for (int j = 0; j < 10; ++j) {
      const std::string leaf = "j" + std::to_string(10 * i + j) + ".example";
      terms += " include:" + leaf;
      names += "  " + leaf + ": { TXT: ['v=spf1 include:" + inner + "'] }\n";
    }
    names += "  " + inner + ": { TXT: ['v=spf1" + terms + "'] }\n";
  }
  const SpfRun run = judge_in_rounds(
      zone("  a.example: { TXT: ['v=spf1 " + record + "-all'] }\n" + names), subject());
  EXPECT_EQ(run.judgement.result, SpfResult::permerror);
  EXPECT_EQ(run.judgement.problem, "more than ten terms that ask DNS");
  EXPECT_LE(run.facts, 30U);
  EXPECT_LE(run.rounds, 11);
}

TEST(SpfBombs, TenTermsOfTenMailHostsEach) {
  std::string names;
  std::string record;
  for (int i = 0; i < 10; ++i) {
    const std::string domain = "m" + std::to_string(i) + ".example";
    record += "mx:" + domain + " ";
    std::string hosts;
    for (int j = 0; j < 10; ++j) {
      hosts += (j > 0 ? ", 10 h" : "10 h") + std::to_string(j) + "." + domain;
      names += "  h" + std::to_string(j) + "." + domain + ": { A: [198.51.100.1] }\n";
    }
    names += "  " + domain + ": { MX: [" + hosts + "] }\n";
  }
  const ZoneMap map =
      zone("  a.example: { TXT: ['v=spf1 " + record + "-all exp=%{p}.a.example'] }\n" + names);
  Subject curious = subject();
  curious.explanation = Explanation::ask;
  const SpfRun run = judge_in_rounds(map, curious);
  EXPECT_EQ(run.judgement.result, SpfResult::fail);
  EXPECT_EQ(run.facts, 113U);
  EXPECT_LE(run.facts, kMaxFactsOfCheck);
  EXPECT_LE(run.rounds, 24);
}

TEST(SpfBombs, AClientOfAHundredNames) {
  ZoneNode reverse;
  ZoneMap map = zone("  a.example: { TXT: ['v=spf1 ptr exists:%{p}.x.example -all'] }\n");
  for (int i = 0; i < 100; ++i) reverse.ptr.push_back("n" + std::to_string(i) + ".example");
  map.set("1.2.0.192.in-addr.arpa", reverse);
  const SpfRun run = judge_in_rounds(map, subject());
  EXPECT_EQ(run.judgement.result, SpfResult::fail);
  EXPECT_EQ(run.facts, 13U) << "ten names of the client";
}

TEST(SpfBombs, ALongTermIsNotExpanded) {
  std::string macros;
  while (macros.size() < 600) macros += "%{l}";
  const std::string names = "  b.example: { TXT: ['v=spf1 redirect=" + macros + "'] }\n";
  for (const std::string& record :
       {"exists:" + macros, "redirect=" + macros, std::string("include:b.example")}) {
    const Judgement judgement = judged(record, names);
    EXPECT_EQ(judgement.result, SpfResult::temperror) << record.substr(0, 10);
    EXPECT_THAT(judgement.problem, HasSubstr("512"));
  }
}

TEST(SpfBombs, ARecordAsLongAsATextCanBe) {
  std::string record;
  while (record.size() < 16'000) record += "ip4:198.51.100.1 ";
  EXPECT_EQ(result_of(record + "-all"), SpfResult::fail);
  EXPECT_EQ(result_of(record + "-al"), SpfResult::permerror);
}

}  // namespace
}  // namespace postern::spf::spf_test
