#include "ctl/radar/radar_follow.h"

#include <csignal>
#include <ctime>

#include <chrono>
#include <map>
#include <utility>

#include "common/os/file_identity.h"
#include "ctl/radar/dismissals.h"
#include "ctl/radar/journal_tail.h"
#include "ctl/radar/radar_page.h"
#include "ctl/radar/radar_site.h"

namespace postern::ctl {
namespace {

constexpr std::chrono::seconds kLookEvery{5};
constexpr std::chrono::minutes kSaveEvery{5};

// Signals that end it come between two looks, and nowhere else.
class StopSignals {
 public:
  StopSignals() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGTERM);
    ::sigaddset(&set_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  // Waits so long. Whether one has come.
  [[nodiscard]] bool wait(std::chrono::seconds time) const {
    const timespec limit{time.count(), 0};
    return ::sigtimedwait(&set_, nullptr, &limit) > 0;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

class Follower {
 public:
  Follower(const RadarPlaces& places, KeptRadar kept, const CommandContext& context)
      : state_folder_(places.state_folder),
        context_(context),
        kept_(std::move(kept)),
        tail_(places.journal),
        dismissals_(os::identify_file(dismissals_path(places.state_folder))) {}

  CtlExit run() {
    const StopSignals stop;
    begin();
    auto save_at = std::chrono::steady_clock::now();
    bool is_over = false;
    while (!is_over && look()) {
      is_over = stop.wait(kLookEvery);
      if (!is_over && std::chrono::steady_clock::now() < save_at) continue;
      save();
      save_at = std::chrono::steady_clock::now() + kSaveEvery;
    }
    return is_over ? CtlExit::ok : CtlExit::failed;
  }

 private:
  // What was written before anybody looked is the past: nothing of it is said.
  void begin() {
    if (kept_.is_new || !tail_.go_to(kept_.place)) {
      context_.console.note("nothing is remembered: all of the journal is read as the past");
      mode_ = radar::Mode::learn;
    }
    for (const radar::Campaign& one : kept_.feed->campaigns().all()) note_told(one);
  }

  // False: there is nothing to look at any more.
  bool look() {
    read_dismissals_again();
    const auto read =
        tail_.read([&](const journal::JournalRecord& record) { kept_.feed->add(record, mode_); });
    mode_ = radar::Mode::watch;
    if (!read) context_.console.error(read.error().text);
    say_news();
    return read && context_.console.is_read();
  }

  void read_dismissals_again() {
    const auto path = dismissals_path(state_folder_);
    const auto now = os::identify_file(path);
    if (now == dismissals_) return;
    const auto dismissals = read_dismissals(path, kept_.feed->machine().age().now);
    if (!dismissals) return context_.console.error(dismissals.error().text);
    kept_.feed->dismiss(*dismissals);
    dismissals_ = now;
  }

  void say_news() {
    for (const radar::Campaign& one : kept_.feed->campaigns().all()) {
      if (one.is_dismissed || !note_told(one)) continue;
      context_.console.page(campaign_summary(*kept_.feed, one));
    }
    context_.console.flush();
  }

  // Whether there is a proposal that was not told.
  bool note_told(const radar::Campaign& campaign) {
    return std::exchange(told_[campaign.number], campaign.proposals.size()) <
           campaign.proposals.size();
  }

  void save() {
    kept_.place = tail_.place();
    if (const auto kept = keep_radar(state_folder_, kept_); !kept) {
      context_.console.error(kept.error().text);
    }
  }

  std::string state_folder_;
  const CommandContext& context_;
  KeptRadar kept_;
  JournalTail tail_;
  os::FileIdentity dismissals_;
  radar::Mode mode_ = radar::Mode::watch;
  std::map<std::uint64_t, std::size_t> told_;  // proposals of each campaign
};

}  // namespace

CtlExit follow_journal(const RadarPlaces& places, const CommandContext& context) {
  auto kept = read_kept_radar(places.state_folder, read_radar_site(context),
                              std::chrono::floor<std::chrono::seconds>(context.now));
  if (kept) return Follower(places, *std::move(kept), context).run();
  context.console.error(kept.error().text);
  return CtlExit::failed;
}

}  // namespace postern::ctl
