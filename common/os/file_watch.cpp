#include "common/os/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <new>

namespace postern::os {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr int kMaxLinks = 40;  // as the kernel follows
constexpr std::uint32_t kComesOrGoes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t kWritten = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

// Calls `visit` with the folder and the name of all that lies on the way to what `path` leads to,
// through symbolic links: a change to any of it can put another file there.
template <class Visit>
void follow(const fs::path& path, int& links, const Visit& visit) {
  fs::path so_far;
  for (const fs::path& part : path) {
    const fs::path folder = std::exchange(so_far, so_far / part);
    if (folder.empty()) continue;  // the root
    visit(folder, part);
    std::error_code error;
    if (!fs::is_symlink(so_far, error) || ++links > kMaxLinks) continue;
    const fs::path target = fs::read_symlink(so_far, error);
    if (error) continue;
    so_far = folder / target;
    follow(so_far, links, visit);
  }
}

// A daemon outlives moments without memory; what is not seen now is at the next look.
template <class Function>
void unless_no_memory(const Function& function) {
  try {
    function();
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

FileWatch::FileWatch(const boost::asio::any_io_executor& executor, Times times,
                     std::function<void()> changed)
    : times_(times), changed_(std::move(changed)), notify_(executor), timer_(executor) {
  open_notify();
}

void FileWatch::open_notify() {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd >= 0) notify_.assign(fd);
}

void FileWatch::stop() {
  stopped_ = true;
  timer_.cancel();
  boost::system::error_code ignored;
  notify_.close(ignored);
}

void FileWatch::watch(FileIdentities files) {
  if (stopped_) return;
  known_ = std::move(files);
  unsettled_since_.reset();
  watch_folders();  // first, so that there is no moment that neither it nor the look sees
  latest_ = identify_all();
  if (latest_ == known_) {
    look_later(times_.look);
  } else {
    unsettled_since_ = steady_clock::now();
    look_later(times_.settle);
  }
}

FileIdentities FileWatch::identify_all() const {
  FileIdentities result;
  for (const auto& [file, identity] : known_) result.emplace(file, identify_file(file));
  return result;
}

// Anew each time: what was a folder may be another one now. One that stays keeps its watch.
void FileWatch::watch_folders() {
  if (!notify_.is_open() && !stopped_) open_notify();
  if (!notify_.is_open()) return;
  const auto before = std::exchange(watches_, {});
  places_.clear();
  all_watched_ = true;
  for (const auto& [file, identity] : known_) {
    int links = 0;
    follow(file, links,
           [this](const fs::path& folder, const fs::path& name) { watch_name(folder, name); });
  }
  for (const int watch : before) {
    if (!watches_.contains(watch)) ::inotify_rm_watch(notify_.native_handle(), watch);
  }
  std::erase_if(being_written_, [this](const Place& place) { return !places_.contains(place); });
  if (!std::exchange(waiting_, true)) wait_for_news();
}

void FileWatch::watch_name(const std::filesystem::path& folder, const std::filesystem::path& name) {
  std::error_code error;
  const bool leads_on = fs::is_directory(folder / name, error);
  // IN_MASK_ADD: one folder may be on several ways.
  const int watch = ::inotify_add_watch(notify_.native_handle(), folder.c_str(),
                                        kComesOrGoes | (leads_on ? 0 : kWritten) | IN_MASK_ADD);
  if (watch < 0) {
    all_watched_ = false;
    return;
  }
  watches_.insert(watch);
  places_.emplace(watch, name.string());
}

void FileWatch::wait_for_news() {
  notify_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
                       if (error || alive.expired() || stopped_) return;
                       // Once they have been found changed, time alone tells more.
                       unless_no_memory([this] {
                         if (read_news() && !unsettled_since_) look();
                       });
                       wait_for_news();
                     });
}

// Whether any of them is about the files.
bool FileWatch::read_news() {
  bool about_files = false;
  folders_changed_ = false;
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(notify_.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = event.len == 0 ? "" : buffer.data() + at + sizeof event;
      about_files = take(event.wd, event.mask, name) || about_files;
      at += sizeof event + event.len;
    }
  }
  if (folders_changed_) watch_folders();
  return about_files;
}

bool FileWatch::take(int watch, std::uint32_t what, const std::string& name) {
  if ((what & IN_Q_OVERFLOW) != 0) {
    being_written_.clear();
    folders_changed_ = true;
    return true;
  }
  if ((what & IN_IGNORED) != 0) {  // the folder is gone
    if (watches_.erase(watch) == 0) return false;
    folders_changed_ = true;
    return true;
  }
  const Place place{watch, name};
  if (!places_.contains(place)) return false;
  if ((what & IN_MODIFY) != 0) {
    being_written_.insert(place);
  } else if ((what & IN_ATTRIB) == 0) {
    being_written_.erase(place);
  }
  if ((what & kComesOrGoes) != 0) folders_changed_ = true;
  return true;
}

void FileWatch::look_later(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || alive.expired() || stopped_) return;
    // One that had expired already when it was set anew could not be cancelled.
    if (timer_.expiry() > steady_clock::now()) return;
    unless_no_memory([this] { look(); });
    if (timer_.expiry() <= steady_clock::now() && !stopped_) look_later(times_.look);
  });
}

void FileWatch::look() {
  if (!all_watched_) watch_folders();
  FileIdentities now = identify_all();
  const bool settled = is_settled(now);
  latest_ = std::move(now);
  if (latest_ == known_) {
    unsettled_since_.reset();
    look_later(times_.look);
  } else if (!settled) {
    if (!unsettled_since_) unsettled_since_ = steady_clock::now();
    look_later(times_.settle);
  } else {
    unsettled_since_.reset();
    known_ = latest_;
    watch_folders();
    look_later(times_.look);
    changed_();
  }
}

bool FileWatch::is_settled(const FileIdentities& now) const {
  if (unsettled_since_ && steady_clock::now() - *unsettled_since_ >= times_.patience) return true;
  return now == latest_ && being_written_.empty();
}

}  // namespace postern::os
