#include "server/redis/reply.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::redis::reply_test {
namespace {

using Kind = Reply::Kind;

Reply only_reply(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  EXPECT_TRUE(reply && *reply) << bytes;
  return reply && *reply ? std::move(**reply) : Reply{};
}

TEST(ReplyReader, ReadsEveryKind) {
  EXPECT_EQ(only_reply("+OK\r\n").kind, Kind::status);
  EXPECT_EQ(only_reply("-MISCONF no disk\r\n").kind, Kind::error);
  EXPECT_EQ(only_reply("-MISCONF no disk\r\n").text, "MISCONF no disk");
  EXPECT_EQ(only_reply(":-7\r\n").number, -7);
  EXPECT_EQ(only_reply(std::string_view("$3\r\na\0b\r\n", 9)).text, std::string("a\0b", 3));
  EXPECT_EQ(only_reply("$-1\r\n").kind, Kind::nothing);
  const Reply list = only_reply("*2\r\n:5\r\n$-1\r\n");
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0].number, 5);
  EXPECT_EQ(list.items[1].kind, Kind::nothing);
}

TEST(ReplyReader, TakesThemInPiecesAndSeveralAtOnce) {
  const std::string bytes = "+OK\r\n*2\r\n:5\r\n$2\r\nab\r\n:9\r\n";
  ReplyReader reader;
  int replies = 0;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    const auto reply = reader.next();
    ASSERT_TRUE(reply);
    if (*reply) ++replies;
  }
  EXPECT_EQ(replies, 3);
  reader.feed(bytes);
  EXPECT_EQ((*reader.next())->text, "OK");
  EXPECT_EQ((*reader.next())->items.size(), 2U);
  EXPECT_EQ((*reader.next())->number, 9);
  EXPECT_FALSE(*reader.next());
}

TEST(ReplyReader, RefusesWhatIsTooLargeOrNoReply) {
  std::string deep;
  for (std::size_t i = 0; i <= kMaxDepth; ++i) deep += "*1\r\n";
  for (const std::string& bytes :
       {std::string("*17\r\n"), std::string("*2147483647\r\n"), deep,
        std::string("HTTP/1.1 200\r\n"), "$70000\r\n" + std::string(kMaxReplyBytes, 'x'),
        "+" + std::string(kMaxReplyBytes, 'x')}) {
    ReplyReader reader;
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << bytes.substr(0, 20);
  }
}

TEST(ReplyReader, TakesALargeReplyAfterManySmallOnes) {
  ReplyReader reader;
  std::string bytes;
  for (int i = 0; i < 20000; ++i) bytes += "+OK\r\n";
  reader.feed(bytes);
  for (int i = 0; i < 20000; ++i) ASSERT_TRUE(*reader.next());
  reader.feed("$60000\r\n" + std::string(60000, 'x'));
  ASSERT_TRUE(reader.next()) << "more has to come";
  reader.feed("\r\n");
  EXPECT_EQ((*reader.next())->text.size(), 60000U);
}

TEST(CommandBytes, AreAListOfTexts) {
  const std::string words[] = {"GET", std::string("a\0\r\n", 4)};
  EXPECT_EQ(command_bytes(words), std::string("*2\r\n$3\r\nGET\r\n$4\r\na\0\r\n\r\n", 23));
}

}  // namespace
}  // namespace postern::redis::reply_test
