// Records on a Redis or Valkey server that many hosts share, and beside it the store of this host,
// which does all that the server does, too: it answers whenever the server does not, and knows then
// what this host has seen. No decision waits for the server longer than `patience`, none fails by
// it.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "server/redis/near_records.h"
#include "server/redis/shared_server.h"
#include "server/state/key_hash.h"
#include "server/state/state_store.h"

namespace postern::redis {

class SharedStore final : public state::StateStore {
 public:
  // Of changes that wait for the server, or for its answers; and questions on their way.
  static constexpr std::size_t kMostChanges = 16384;
  static constexpr std::size_t kMostQuestions = 4096;
  // The memory that all of it takes at most, about: questions that came too late count until the
  // replies.
  static constexpr std::size_t kBytes = (std::size_t{32} << 20) + NearRecords::kBytes;

  struct Parts {
    std::unique_ptr<state::StateStore> own;               // of this host; not null
    std::function<Result<os::FileSecret>()> read_secret;  // the same on all hosts; at each try
    ServerPlace place;
    std::string site = "mx";
    std::string user;           // empty: the server's default one
    std::string password_file;  // empty: none is told
    std::chrono::milliseconds patience{50};
    std::function<void(const std::string& line)> warn;  // any thread
  };
  // Tries the server, and waits a second at most for what comes of it.
  explicit SharedStore(Parts parts);
  // NOLINTNEXTLINE(bugprone-exception-escape): out of memory, where ending is right
  ~SharedStore() override { finish(); }

  // As ask(), and waits for it.
  [[nodiscard]] StateFact find(const StateKey& key) override;
  // Nothing while the server is in use, unless it has said it of late.
  [[nodiscard]] std::optional<StateFact> find_at_once(const StateKey& key) override;
  void ask(const StateKey& key, const std::function<void(const StateFact&)>& answer) override;
  void apply(std::span<const Effect> effects) noexcept override;
  void forget(const StateKey& key) noexcept override;
  // This host's; the server does so by itself.
  void sweep() override { parts_.own->sweep(); }
  void finish() override;
  [[nodiscard]] state::StoreStatus status() const override;

 private:
  struct Waiting {
    state::Change change;
    std::chrono::steady_clock::time_point at;
  };

  [[nodiscard]] bool can_ask() const { return server_.is_in_use() && questions_ < kMostQuestions; }
  [[nodiscard]] StateFact find_here(const StateKey& key);

  // Null: the secret could not be read yet.
  [[nodiscard]] std::shared_ptr<const state::KeyHash> hash() const;
  Result<std::string> take_secret();

  void run();
  void begin_anew(const char* why);
  template <class Make>
  void tell(const Make& make) noexcept;
  void add(const Waiting& change);
  void note_near(const state::Change& change);
  void send_all();
  void send(const Waiting& change);
  void settle(const Waiting& change, SharedServer::Outcome outcome);
  static bool can_be_repeated(const state::Change& change);

  Parts parts_;
  const SiteKeys keys_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::shared_ptr<const state::KeyHash> hash_;
  std::deque<Waiting> waiting_;
  NearRecords near_;
  std::size_t under_way_ = 0;
  bool is_posted_ = false;
  bool was_tried_ = false;
  bool finished_ = false;
  state::SharedStatus status_;

  std::atomic<std::size_t> questions_{0};
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  SharedServer server_;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace postern::redis
