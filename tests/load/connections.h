// Many connections to one daemon on one thread, each with a dialogue of its own; one whose
// dialogue is over is followed by another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/os/unique_fd.h"
#include "server/config/settings.h"
#include "tests/load/dialogue.h"

namespace postern {

class Connections {
 public:
  // Nothing when there is nothing more to ask.
  using MakeDialogue = std::function<std::unique_ptr<Dialogue>()>;

  // Throws std::runtime_error when the first of them cannot be made.
  Connections(ListenAddress where, std::size_t count, MakeDialogue make);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Returns when all dialogues are over, or nothing at all has been heard for `patience`.
  void run(std::chrono::seconds patience);

  // Connections that the daemon ended, or that could not be made; none follows them.
  [[nodiscard]] std::uint64_t broken() const { return broken_; }
  // Questions on these, and those that are open now.
  [[nodiscard]] std::uint64_t unanswered() const;

 private:
  struct One;
  bool open(One& one);
  void serve(One& one);
  bool say(One& one);
  bool hear(One& one);
  void watch(One& one, int operation) const;
  void close(One& one);
  void broke(One& one);

  const ListenAddress where_;
  const MakeDialogue make_;
  os::UniqueFd epoll_;
  std::vector<std::unique_ptr<One>> all_;
  std::size_t alive_ = 0;
  std::uint64_t broken_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace postern
