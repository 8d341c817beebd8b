// Where the records of state are kept (rules/model/state.h). Behind it are the memory of a process
// (memory_store.h), a file that the daemons of a host share (lmdb_store.h), and a server that hosts
// share (server/redis/shared_store.h). A record is soft: a store may lose it, and mail is judged
// without it then. Any thread may call any function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "rules/model/state.h"

namespace postern::state {

// How the server of a shared store is doing. Counts are since the start.
struct SharedStatus {
  std::string server;           // where it is; empty: the store is not shared
  std::string failing;          // why it is not in use; empty: it is
  std::uint64_t answered = 0;   // questions, by it
  std::uint64_t own = 0;        // questions, by the store of this host in its place
  std::uint64_t near = 0;       // questions, by what it has said of late
  std::uint64_t waiting = 0;    // effects that it was not told of yet, or has not confirmed
  std::uint64_t confirmed = 0;  // effects
  std::uint64_t dropped = 0;    // effects that it may not know of
  std::uint64_t losses = 0;     // how often it went out of use
};

// How a store is doing, for `status` and the metrics. Counts are since the start.
struct StoreStatus {
  std::string file;             // empty: it has none
  std::uint64_t records = 0;    // those whose time is over included, until they are swept
  std::uint64_t bytes = 0;      // that they take of `max_bytes`
  std::uint64_t max_bytes = 0;  // 0: is not told
  std::uint64_t waiting = 0;    // effects that are not written yet
  std::uint64_t written = 0;    // effects
  std::uint64_t dropped = 0;    // effects, for want of room or because nothing could be written
  std::uint64_t evicted = 0;    // records that went before their time, to make room
  std::uint64_t swept = 0;      // records whose time was over
  std::uint64_t put_aside = 0;  // damaged files in whose place an empty one was made
  std::string failing;          // why nothing can be read or written now; empty: it can
  SharedStatus shared = {};     // what stands above is about this host then
};

class StateStore {
 public:
  StateStore() = default;
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;
  virtual ~StateStore() = default;

  // The record as of now, with all that this process has applied; `unavailable` when the store
  // cannot say. Never waits for a write; of a shared store it waits for the server, for a moment.
  [[nodiscard]] virtual StateFact find(const StateKey& key) = 0;
  // The same, for whoever may not wait; nothing: it has to be asked for.
  [[nodiscard]] virtual std::optional<StateFact> find_at_once(const StateKey& key) {
    return find(key);
  }
  // Calls `answer` once with what find() gives, before this returns or later, on any thread; after
  // finish() perhaps not at all. It must neither wait nor throw.
  virtual void ask(const StateKey& key, const std::function<void(const StateFact&)>& answer) {
    answer(find(key));
  }
  // Carries out all of them, whatever `when` and `per` say: those are for who names them. find()
  // knows of it when it returns; it does not wait until they are written. What cannot be kept is
  // dropped and counted.
  virtual void apply(std::span<const Effect> effects) noexcept = 0;
  // As if nothing had ever been applied to it.
  virtual void forget(const StateKey& key) noexcept = 0;
  // Removes, soon, all records whose time is over, which otherwise happens little by little.
  virtual void sweep() = 0;

  // Writes what has come, and drops what comes. Before the process ends.
  virtual void finish() = 0;

  [[nodiscard]] virtual StoreStatus status() const = 0;
};

}  // namespace postern::state
