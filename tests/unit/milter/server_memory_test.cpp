// A callback that gets no memory, at a step where the MTA waits for no answer: it hears of it where
// it does wait.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

#include "tests/unit/milter/served_milter.h"

namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// There is no memory for what is as large as that, in the whole process.
std::atomic<std::size_t> refused_size{kNone};

}  // namespace

// Not inline: with optimisation g++ 12 would see free() alone, and take it for the wrong one.
// NOLINTBEGIN(cppcoreguidelines-no-malloc)
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return size < refused_size.load() ? std::malloc(size) : nullptr;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const memory = ::operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace postern::milter::server_memory_test {
namespace {

constexpr std::size_t kLarge = 30000;

class MilterWithoutMemory : public WithServedMilter {
 protected:
  MilterWithoutMemory() {
    served_.use_rules("rules: [{ name: words, when: { header.subject: '~w' }, then: reject }]\n");
  }
  ~MilterWithoutMemory() override { refused_size = kNone; }

  // A message with a large field, for which there is no memory: the answer to its end.
  static std::string end_of_message_with(MilterClient& mta, const std::string& field) {
    const std::string large = milter_frame('L', milter_strings({field, std::string(kLarge, 'a')}));
    EXPECT_EQ(mta.mail("a@b.example") + mta.rcpt("r@d.example"), "");
    refused_size = kLarge / 2;
    EXPECT_TRUE(mta.say(large));
    std::string said = mta.end_of_message();
    refused_size = kNone;
    return said;
  }
};

TEST_F(MilterWithoutMemory, AMessageOfWhichAFieldWasLostIsDeferred) {
  MilterClient mta = client();
  mta.open();
  served_.expect_failed_callback();
  EXPECT_EQ(end_of_message_with(mta, "Subject"), "tempfail");
  EXPECT_EQ(mta.message("a@b.example", {"r@d.example"}, {{"Subject", "hello"}}), "continue")
      << "the next message is judged as ever";
}

TEST_F(MilterWithoutMemory, AnAbortForgetsWhatWasLost) {
  MilterClient mta = client();
  mta.open();
  served_.expect_failed_callback();
  refused_size = kNone;
  EXPECT_EQ(mta.mail("a@b.example") + mta.rcpt("r@d.example"), "");
  const std::string large =
      milter_frame('L', milter_strings({"Subject", std::string(kLarge, 'a')}));
  const std::string abort = milter_frame('A');
  const std::string rest = milter_frame('M', milter_strings({"<a@b.example>"})) +
                           milter_frame('R', milter_strings({"<r@d.example>"}));
  refused_size = kLarge / 2;
  EXPECT_TRUE(mta.say(large));
  EXPECT_TRUE(mta.say(abort));
  EXPECT_TRUE(mta.say(rest));
  EXPECT_EQ(mta.end_of_message(), "continue");
}

TEST_F(MilterWithoutMemory, AFieldThatNobodyAsksForNeedsNone) {
  MilterClient mta = client();
  mta.open();
  EXPECT_EQ(end_of_message_with(mta, "Comments"), "continue");
}

}  // namespace
}  // namespace postern::milter::server_memory_test
