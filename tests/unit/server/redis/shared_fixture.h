// A store that is shared over a server of the test's own.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/redis/shared_store.h"
#include "server/state/memory_store.h"
#include "tests/support/redis_server.h"
#include "tests/support/state_effects.h"

namespace postern::redis {

// Lines of a log.
class Lines {
 public:
  void add(const std::string& line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  [[nodiscard]] std::string last() const { return all().empty() ? "" : all().back(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Patient, so that a busy machine is no fault of the server.
inline constexpr std::chrono::milliseconds kPatient{1000};

inline os::FileSecret secret_of(unsigned char byte) {
  os::FileSecret secret{};
  secret.fill(byte);
  return secret;
}

inline SharedStore::Parts parts_of(const RedisServer& server, Lines& lines) {
  SharedStore::Parts parts;
  parts.own = std::make_unique<state::MemoryStore>();
  parts.read_secret = [] { return secret_of(7); };
  parts.place.address.kind = ListenAddress::Kind::unix_socket;
  parts.place.address.path = server.socket();
  parts.patience = kPatient;
  parts.warn = [&lines](const std::string& line) { lines.add(line); };
  return parts;
}

inline bool is_in_use(const SharedStore& store) {
  return store.status().shared.failing.empty();
}

// Until the server has confirmed all that it was told.
inline bool is_settled(const SharedStore& store) {
  return comes_true([&] { return store.status().shared.waiting == 0; });
}

}  // namespace postern::redis
