#include "server/service/traces.h"

#include <gtest/gtest.h>

#include "tests/support/transaction_builder.h"

namespace postern::service::traces_test {
namespace {

using std::chrono::seconds;

const Traces::Clock::time_point kBegin{seconds{1000}};

explain::TraceFilter of_client(std::string_view text) {
  return explain::parse_trace_filter(text, "", "").value();
}

Transaction from(std::string_view client) {
  return TransactionBuilder(Stage::connect).client(client).transaction;
}

class TracesTest : public testing::Test {
 protected:
  Traces traces_;
};

TEST_F(TracesTest, NoneIsSetAtFirst) {
  EXPECT_FALSE(traces_.any());
  EXPECT_FALSE(traces_.match(from("192.0.2.7"), kBegin));
}

TEST_F(TracesTest, FollowsUntilItsEnd) {
  const auto trace = traces_.add(of_client("192.0.2.7"), seconds{10}, kBegin);
  ASSERT_TRUE(trace);
  EXPECT_TRUE(traces_.any());
  const auto first = traces_.match(from("192.0.2.7"), kBegin + seconds{9});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->trace, trace->id);
  EXPECT_EQ(first->number, 1U);
  EXPECT_EQ(traces_.match(from("192.0.2.7"), kBegin + seconds{9})->number, 2U);
  EXPECT_FALSE(traces_.match(from("192.0.2.8"), kBegin + seconds{9}));
  EXPECT_FALSE(traces_.match(from("192.0.2.7"), kBegin + seconds{10}));
  EXPECT_FALSE(traces_.any());
}

TEST_F(TracesTest, AreBoundedInNumber) {
  for (std::size_t i = 0; i < Traces::kMaxTraces; ++i) {
    ASSERT_TRUE(traces_.add(of_client("192.0.2.7"), seconds{10}, kBegin));
  }
  const auto more = traces_.add(of_client("192.0.2.7"), seconds{10}, kBegin);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().text,
            "found 8 traces, which are the most there can be; want one of them stopped");
  EXPECT_TRUE(traces_.add(of_client("192.0.2.7"), seconds{10}, kBegin + seconds{10}));
}

TEST_F(TracesTest, AreStoppedByNumberOrAllTogether) {
  const auto one = traces_.add(of_client("192.0.2.1"), seconds{10}, kBegin)->id;
  traces_.add(of_client("192.0.2.2"), seconds{10}, kBegin);
  traces_.add(of_client("192.0.2.3"), seconds{10}, kBegin);
  EXPECT_EQ(traces_.remove(one), 1U);
  EXPECT_EQ(traces_.remove(one), 0U);
  EXPECT_EQ(traces_.all(kBegin).size(), 2U);
  EXPECT_EQ(traces_.remove(std::nullopt), 2U);
  EXPECT_FALSE(traces_.any());
}

TEST_F(TracesTest, AreBoundedInLinesPerSecond) {
  const auto id = traces_.add(of_client("192.0.2.7"), seconds{10}, kBegin)->id;
  const std::vector<std::string> half(Traces::kMaxLinesPerSecond / 2, "line");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(traces_.match(from("192.0.2.7"), kBegin));
    traces_.keep(id, half);
  }
  EXPECT_FALSE(traces_.match(from("192.0.2.7"), kBegin));
  EXPECT_FALSE(traces_.match(from("192.0.2.7"), kBegin + std::chrono::milliseconds{999}));
  EXPECT_TRUE(traces_.match(from("192.0.2.7"), kBegin + seconds{1}));
  const auto all = traces_.all(kBegin);
  EXPECT_EQ(all.at(0).decisions, 3U);
  EXPECT_EQ(all.at(0).left_out, 2U);
}

TEST_F(TracesTest, KeepsTheLastLinesForThoseWhoFollow) {
  traces_.keep(1, {"a", "b"});
  EXPECT_EQ(traces_.last_line(), 2U);
  ASSERT_EQ(traces_.lines_after(1).size(), 1U);
  EXPECT_EQ(traces_.lines_after(1)[0].text, "b");
  EXPECT_EQ(traces_.lines_after(1)[0].number, 2U);
  EXPECT_TRUE(traces_.lines_after(2).empty());
  traces_.keep(1, std::vector<std::string>(Traces::kKeptLines + 5, "c"));
  EXPECT_EQ(traces_.lines_after(0).size(), Traces::kKeptLines);
  traces_.keep(1, {std::string(Traces::kKeptBytes - 1, 'x'), "yy"});
  EXPECT_EQ(traces_.lines_after(0).size(), 1U);
}

}  // namespace
}  // namespace postern::service::traces_test
