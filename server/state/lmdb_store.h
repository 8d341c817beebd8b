// Records in one file of the state folder, which all daemons of a host share. A thread writes what
// has come in since it last did, and find() knows before. What is written is on the disk, and a
// process that is killed leaves the file as it was before or after a write. A file that is damaged
// is put aside, and an empty one made. While there is none that can be read and written, nothing is
// known and what comes is dropped: what a check could read and not change would be new each time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "server/state/key_hash.h"
#include "server/state/lmdb_file.h"
#include "server/state/pending_changes.h"
#include "server/state/state_store.h"

namespace postern::state {

// The names in the folder of a store. Of damaged files the last is kept, under the third.
inline constexpr const char* kSecretName = "key";
inline constexpr const char* kRecordsName = "records.mdb";
inline constexpr const char* kDamagedName = "records.mdb.damaged";

class LmdbStore final : public StateStore {
 public:
  // The memory that it takes at most, about: changes that wait, and records as they leave them. The
  // pages of the file that were looked at are the system's, which takes them back.
  static constexpr std::size_t kBytes = std::size_t{72} << 20;

  struct Parts {
    std::string folder;  // made where it is not there, for its owner alone
    std::size_t map_bytes = std::size_t{256} << 20;
    std::function<void(const std::string& line)> warn;  // any thread
    SystemClocks clocks = system_clocks();
    // How long a change may wait for others to be written with it.
    std::chrono::milliseconds gather{20};
    std::size_t max_waiting = 16384;  // changes
    // After which it tries again to open it, or to write.
    std::chrono::milliseconds again = std::chrono::seconds(10);
  };
  // Opens the file, or says why not and tries again by and by. A process has one store of a folder.
  explicit LmdbStore(Parts parts);
  ~LmdbStore() override { finish(); }

  [[nodiscard]] StateFact find(const StateKey& key) override;
  void apply(std::span<const Effect> effects) noexcept override;
  void forget(const StateKey& key) noexcept override;
  void sweep() override;
  void finish() override;
  [[nodiscard]] StoreStatus status() const override;

 private:
  // Until the last who uses it is done with it.
  struct Opened {
    KeyHash hash;
    os::FileIdentity secret_file;
    std::unique_ptr<LmdbFile> file;
  };
  enum class Sweep : std::uint8_t { slowly, wanted, at_once };
  struct Wake {
    std::shared_ptr<Opened> opened{};
    bool ends = false;
  };

  // REQUIRES of both: the mutex is held.
  [[nodiscard]] bool is_usable() const { return opened_ != nullptr && status_.failing.empty(); }
  // `change_by(hash)` is the change. What cannot be kept is counted.
  template <class ChangeBy>
  void add(const ChangeBy& change_by) noexcept;

  // The writer's.
  void write_changes();
  // Into `batch_`.
  Wake wait_for_changes();
  void write_batch(Opened& opened);
  // What has come on the disk of a batch: records as they are there, and how many changes.
  struct Outcome {
    PendingChanges::Written written{};
    std::size_t changes = 0;
  };
  // Both add to the outcome.
  int write_in_parts(Opened& opened, std::span<const Change> batch, Outcome& outcome);
  int try_to_write(Opened& opened, std::span<const Change> batch, Outcome& outcome);
  // The batch.
  void settle(Opened& opened, Outcome outcome, int code);
  void lose_all(const char* why) noexcept;
  [[nodiscard]] static std::size_t most_at_once(const Opened& opened);
  void make_room(Opened& opened, std::size_t records);
  void look_after(const std::shared_ptr<Opened>& opened);
  [[nodiscard]] bool is_in_place(const Opened& opened) const;
  void follow_others(Opened& opened);
  void try_to_write_again(Opened& opened);
  void sweep(Opened& opened, Sweep how);
  // True: it has come to the end of the file.
  bool sweep_some(Opened& opened);

  void try_to_open();
  // So that it is opened anew, once nobody uses it any more.
  void close();
  LmdbResult<std::unique_ptr<LmdbFile>> open_sound(const std::string& path);
  void put_aside(const std::string& path, const std::string& why);
  void fail(const std::string& why);
  // Empty: it is in use.
  void tell_failing(const std::string& why);

  const Parts parts_;
  StoreClock clock_;

  // The writer's own.
  std::size_t chunk_ = 1;  // changes that are written at once, at most
  std::vector<Change> batch_;
  std::size_t come_ = 0;  // records, since the file is nearly full and room was made
  RecordKey swept_to_{};
  std::weak_ptr<Opened> closing_;                  // a process may have a file open once
  std::chrono::steady_clock::time_point tried_{};  // to open it, or to write again
  std::chrono::steady_clock::time_point looked_after_{};
  std::chrono::steady_clock::time_point readers_cleared_{};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::shared_ptr<Opened> opened_;  // null: there is none
  PendingChanges pending_;
  StoreStatus status_;
  Sweep sweep_ = Sweep::slowly;
  bool finished_ = false;

  std::thread writer_;  // last: it uses all the others
};

}  // namespace postern::state
