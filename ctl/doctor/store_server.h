// What the server of a shared store says of itself, as far as findings are about it
// (redis.io/docs/latest/commands/info). Values; pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::doctor {

struct StoreServerStatus {
  std::string server;             // `unix:PATH`, `inet:ADDRESS:PORT`
  std::string failing;            // why it could not be asked; empty: it was
  std::string barred_user;        // who may not ask it about itself; empty: Postern's user may
  bool is_open = false;           // over TCP to whoever knows no password
  std::chrono::seconds ahead{0};  // its clock, of this host's
  // Of what it says; as far as nothing is known, nothing is wrong.
  std::optional<std::string> primary;  // of a replica: `192.0.2.7:6379`; empty: by a name
  std::uint64_t max_memory = 0;        // 0: all that there is
  std::string memory_policy;           // `noeviction`, `volatile-ttl`; empty: not known
  bool has_save_failed = false;        // the last one
  enum class Persistence : std::uint8_t { unknown, none, there } persistence = Persistence::unknown;
};

// The reply to INFO: lines `name:value`. Other lines are passed over.
void take_info(std::string_view info, StoreServerStatus& status);

}  // namespace postern::doctor
