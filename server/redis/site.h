// What Postern has on a Redis or Valkey server: its keys, the scripts that read and change records,
// and what they answer. A record is the bytes that the store of a host keeps, too
// (server/state/stored_record.h), and what an effect does to it is the same; the time is the
// server's, so that the clocks of hosts need not agree. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/redis/reply.h"
#include "server/state/stored_record.h"

namespace postern::redis {

// What a server is to do, and what it is given for it: for a script the number of keys, the keys,
// and the rest.
struct Call {
  enum class What : std::uint8_t { read, change, forget } what = What::read;
  std::vector<std::string> given;
};

// A server runs a script by its hash, once it has had the text.
enum class By : std::uint8_t { hash, text };
class Scripts {
 public:
  Scripts();
  // The words of the command; `by` is about scripts alone.
  [[nodiscard]] std::vector<std::string> words_of(const Call& call, By by) const;

 private:
  std::string read_hash_;
  std::string change_hash_;
};

// Names the records of one site. All keys have one hash tag, so that a cluster keeps them together.
class SiteKeys {
 public:
  // REQUIRES: `site` is letters, digits, `-`, `_` and `.`.
  explicit SiteKeys(std::string_view site) : prefix_("p1:{" + std::string(site) + "}:") {}

  [[nodiscard]] std::string record(StateKind kind, const state::RecordKey& key) const;
  // What tells by which secret the keys of records are hashed.
  [[nodiscard]] std::string secret_mark() const { return prefix_ + "secret"; }

 private:
  std::string prefix_;
};

Call read_call(std::string key);
Call forget_call(std::string key);
// Of a change that happened so long ago. REQUIRES: it is none that forgets.
Call change_call(std::string key, const state::Change& change, std::chrono::microseconds ago);

// What the record that read_call() got says as of the server's time; `unavailable`: that was no
// answer to it.
StateFact fact_in(const Reply& reply);

}  // namespace postern::redis
