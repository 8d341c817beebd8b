#include "ctl/radar/alert_memory.h"

#include <cstddef>
#include <filesystem>
#include <utility>

#include "common/base/counted.h"
#include "common/json/parse_json.h"
#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "ctl/cli/json_read.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxAlertFile = std::size_t{16} << 20;

UtcTime time_in(const json::object& object, std::string_view key) {
  return parse_expiry(text_of(object, key)).value_or(UtcTime{});
}

json::object json_of(const HookMemory& hook) {
  json::array told;
  for (const AlertMark& one : hook.told) {
    told.push_back(json::object{{"proposal", control::json_text(one.proposal)},
                                {"time", format_utc(one.time)}});
  }
  json::array pending;
  for (const std::string& one : hook.pending) pending.push_back(control::json_text(one));
  return {{"hook", hook.hook},
          {"told", std::move(told)},
          {"pending", std::move(pending)},
          {"last", format_utc(hook.last)},
          {"failures", hook.failures},
          {"failing_since", format_utc(hook.failing_since)},
          {"next", format_utc(hook.next)},
          {"error", control::json_text(hook.error)}};
}

HookMemory hook_of(const json::object& object) {
  HookMemory hook{.hook = text_of(object, "hook"),
                  .told = {},
                  .pending = {},
                  .last = time_in(object, "last"),
                  .failures = count_of(object, "failures"),
                  .failing_since = time_in(object, "failing_since"),
                  .next = time_in(object, "next"),
                  .error = text_of(object, "error")};
  for (const json::value& one : array_of(object, "told")) {
    hook.told.push_back({text_of(as_object(one), "proposal"), time_in(as_object(one), "time")});
  }
  for (const json::value& one : array_of(object, "pending")) {
    if (const auto* text = one.if_string()) hook.pending.emplace_back(*text);
  }
  return hook;
}

}  // namespace

std::string alert_memory_path(const std::string& state_folder) {
  return state_folder + "/radar-alerts";
}

Result<std::vector<HookMemory>> read_alert_memory(const std::string& path) {
  std::vector<HookMemory> hooks;
  std::error_code failed;
  if (!std::filesystem::exists(path, failed) && !failed) return hooks;
  const auto text = os::read_text_file(path, kMaxAlertFile);
  if (!text) return tl::unexpected(text.error());
  const auto parsed = json::parse_json(*text);
  if (!parsed || !parsed->is_object()) return hooks;
  for (const json::value& one : array_of(parsed->get_object(), "hooks")) {
    hooks.push_back(hook_of(as_object(one)));
  }
  return hooks;
}

Result<void> write_alert_memory(const std::string& path, const std::vector<HookMemory>& hooks) {
  json::array array;
  for (const HookMemory& hook : hooks) array.push_back(json_of(hook));
  return os::replace_file(path, json::serialize(json::object{{"hooks", std::move(array)}}) + "\n",
                          os::NewReaders::owner);
}

std::vector<std::string> failing_hooks(const std::vector<HookMemory>& hooks) {
  std::vector<std::string> lines;
  for (const HookMemory& hook : hooks) {
    if (hook.failures == 0) continue;
    lines.push_back("the alert by " + hook.hook + " has failed " + counted(hook.failures, "time") +
                    " since " + format_utc(hook.failing_since) + ": " + hook.error + "; next try " +
                    format_utc(hook.next));
  }
  return lines;
}

}  // namespace postern::ctl
