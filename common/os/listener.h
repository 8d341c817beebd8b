// A listening stream socket, TCP or unix, bound before privileges are given up.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "common/base/listen_address.h"
#include "common/os/system_error.h"
#include "common/os/unique_fd.h"

namespace postern::os {

// Closes the socket when destroyed, and then removes a unix socket's file if it is still its own.
// Move-only, one thread.
class Listener {
 public:
  // Binds and listens; non-blocking. `address.port` 0 takes any free port.
  //
  // A unix socket gets its owner, group and mode before anybody can connect; whatever else the
  // owner of the folder puts in its place meanwhile is left alone. A socket file that nobody
  // listens on any more is replaced; nothing else is ever removed. Changes the umask for a moment,
  // so call it before there are threads.
  // Errors: in use, no permission, no such owner or group, a path that is too long or taken.
  static SystemResult<Listener> open(const ListenAddress& address);
  // One that a service manager has opened there (common/os/systemd.h). Owner, group and
  // mode are the manager's business, and so is the file of a unix socket, which stays.
  static Listener adopt(const ListenAddress& address, UniqueFd fd);

  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  // A connection to it; non-blocking. Error: its address takes none, or none from this account.
  [[nodiscard]] Result<UniqueFd> connect() const;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Somebody else keeps it open, and who connects waits for the next daemon.
  [[nodiscard]] bool is_adopted() const { return adopted_; }
  // As asked for, but with the port that was taken.
  [[nodiscard]] const ListenAddress& address() const { return address_; }

 private:
  explicit Listener(ListenAddress address) : address_(std::move(address)) {}
  SystemResult<void> bind_tcp();
  SystemResult<void> bind_unix();
  SystemResult<void> dress_unix();
  [[nodiscard]] SystemResult<void> give_away(int file) const;
  [[nodiscard]] SystemResult<void> set_mode(int file) const;

  UniqueFd fd_;
  ListenAddress address_;
  bool adopted_ = false;
  // The socket file's identity; 0 when there is none.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace postern::os
