// What all messages under way keep of header and recipients has a bound of its own: the fixture's
// is one MiB.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/milter/session_fixture.h"

namespace postern::milter::session_memory_test {
namespace {

constexpr const char* kRules = R"(
rules:
  - { name: prize, when: { header.subject: '~prize' }, then: reject 550 5.7.1 "no" }
)";

class MemoryOfMessages : public testing::Test {
 protected:
  std::unique_ptr<MilterSession> message_of(int fields) {
    auto session = fixture_.open();
    session->connect("mx.example", kClient, "mx.example");
    session->helo("mx.example");
    session->mail("<a@b.example>", {});
    session->rcpt("<x@here.example>", RecipientState::accepted, "q1");
    for (int i = 0; i < fields; ++i) session->header("Subject", std::string(20'000, 'x'));
    return session;
  }

  SessionFixture fixture_{kRules};
};

TEST_F(MemoryOfMessages, IsGivenBackAtTheEndOfAMessage) {
  const auto session = message_of(1);
  EXPECT_GE(fixture_.messages.taken(), 20'000U);
  session->end_of_message("q1");
  session->end_message();
  EXPECT_EQ(fixture_.messages.taken(), 0U);
}

TEST_F(MemoryOfMessages, IsGivenBackAtTheEndOfASession) {
  message_of(1).reset();
  EXPECT_EQ(fixture_.messages.taken(), 0U);
}

TEST_F(MemoryOfMessages, BeyondWhichAMessageIsLostAndNoOther) {
  std::vector<std::unique_ptr<MilterSession>> sessions;
  while (fixture_.messages.refused() == 0) {
    ASSERT_LT(sessions.size(), 100U);
    sessions.push_back(message_of(1));
  }
  EXPECT_LE(fixture_.messages.taken(), std::size_t{1} << 20);
  EXPECT_TRUE(sessions.back()->dialogue().has_lost_a_step());
  EXPECT_FALSE(sessions.front()->dialogue().has_lost_a_step());
  // The next message of that session finds room when others have made it.
  sessions.front().reset();
  sessions.back()->end_message();
  sessions.back()->mail("<a@b.example>", {});
  sessions.back()->header("Subject", std::string(20'000, 'x'));
  EXPECT_FALSE(sessions.back()->dialogue().has_lost_a_step());
}

// What is beyond max_header_size was never kept, so that it takes nothing.
TEST_F(MemoryOfMessages, OneMessageAloneIsBoundedByItsOwnLimits) {
  const auto session = message_of(1000);
  EXPECT_LE(fixture_.messages.taken(), 40'000U);
  EXPECT_EQ(fixture_.messages.refused(), 0U);
}

}  // namespace
}  // namespace postern::milter::session_memory_test
