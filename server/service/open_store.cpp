#include "server/service/open_store.h"

#include "server/config/configuration.h"
#include "server/redis/shared_store.h"
#include "server/state/lmdb_store.h"

namespace postern::service {
namespace {

std::unique_ptr<state::StateStore> shared_with_others(std::unique_ptr<state::StateStore> own,
                                                      const config::Settings& settings,
                                                      os::DaemonLog& log) {
  const config::StoreServerSettings& server = settings.store.redis;
  redis::SharedStore::Parts parts;
  parts.own = std::move(own);
  // The host's own store makes it.
  parts.read_secret = [file = config::store_folder(settings) + '/' + state::kSecretName] {
    return os::read_secret_file(file);
  };
  parts.place = store_server_place(server);
  parts.site = server.site;
  parts.user = server.user;
  parts.password_file = server.password_file;
  parts.patience = server.timeout;
  parts.warn = [&log](const std::string& line) { log.warning(line); };
  return std::make_unique<redis::SharedStore>(std::move(parts));
}

}  // namespace

redis::ServerPlace store_server_place(const config::StoreServerSettings& settings) {
  redis::ServerPlace place;
  place.address = *settings.server;
  if (settings.tls == config::StoreTls::off) return place;
  place.transport = redis::ServerPlace::Transport::tls;
  place.tls = {settings.tls_ca, settings.tls_certificate, settings.tls_key, settings.tls_name};
  return place;
}

std::unique_ptr<state::StateStore> open_store(const config::Settings& settings,
                                              os::DaemonLog& log) {
  state::LmdbStore::Parts parts;
  parts.folder = config::store_folder(settings);
  if (parts.folder.empty()) return nullptr;
  parts.map_bytes = settings.store.max_bytes;
  parts.warn = [&log](const std::string& line) { log.warning(line); };
  auto own = std::make_unique<state::LmdbStore>(std::move(parts));
  if (settings.store.backend == config::StoreBackend::embedded) return own;
  return shared_with_others(std::move(own), settings, log);
}

}  // namespace postern::service
