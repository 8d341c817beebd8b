#include "rules/model/message_effects.h"

#include <gtest/gtest.h>

namespace postern::message_effects_test {
namespace {

using Done = StateFact::Done;
using Per = Effect::Per;

std::optional<MailAddress> address(const char* text) {
  return MailAddress::from_envelope(text);
}

Effect take(const char* bucket, Per per) {
  return {{StateKey{StateKind::rate, bucket, {"who"}}},
          Take{},
          std::chrono::seconds{1},
          Effect::When::on_pass,
          per};
}

class MessageEffectsTest : public testing::Test {
 protected:
  std::size_t kept(std::vector<Effect> effects, const std::optional<MailAddress>& recipient) {
    message_.keep_new(effects, recipient);
    return effects.size();
  }
  MessageEffects message_;
  StateKey key_{StateKind::rate, "a", {"who"}};
};

TEST_F(MessageEffectsTest, DoesOnceWhatIsOfTheMessage) {
  EXPECT_EQ(kept({take("a", Per::message), take("b", Per::message)}, address("r@d.example")), 2U);
  EXPECT_EQ(kept({take("a", Per::message), take("c", Per::message)}, address("q@d.example")), 1U);
  EXPECT_EQ(kept({take("a", Per::message)}, std::nullopt), 0U);
  message_.clear();
  EXPECT_EQ(kept({take("a", Per::message)}, std::nullopt), 1U);
}

TEST_F(MessageEffectsTest, DoesOnceForEachRecipientWhatIsOfThese) {
  EXPECT_EQ(kept({take("a", Per::recipient)}, address("r@d.example")), 1U);
  EXPECT_EQ(kept({take("a", Per::recipient)}, address("q@d.example")), 1U);
  EXPECT_EQ(kept({take("a", Per::recipient)}, address("r@d.example")), 0U);
}

TEST_F(MessageEffectsTest, SaysWhatItHasDone) {
  EXPECT_EQ(message_.done(key_, address("r@d.example")), Done::nothing);
  kept({take("a", Per::recipient)}, address("r@d.example"));
  EXPECT_EQ(message_.done(key_, address("r@d.example")), Done::all);
  EXPECT_EQ(message_.done(key_, address("q@d.example")), Done::for_others);
  EXPECT_EQ(message_.done(key_, std::nullopt), Done::for_others);
  EXPECT_EQ(message_.done({StateKind::rate, "a", {"other"}}, std::nullopt), Done::nothing);
}

TEST_F(MessageEffectsTest, RemembersSoManyAndNoMore) {
  const auto to = [&](std::size_t i) {
    return kept({take("a", Per::recipient)}, address((std::to_string(i) + "@d.example").c_str()));
  };
  for (std::size_t i = 0; i < MessageEffects::kMost; ++i) ASSERT_EQ(to(i), 1U);
  EXPECT_EQ(to(0), 0U);
  const std::size_t bytes = message_.kept_bytes();
  EXPECT_EQ(to(MessageEffects::kMost), 1U);
  EXPECT_EQ(to(MessageEffects::kMost), 1U) << "done each time";
  EXPECT_EQ(kept({take("b", Per::message)}, std::nullopt), 1U);
  EXPECT_EQ(message_.kept_bytes(), bytes);
}

TEST_F(MessageEffectsTest, TellsHowMuchMemoryItTakes) {
  EXPECT_EQ(message_.kept_bytes(), 0U);
  kept({take("a", Per::recipient)}, address("r@d.example"));
  const std::size_t one = message_.kept_bytes();
  kept({take("a", Per::recipient)}, address("q@d.example"));
  EXPECT_GT(message_.kept_bytes(), one);
}

}  // namespace
}  // namespace postern::message_effects_test
