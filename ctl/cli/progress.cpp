#include "ctl/cli/progress.h"

#include <utility>

#include "common/base/escape.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {
namespace {

// To the beginning of the line, which is empty then (ECMA-48: EL).
constexpr std::string_view kEmptyLine = "\r\x1b[K";

}  // namespace

Progress::Progress(const CommandContext& context, std::string what, std::chrono::milliseconds every)
    : console_(context.console), what_(std::move(what)) {
  if (context.terminal == Terminal::none || console_.is_json()) return;
  thread_ = std::thread([this, every] { run(every); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Progress::run(std::chrono::milliseconds every) {
  const auto begun = std::chrono::steady_clock::now();
  bool shown = false;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, every, [this] { return ended_; })) {
    const auto taken =
        std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
    console_.page(std::string(kEmptyLine) + printable(what_) + ": " + rough_duration(taken));
    console_.flush();
    shown = true;
  }
  if (shown) console_.page(kEmptyLine);
}

}  // namespace postern::ctl
