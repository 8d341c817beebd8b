#include "ctl/cli/progress.h"

#include <gtest/gtest.h>

#include <atomic>
#include <sstream>

namespace postern::ctl::progress_test {
namespace {

// Standard output, which tells when something was flushed.
class TellingBuffer : public std::stringbuf {
 public:
  void wait_for_flush() const { flushes_.wait(0); }

 private:
  int sync() override {
    ++flushes_;
    flushes_.notify_all();
    return 0;
  }
  std::atomic<int> flushes_ = 0;
};

struct Screen {
  TellingBuffer buffer;
  std::ostream out{&buffer};
  std::ostringstream err;
  std::istringstream in;

  CommandContext context(Terminal terminal, Output output = Output::text) {
    return {"", Console(out, err, output), in, {}, terminal};
  }
};

TEST(Progress, SaysWhatTakesLongAndTakesItBack) {
  Screen screen;
  const CommandContext context = screen.context(Terminal::output);
  {
    const Progress progress(context, "reading a\nb", std::chrono::milliseconds{1});
    screen.buffer.wait_for_flush();
  }
  const std::string shown = screen.buffer.str();
  EXPECT_TRUE(shown.starts_with("\r\x1b[Kreading a\\x0ab: 0s")) << shown;
  EXPECT_TRUE(shown.ends_with("\r\x1b[K")) << shown;
}

TEST(Progress, SaysNothingOfWhatIsDoneAtOnce) {
  Screen screen;
  const CommandContext context = screen.context(Terminal::both_ways);
  { const Progress progress(context, "reading", std::chrono::hours{1}); }
  EXPECT_EQ(screen.buffer.str(), "");
}

TEST(Progress, SaysNothingWhereNobodySeesIt) {
  Screen screen;
  const CommandContext pipe = screen.context(Terminal::none);
  const CommandContext json = screen.context(Terminal::output, Output::json);
  for (const CommandContext* context : {&pipe, &json}) {
    const Progress progress(*context, "reading", std::chrono::milliseconds{0});
    std::this_thread::yield();
  }
  EXPECT_EQ(screen.buffer.str(), "");
}

}  // namespace
}  // namespace postern::ctl::progress_test
