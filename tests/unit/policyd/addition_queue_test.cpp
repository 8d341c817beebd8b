#include "policyd/addition_queue.h"

#include <gtest/gtest.h>

namespace postern::policyd::addition_queue_test {
namespace {

Verdict with(std::vector<Header> headers, std::vector<std::string> copies = {}) {
  Verdict verdict;
  verdict.prepend = std::move(headers);
  verdict.copies = std::move(copies);
  return verdict;
}

std::string next(AdditionQueue& queue) {
  const std::string* action = queue.next();
  return action == nullptr ? "-" : *action;
}

TEST(AdditionQueue, CopiesComeFirstAndEachOnce) {
  AdditionQueue queue;
  queue.want(with({{"X-A", "1"}}, {"c@cap.example"}));
  queue.want(with({{"X-A", "1"}}, {"c@cap.example", "d@cap.example"}));
  EXPECT_EQ(next(queue), "BCC c@cap.example");
  EXPECT_EQ(next(queue), "PREPEND X-A: 1");
  EXPECT_EQ(next(queue), "BCC d@cap.example");
  EXPECT_EQ(next(queue), "-");
}

TEST(AdditionQueue, IsOneLineAndBounded) {
  AdditionQueue queue;
  queue.want(with({{"X-A\n", "a\nb\r\n\naction=OK\x7f"}, {"X-B", std::string(100'000, 'x')}}));
  EXPECT_EQ(next(queue), "PREPEND X-A?: a?b???action=OK?");
  EXPECT_LE(next(queue).size(), 998U);
}

TEST(AdditionQueue, HeadersCanBeGivenUpAlone) {
  AdditionQueue queue;
  queue.want(with({{"X-A", "1"}, {"X-B", "2"}}));
  queue.want(with({}, {"c@cap.example"}));
  EXPECT_EQ(next(queue), "PREPEND X-A: 1");
  queue.give_up_headers();
  EXPECT_EQ(queue.take_lost(), std::vector<std::string>{"PREPEND X-B: 2"});
  EXPECT_EQ(next(queue), "BCC c@cap.example");
  queue.want(with({{"X-B", "2"}}));
  EXPECT_EQ(next(queue), "-") << "it was given up";
}

}  // namespace
}  // namespace postern::policyd::addition_queue_test
