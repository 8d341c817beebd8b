#include "server/service/open_store.h"

#include "server/config/configuration.h"
#include "server/state/lmdb_store.h"

namespace postern::service {

std::unique_ptr<state::StateStore> open_store(const config::Settings& settings,
                                              os::DaemonLog& log) {
  state::LmdbStore::Parts parts;
  parts.folder = config::store_folder(settings);
  if (parts.folder.empty()) return nullptr;
  parts.map_bytes = settings.store.max_bytes;
  parts.warn = [&log](const std::string& line) { log.warning(line); };
  return std::make_unique<state::LmdbStore>(std::move(parts));
}

}  // namespace postern::service
