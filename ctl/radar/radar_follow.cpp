#include "ctl/radar/radar_follow.h"

#include <chrono>
#include <map>
#include <utility>

#include "common/os/file_identity.h"
#include "ctl/cli/stop_signals.h"
#include "ctl/radar/dismissals.h"
#include "ctl/radar/journal_tail.h"
#include "ctl/radar/radar_page.h"
#include "ctl/radar/radar_site.h"
#include "ctl/radar/strong_proposals.h"

namespace postern::ctl {
namespace {

constexpr std::chrono::seconds kFollowEvery{5};
constexpr std::chrono::minutes kSaveEvery{5};

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
      is_over = stop.wait(kFollowEvery);
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
    bool is_news = read_dismissals_again();
    const auto read =
        tail_.read([&](const journal::JournalRecord& record) { kept_.feed->add(record, mode_); });
    mode_ = radar::Mode::watch;
    if (!read) context_.console.error(read.error().text);
    is_news = say_news() || is_news;
    if (is_news || std::exchange(is_first_look_, false)) leave_strong_ones();
    return read && context_.console.is_read();
  }

  // Whether there are others.
  bool read_dismissals_again() {
    const auto path = dismissals_path(state_folder_);
    const auto now = os::identify_file(path);
    if (now == dismissals_) return false;
    const auto dismissals = read_dismissals(path, kept_.feed->machine().age().now);
    if (!dismissals) {
      context_.console.error(dismissals.error().text);
      return false;
    }
    kept_.feed->dismiss(*dismissals);
    dismissals_ = now;
    return true;
  }

  // Whether there was anything to say.
  bool say_news() {
    bool is_news = false;
    for (const radar::Campaign& one : kept_.feed->campaigns().all()) {
      if (one.is_dismissed || !note_told(one)) continue;
      context_.console.page(campaign_summary(*kept_.feed, one));
      is_news = true;
    }
    context_.console.flush();
    return is_news;
  }

  // For alerts and the brake.
  void leave_strong_ones() {
    const auto left = write_strong_proposals(strong_proposals_path(state_folder_), *kept_.feed);
    if (!left) context_.console.error(left.error().text);
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
  bool is_first_look_ = true;
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
