#include "server/service/random_tokens.h"

#include <gtest/gtest.h>

namespace postern::service::random_tokens_test {
namespace {

TEST(RandomTokens, EachConnectionHasOthers) {
  const std::string one = random_tokens().next();
  const std::string other = random_tokens().next();
  EXPECT_TRUE(is_token(one)) << one;
  EXPECT_TRUE(is_token(other)) << other;
  const std::string third = random_tokens().next();
  EXPECT_TRUE(one != other || one != third) << "one chance in 700 million squared";
}

}  // namespace
}  // namespace postern::service::random_tokens_test
