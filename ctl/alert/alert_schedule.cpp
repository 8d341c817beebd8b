#include "ctl/alert/alert_schedule.h"

#include <algorithm>

namespace postern::ctl {
namespace {

std::vector<AlertMark> those_pending(const HookMemory& hook, const std::vector<AlertMark>& strong) {
  std::vector<AlertMark> again;
  for (const AlertMark& one : strong) {
    if (std::find(hook.pending.begin(), hook.pending.end(), one.proposal) != hook.pending.end()) {
      again.push_back(one);
    }
  }
  return again;
}

std::vector<AlertMark> those_untold(const HookMemory& hook, const std::vector<AlertMark>& strong) {
  std::vector<AlertMark> news;
  for (const AlertMark& one : strong) {
    const bool is_told =
        std::any_of(hook.told.begin(), hook.told.end(),
                    [&](const AlertMark& mark) { return mark.proposal == one.proposal; });
    if (!is_told) news.push_back(one);
  }
  return news;
}

}  // namespace

std::vector<AlertMark> due(const HookMemory& hook, const std::vector<AlertMark>& strong,
                           UtcTime now, std::chrono::seconds every) {
  // What lies further ahead was noted by a clock that has been set back since.
  const auto waits_for = [&](UtcTime time, std::chrono::seconds most) {
    return now < time && time <= now + most;
  };
  if (waits_for(hook.next, kLongestPause)) return {};
  if (auto again = those_pending(hook, strong); !again.empty()) return again;
  if (waits_for(hook.last + every, every)) return {};
  return those_untold(hook, strong);
}

void note_begun(HookMemory& hook, const std::vector<AlertMark>& alert) {
  hook.pending.clear();
  for (const AlertMark& one : alert) hook.pending.push_back(one.proposal);
}

void note_arrived(HookMemory& hook, const std::vector<AlertMark>& alert, UtcTime now) {
  std::erase_if(hook.told, [&](const AlertMark& one) { return one.time + kToldFor < now; });
  hook.told.insert(hook.told.end(), alert.begin(), alert.end());
  hook.pending.clear();
  hook.last = now;
  hook.failures = 0;
  hook.failing_since = {};
  hook.next = {};
  hook.error.clear();
}

void note_failed(HookMemory& hook, const std::string& error, UtcTime now) {
  constexpr std::uint64_t kMostDoublings = 6;  // 64 minutes are more than the longest pause
  const auto doublings = std::min(hook.failures, kMostDoublings);
  const auto pause = std::min(kLongestPause, kFirstPause * (1U << doublings));
  if (hook.failures == 0) hook.failing_since = now;
  ++hook.failures;
  hook.next = now + pause;
  hook.error = error;
}

}  // namespace postern::ctl
