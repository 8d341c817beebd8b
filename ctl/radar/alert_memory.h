// What each hook has been told of strong proposals, and how it fares. A file that the sender of
// alerts writes and a person reads by `posternctl radar`. Blocks on files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"

namespace postern::ctl {

// A proposal that a hook has been told.
struct AlertMark {
  std::string proposal;  // StrongProposal::id
  UtcTime time{};        // of the proposal
};

struct HookMemory {
  std::string hook;  // command, mail, webhook
  std::vector<AlertMark> told = {};
  std::vector<std::string> pending = {};  // in an alert that was begun, and may not have arrived
  UtcTime last{};                         // when one arrived
  std::uint64_t failures = 0;  // in a row; with it, since when, why, and when it is next tried
  UtcTime failing_since{};
  UtcTime next{};
  std::string error = {};
};

// `radar-alerts` in the folder of `state:`.
std::string alert_memory_path(const std::string& state_folder);

// A file that is not there, or is damaged, has none: then what is strong is told once more. Error:
// it cannot be read.
Result<std::vector<HookMemory>> read_alert_memory(const std::string& path);
Result<void> write_alert_memory(const std::string& path, const std::vector<HookMemory>& hooks);

// `the alert by mail has failed 3 times since 2026-11-21T04:11:00Z: ...; next try ...`, for each
// hook that fails.
std::vector<std::string> failing_hooks(const std::vector<HookMemory>& hooks);

}  // namespace postern::ctl
