// The store that the settings want.
#pragma once

#include <memory>

#include "common/os/log.h"
#include "server/config/settings.h"
#include "server/redis/stream.h"
#include "server/state/state_store.h"

namespace postern::service {

// Null: the settings want none. A store that cannot be opened yet is one, and says why in the log.
// `log` outlives it. As who the daemon has become: what is made belongs to that account.
std::unique_ptr<state::StateStore> open_store(const config::Settings& settings, os::DaemonLog& log);

// Where the server is that hosts share, and how it is reached. REQUIRES: the backend is redis.
redis::ServerPlace store_server_place(const config::StoreServerSettings& settings);

}  // namespace postern::service
