// Tells when files have changed, however that was done: written in place, renamed over (editors,
// rsync), behind a symbolic link that was set anew (deployments, containers), removed or made.
//
// Watches the folders (inotify(7)), because a watch on a file ends with the first rename, and looks
// at the files themselves from time to time, because some changes come unannounced (NFS, inotify
// exhausted). What the news are decides nothing: only a look at the files does. Lives on its
// executor, one thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/os/file_identity.h"

namespace postern::os {

class FileWatch {
 public:
  struct Times {
    // Files that are being written are left alone until all have been quiet for so long,
    std::chrono::milliseconds settle{200};
    // but not longer than this.
    std::chrono::milliseconds patience{5000};
    std::chrono::milliseconds look{2000};  // without being told
  };

  // `changed` is called on the executor when the files are no longer what they were when watch()
  // was called, or at the last call. It may call watch(). While there is no inotify (no descriptors
  // left) the looks from time to time do it alone.
  FileWatch(const boost::asio::any_io_executor& executor, Times times,
            std::function<void()> changed);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch() = default;  // on the executor, or when that runs no more

  // From here on these files: absolute paths, which need not exist, as they were when somebody
  // looked. What has changed since then will be told.
  void watch(FileIdentities files);
  // Ends all waiting, so that the executor can run out of work.
  void stop();

 private:
  // A name in a watched folder: the number of the watch, and the name.
  using Place = std::pair<int, std::string>;

  [[nodiscard]] FileIdentities identify_all() const;
  void open_notify();
  void watch_folders();
  void watch_name(const std::filesystem::path& folder, const std::filesystem::path& name);
  void wait_for_news();
  bool read_news();
  bool take(int watch, std::uint32_t what, const std::string& name);
  void look_later(std::chrono::milliseconds time);
  void look();
  [[nodiscard]] bool is_settled(const FileIdentities& now) const;

  const Times times_;
  std::function<void()> changed_;
  boost::asio::posix::stream_descriptor notify_;
  boost::asio::steady_timer timer_;
  FileIdentities known_;   // when `changed` was called last
  FileIdentities latest_;  // at the last look
  // When a look first found them changed.
  std::optional<std::chrono::steady_clock::time_point> unsettled_since_;
  std::set<Place> places_;         // what the paths lead through
  std::set<Place> being_written_;  // of these: not closed yet by who wrote last
  std::set<int> watches_;
  bool all_watched_ = false;
  bool folders_changed_ = false;  // as the news have it
  bool waiting_ = false;
  bool stopped_ = false;
  // Gone with the watch: handlers that are queued by then find out.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace postern::os
