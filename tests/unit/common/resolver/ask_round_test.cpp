#include "common/resolver/ask_round.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/stopwatch.h"
#include "tests/unit/common/resolver/resolver_fixture.h"

namespace postern::resolver::ask_round_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const char* const kZone = R"(
zone:
  good.example:   { A: [198.51.100.1], AAAA: ["2001:db8::1"], MX: [10 good.example] }
  silent.example: { fault: timeout }
)";

struct DnsAnswered {
  dns::DnsQuestion question;
  dns::DnsFact fact;
};

// Asks on a loop of the test's own, as a door does it.
class AskRoundTest : public testing::Test {
 protected:
  static DnsSettings settings() {
    DnsSettings settings = ResolverFixture::quick();
    settings.attempt_timeout = 60s;
    settings.query_timeout = 60s;
    return settings;
  }

  using Judge = std::function<Enough(const DnsAnswered&)>;

  // What was answered before the round was over, in the order in which it came.
  std::vector<DnsAnswered> ask(
      const std::vector<dns::DnsQuestion>& questions, std::chrono::milliseconds patience,
      const Judge& enough = [](const DnsAnswered&) { return Enough::no; }) {
    std::vector<DnsAnswered> result;
    calls_ = 0;
    const auto round = std::make_shared<AskRound<DnsAnswered>>(
        io_.get_executor(), questions.size(),
        [&](DnsAnswered answered) {
          EXPECT_EQ(calls_, 0) << "an answer after the end";
          result.push_back(std::move(answered));
          return enough(result.back());
        },
        [&] {
          ++calls_;
          thread_ = std::this_thread::get_id();
        });
    for (const dns::DnsQuestion& question : questions) {
      fixture_.resolver->ask(question, {}, [round, question](dns::DnsFact fact) {
        round->answer({question, std::move(fact)});
      });
    }
    round->end_at(steady_clock::now() + patience);
    EXPECT_EQ(calls_, 0) << "called from inside answer() or end_at()";
    auto work = boost::asio::make_work_guard(io_);
    const auto until = steady_clock::now() + 20s;
    io_.restart();
    while (calls_ == 0 && steady_clock::now() < until) io_.run_one_for(100ms);
    io_.poll();
    EXPECT_EQ(calls_, 1);
    EXPECT_EQ(thread_, std::this_thread::get_id());
    return result;
  }

  boost::asio::io_context io_{1};
  ResolverFixture fixture_{zone(kZone), settings()};
  int calls_ = 0;
  std::thread::id thread_;
};

TEST_F(AskRoundTest, HandsOverEachAnswer) {
  const std::vector<dns::DnsQuestion> questions = {
      question("good.example", dns::DnsType::mx), question("none.example", dns::DnsType::a),
      question("good.example", dns::DnsType::aaaa), question("good.example", dns::DnsType::a)};
  const auto answered = ask(questions, 15s);
  ASSERT_EQ(answered.size(), 4U);
  const auto answer_to = [&](const dns::DnsQuestion& asked) {
    const auto found = std::find_if(answered.begin(), answered.end(),
                                    [&](const DnsAnswered& one) { return one.question == asked; });
    return found == answered.end() ? dns::DnsAnswer{} : *found->fact.answer;
  };
  EXPECT_EQ(answer_to(questions[0]).records.mx().size(), 1U);
  EXPECT_EQ(answer_to(questions[1]).reason, dns::DnsReason::nxdomain);
  ASSERT_FALSE(answer_to(questions[2]).records.addresses().empty());
  EXPECT_FALSE(answer_to(questions[2]).records.addresses().begin()->is_v4());
  ASSERT_FALSE(answer_to(questions[3]).records.addresses().empty());
  EXPECT_TRUE(answer_to(questions[3]).records.addresses().begin()->is_v4());
}

TEST_F(AskRoundTest, TheDeadlineLeavesOutTheMissingOnesOnly) {
  const auto answered =
      ask({question("silent.example", dns::DnsType::a), question("good.example", dns::DnsType::a)},
          500ms);
  ASSERT_EQ(answered.size(), 1U);
  EXPECT_EQ(answered[0].question, question("good.example", dns::DnsType::a));
  EXPECT_EQ(answered[0].fact.answer->reason, dns::DnsReason::answer);
  const auto kept =
      fixture_.cache.find(question("silent.example", dns::DnsType::a), steady_clock::now());
  EXPECT_FALSE(kept.has_value());
}

TEST_F(AskRoundTest, EndsWhenTheAnswersSoFarAreEnough) {
  const Stopwatch watch;
  int judged = 0;
  const auto answered =
      ask({question("silent.example", dns::DnsType::a), question("good.example", dns::DnsType::a),
           question("silent.example", dns::DnsType::aaaa)},
          15s, [&](const DnsAnswered& one) {
            ++judged;
            return one.question.name.text() == "good.example" ? Enough::yes : Enough::no;
          });
  EXPECT_LT(watch.own(), 5s);
  EXPECT_EQ(judged, 1);
  ASSERT_EQ(answered.size(), 1U);
  EXPECT_EQ(answered[0].question, question("good.example", dns::DnsType::a));
  EXPECT_EQ(answered[0].fact.answer->reason, dns::DnsReason::answer);
}

TEST_F(AskRoundTest, DeadlineInThePast) {
  EXPECT_TRUE(ask({question("silent.example", dns::DnsType::a)}, -1s).empty());
}

TEST_F(AskRoundTest, SameQuestionTwice) {
  const auto answered = ask(
      {question("good.example", dns::DnsType::a), question("good.example", dns::DnsType::a)}, 15s);
  ASSERT_EQ(answered.size(), 2U);
  EXPECT_EQ(*answered[0].fact.answer, *answered[1].fact.answer);
  EXPECT_EQ(fixture_.servers[0]->count("good.example", dns::DnsType::a), 1);
}

TEST_F(AskRoundTest, StoppedResolver) {
  fixture_.resolver->stop();
  const auto answered = ask({question("good.example", dns::DnsType::a)}, 15s);
  ASSERT_EQ(answered.size(), 1U);
  EXPECT_EQ(answered[0].fact.answer->status, dns::DnsStatus::temporary_failure);
}

}  // namespace
}  // namespace postern::resolver::ask_round_test
