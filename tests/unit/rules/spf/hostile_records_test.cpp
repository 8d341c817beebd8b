// Records that somebody publishes to cost us something: what an evaluation asks and takes is
// bounded, whatever they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <string>

#include "rules/spf/published_networks.h"
#include "rules/spf/spf.h"

namespace postern::spf::hostile_records_test {
namespace {

using testing::HasSubstr;

// As much as is kept of the texts of one name.
constexpr std::size_t kMostText = 16384;
// Far more than any of them takes, on a machine that is busy with other tests, under sanitizers.
constexpr std::chrono::seconds kBound{20};

std::chrono::microseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::microseconds{now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

using Texts = std::map<std::string, std::vector<std::string>>;  // of TXT records, by name

// Every other name has one address, which is nobody's.
dns::DnsFact said(const Texts& texts, const dns::DnsQuestion& question) {
  auto answer = std::make_shared<dns::DnsAnswer>();
  answer->status = dns::DnsStatus::absent;
  answer->reason = dns::DnsReason::nodata;
  const auto known = texts.find(question.name.text());
  if (question.type == dns::DnsType::txt && known != texts.end()) {
    answer->status = dns::DnsStatus::found;
    for (const std::string& text : known->second) answer->records.add_text(text);
  }
  if (question.type == dns::DnsType::a) {
    answer->status = dns::DnsStatus::found;
    answer->records.add_address(IpAddress::from_v4(0x0a000001));
  }
  if (answer->status == dns::DnsStatus::found) answer->reason = dns::DnsReason::answer;
  return {std::move(answer)};
}

struct Cost {
  Judgement judgement;
  int rounds = 0;
  std::size_t facts = 0;
  std::chrono::microseconds took{0};
};

// Each answer is looked at when it comes, as a decision does with the first of them.
Cost cost_of(const Texts& texts, const std::string& local_part = "user") {
  Subject subject;
  subject.client = IpAddress::parse("2001:db8:ffff:eeee:dddd:cccc:bbbb:aaaa").value();
  subject.local_part = local_part;
  subject.domain = DomainName::parse("a.example").value();
  subject.helo = "mail.a.example";
  FactView facts(nullptr);
  Cost cost;
  const auto begin = processor_time();
  while (true) {
    auto judgement = judge(subject, facts);
    if (judgement) {
      cost.judgement = *std::move(judgement);
      cost.facts = facts.evidence().size();
      cost.took = processor_time() - begin;
      testing::Test::RecordProperty("microseconds", static_cast<int>(cost.took.count()));
      EXPECT_LE(cost.facts, kMaxFactsOfCheck);
      EXPECT_LT(cost.took, kBound);
      return cost;
    }
    ++cost.rounds;
    const std::vector<dns::DnsQuestion> questions = facts.missing();
    for (const dns::DnsQuestion& question : questions) {
      facts.add(question, said(texts, question));
      (void)judge(subject, facts);
    }
  }
}

// `term` again and again behind the version, up to so many bytes.
std::string record_of(const std::string& term, std::size_t bytes, const std::string& last = "") {
  std::string record = "v=spf1";
  while (record.size() + 1 + term.size() + last.size() <= bytes) record += " " + term;
  return record + last;
}

std::string name(int number) {
  return number == 0 ? "a.example" : "n" + std::to_string(number) + ".example";
}

TEST(HostileRecords, TenNestedOnesFullOfNetworks) {
  Texts texts;
  for (int i = 0; i < 12; ++i) {
    texts[name(i)] = {record_of("ip6:2001:db8:1234:5678:9abc:def0:1234:0/112", kMostText,
                                " include:" + name(i + 1))};
  }
  const Cost cost = cost_of(texts);
  EXPECT_EQ(cost.judgement.result, SpfResult::permerror);
  EXPECT_THAT(cost.judgement.problem, HasSubstr("more than ten terms"));
  EXPECT_LE(cost.rounds, 12);
}

TEST(HostileRecords, AThousandIncludesSideBySide) {
  Texts texts{{"a.example", {record_of("include:n1.example", kMostText)}},
              {"n1.example", {"v=spf1 ?all"}}};
  EXPECT_EQ(cost_of(texts).judgement.result, SpfResult::permerror);
  std::string many = "v=spf1";
  for (int i = 1; i < 700; ++i) many += " include:" + name(i);
  const Cost cost = cost_of({{"a.example", {many}}});
  EXPECT_EQ(cost.judgement.result, SpfResult::permerror);
  EXPECT_LE(cost.facts, 12U);
}

TEST(HostileRecords, ThatIncludeThemselves) {
  const Cost cost = cost_of({{"a.example", {"v=spf1 include:a.example include:a.example"}}});
  EXPECT_EQ(cost.judgement.result, SpfResult::permerror);
  EXPECT_EQ(cost.facts, 1U);
}

TEST(HostileRecords, FullOfMacros) {
  std::string macros;
  while (macros.size() + 5 < kMostText - 100) macros += "%{i}.";
  const Cost one = cost_of({{"a.example", {"v=spf1 exists:" + macros + "a.example -all"}}});
  EXPECT_NE(one.judgement.result, SpfResult::pass);
  const std::string local_part(256, 'x');
  std::string terms = "v=spf1";
  for (int i = 0; i < 10; ++i) {
    terms += " exists:";
    for (int k = 0; k < 300; ++k) terms += "%{l}";
    terms += std::to_string(i) + ".%{dr}.example";
  }
  EXPECT_LE(cost_of({{"a.example", {terms}}}, local_part).facts, kMaxFactsOfCheck);
  std::string parts;
  for (int i = 0; i < 127; ++i) parts += "x.";
  EXPECT_LE(cost_of({{"a.example", {record_of("a:%{lr-}.%{i1r}.%{h}", kMostText)}}}, parts).facts,
            12U);
}

TEST(HostileRecords, AmongManyOthers) {
  std::vector<std::string> texts(60, std::string(250, 'v'));
  texts.emplace_back("v=spf1 -all");
  EXPECT_EQ(cost_of({{"a.example", texts}}).judgement.result, SpfResult::fail);
}

// A DNS answer has no more room than 64 KiB; what is kept of one has less.
TEST(HostileRecords, LargerThanWhatIsKept) {
  Texts texts{{"a.example", {}}};
  for (int i = 0; i < 4; ++i) texts["a.example"].push_back(record_of("ip4:192.0.2.1", kMostText));
  const Cost cost = cost_of(texts);
  EXPECT_TRUE(cost.judgement.result == SpfResult::temperror ||
              cost.judgement.result == SpfResult::permerror);
}

// The same for a list out of SPF, in the background.
TEST(HostileRecords, AreWalkedInBounds) {
  Texts texts;
  for (int i = 0; i < 70; ++i) {
    texts[name(i)] = {"v=spf1 include:" + name(2 * i + 1) + " include:" + name(2 * i + 2) +
                      record_of("ip4:198.51.100.1", 1000).substr(6)};
  }
  FactView facts(nullptr);
  const auto begin = processor_time();
  std::optional<PublishedNetworks> published;
  while (!(published = published_networks(DomainName::parse("a.example").value(), facts))) {
    const std::vector<dns::DnsQuestion> questions = facts.missing();
    for (const dns::DnsQuestion& question : questions) facts.add(question, said(texts, question));
  }
  RecordProperty("microseconds", static_cast<int>((processor_time() - begin).count()));
  EXPECT_LT(processor_time() - begin, kBound);
  EXPECT_NE(published->status, dns::DnsStatus::found);
  EXPECT_LE(facts.evidence().size(), kMaxWalkQuestions);
}

}  // namespace
}  // namespace postern::spf::hostile_records_test
