#include "common/base/shared_text.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace postern::shared_text_test {
namespace {

TEST(SharedText, IsTheTextThatItWasGiven) {
  SharedText text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text, "");
  text = "127.0.0.1:53";
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text, "127.0.0.1:53");
  EXPECT_EQ(text, SharedText("127.0.0.1:53"));
  EXPECT_FALSE(text == SharedText("127.0.0.1:54"));
  text.clear();
  EXPECT_EQ(text, SharedText(""));
}

TEST(SharedText, CopiesShareAndOutliveEachOther) {
  SharedText copy;
  {
    const SharedText text("127.0.0.1:53");
    copy = text;
    EXPECT_EQ(copy.view().data(), text.view().data());
  }
  EXPECT_EQ(copy, "127.0.0.1:53");
  const SharedText& same = copy;
  copy = same;
  EXPECT_EQ(copy, "127.0.0.1:53");
}

TEST(SharedText, AnotherTextForOneIsNotForItsCopies) {
  SharedText text("one");
  const SharedText copy = text;
  text = "two";
  EXPECT_EQ(text, "two");
  EXPECT_EQ(copy, "one");
}

TEST(SharedText, IsEmptyAfterAMove) {
  SharedText text("one");
  const SharedText moved = std::move(text);
  EXPECT_EQ(moved, "one");
  EXPECT_TRUE(text.empty());  // NOLINT(bugprone-use-after-move)
}

TEST(SharedText, CopiesOfDifferentThreads) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  {
    const SharedText text("127.0.0.1:53");
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([text] {
        for (int step = 0; step < 10'000; ++step) {
          const SharedText copy = text;
          ASSERT_EQ(copy, "127.0.0.1:53");
        }
      });
    }
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace postern::shared_text_test
