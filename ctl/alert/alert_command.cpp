// `posternctl alert`: tells the hooks of the settings what the radar has found.
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/counted.h"
#include "common/os/host_name.h"
#include "common/os/system_error.h"
#include "common/os/unique_fd.h"
#include "ctl/alert/alert_schedule.h"
#include "ctl/alert/brake.h"
#include "ctl/alert/hooks.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/stop_signals.h"
#include "ctl/radar/strong_proposals.h"

namespace postern::ctl {
namespace {

constexpr std::chrono::seconds kLookEvery{5};
// What the brake has done is to be in the alert.
constexpr std::chrono::seconds kBrakeTakes{10};

struct AlertOptions {
  bool follow = false;
  bool test = false;
};

// Held as long as alerts are sent: two at once would send each twice. Of the folder itself, so that
// nothing is left there that the account of the daemons could not open.
Result<os::UniqueFd> lock_sending(const std::string& state_folder) {
  os::UniqueFd folder(::open(state_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return os::system_failure("open " + state_folder);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
  return failure("another posternctl sends alerts just now");
}

HookMemory& memory_of(std::vector<HookMemory>& all, const std::string& hook) {
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const HookMemory& one) { return one.hook == hook; });
  return known == all.end() ? all.emplace_back(HookMemory{.hook = hook}) : *known;
}

// Those of proposals that were made before `until`.
std::vector<AlertMark> marks_of(const std::vector<StrongCampaign>& strong, UtcTime until) {
  std::vector<AlertMark> marks;
  for (const StrongCampaign& campaign : strong) {
    for (const StrongProposal& one : campaign.proposals) {
      if (one.time <= until) marks.push_back({one.id, one.time});
    }
  }
  return marks;
}

// What the brake holds back of the campaigns, by the rules on disk.
std::vector<BrakedEntry> braked_of(const std::vector<StrongCampaign>& campaigns,
                                   const config::Settings& settings, UtcTime now) {
  std::vector<BrakedEntry> braked;
  const auto snapshot = load_rules_on_disk(settings).snapshot;
  if (snapshot == nullptr) return braked;
  for (const StrongCampaign& campaign : campaigns) {
    for (const StrongProposal& one : campaign.proposals) {
      for (const std::string& entry : one.entries) {
        const auto until =
            is_radar_entry(entry) ? braked_until(*snapshot, entry, now) : std::nullopt;
        if (until) braked.push_back({entry, *until});
      }
    }
  }
  return braked;
}

// Looks at what is strong, and sends what is due.
class AlertSender {
 public:
  explicit AlertSender(const CommandContext& context) : context_(context) {}

  // False: it could not, or a hook fails; which is told once.
  bool look(UtcTime now) {
    Diagnostics diagnostics;
    const auto settings = read_settings_of_any_door(context_.settings_file, diagnostics);
    if (!settings) return complain(diagnostics.to_string());
    const std::string path = alert_memory_path(settings->state_folder);
    const auto strong = read_strong_proposals(strong_proposals_path(settings->state_folder), now);
    if (!strong) return complain(strong.error().text);
    auto memory = read_alert_memory(path);
    if (!memory) return complain(memory.error().text);
    said_.clear();
    bool all = true;
    const bool has_brake = settings->radar.brake > std::chrono::seconds{0};
    const auto marks = marks_of(*strong, has_brake ? now - kBrakeTakes : UtcTime::max());
    for (const Hook& hook : hooks_of(settings->radar)) {
      HookMemory& own = memory_of(*memory, hook.name);
      const auto proposals = due(own, marks, now, settings->radar.alert_every);
      if (!proposals.empty()) {
        Alert alert = alert_of(*strong, proposals, os::host_name(), now);
        if (has_brake) alert.braked = braked_of(alert.campaigns, *settings, now);
        const auto sent =
            send(hook, own, alert, proposals, [&] { return write_alert_memory(path, *memory); });
        if (!sent) return complain(sent.error().text);
      }
      all = all && own.failures == 0;
    }
    return all;
  }

 private:
  // Error: it cannot be remembered; then nothing is sent, or it would be sent again and again.
  Result<void> send(const Hook& hook, HookMemory& memory, const Alert& alert,
                    const std::vector<AlertMark>& proposals, const auto& remember) const {
    note_begun(memory, proposals);
    if (auto kept = remember(); !kept) return kept;
    const auto sent = hook.send(alert);
    if (sent) {
      note_arrived(memory, proposals, alert.time);
      context_.console.line("alert ", alert.id, " by ", hook.name, ": sent, ",
                            counted(proposals.size(), "proposal"));
    } else {
      note_failed(memory, sent.error().text, alert.time);
      context_.console.error(failing_hooks({memory}).front());
    }
    return remember();
  }

  bool complain(const std::string& text) {
    if (std::exchange(said_, text) != text) context_.console.error(text);
    return false;
  }

  const CommandContext& context_;
  std::string said_;
};

CtlExit test_hooks(const std::vector<Hook>& hooks, const CommandContext& context) {
  const Alert alert =
      alert_of({}, {}, os::host_name(), std::chrono::floor<std::chrono::seconds>(context.now));
  bool all = true;
  for (const Hook& hook : hooks) {
    const auto sent = hook.send(alert);
    if (sent) {
      context.console.line(hook.name, ": a test was sent");
    } else {
      context.console.error(hook.name, ": ", sent.error().text);
    }
    all = all && sent.has_value();
  }
  return all ? CtlExit::ok : CtlExit::failed;
}

CtlExit follow_proposals(const CommandContext& context) {
  AlertSender sender(context);
  const StopSignals stop;
  do {
    sender.look(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    context.console.flush();
  } while (!stop.wait(kLookEvery) && context.console.is_read());
  return CtlExit::ok;
}

CtlExit run_alert(const AlertOptions& options, const CommandContext& context) {
  const auto settings = settings_for(context);
  if (!settings) return CtlExit::no;
  const auto hooks = hooks_of(settings->radar);
  if (hooks.empty()) context.console.note("the settings name no hook (radar: alert_...)");
  if (hooks.empty() && !options.follow) return CtlExit::no;
  if (options.test) return test_hooks(hooks, context);
  if (settings->state_folder.empty()) {
    context.console.error("the settings name no 'state:', where proposals of the radar would be");
    return CtlExit::no;
  }
  const auto lock = lock_sending(settings->state_folder);
  if (!lock) {
    context.console.error(lock.error().text);
    return CtlExit::failed;
  }
  if (options.follow) return follow_proposals(context);
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(context.now);
  return AlertSender(context).look(now) ? CtlExit::ok : CtlExit::failed;
}

std::vector<OptionRow> alert_options(AlertOptions& to) {
  return {{"--follow", "Go on, and send what comes", &to.follow},
          {"--test", "Send a test by each hook now", &to.test, {.excludes = {"--follow"}}}};
}

}  // namespace

extern const Command kAlertCommand{
    "alert", "Sends strong proposals of the radar to where the settings say",
    "Examples:\n"
    "  posternctl alert --test                does each hook work?\n"
    "  posternctl alert                       sends what is due now; 1: there is no hook\n"
    "Hooks are a command, a mail and a webhook (radar: in postern.yaml). Each hears of a proposal\n"
    "once; one that fails is tried again. postern-alert.service runs it with --follow.",
    prepare<alert_options, run_alert>};

}  // namespace postern::ctl
