// Records of the store for people: what a daemon says, or where none runs what is in the file
// (docs/store.md). Changes no record. Blocks on sockets and files.
#pragma once

#include <optional>
#include <string>

#include "ctl/cli/daemons.h"
#include "rules/model/state.h"
#include "server/config/settings.h"

namespace postern::ctl {

// `method` is GET or DELETE.
http::HttpRequest record_request(std::string method, const StateKey& key);

// As a daemon would answer, from the file; nothing: the settings want no file.
std::optional<DaemonAnswer> record_of_file(const config::Settings& settings, const StateKey& key);

class StoreReader {
 public:
  // Asks `running`, if there is one, or reads the file. `settings` outlive it.
  StoreReader(const config::Settings& settings, std::optional<DaemonPlace> running)
      : settings_(settings), running_(std::move(running)) {}
  // Unavailable where the store cannot be read, or there is none.
  [[nodiscard]] StateFact find(const StateKey& key) const;

 private:
  const config::Settings& settings_;
  std::optional<DaemonPlace> running_;
};

}  // namespace postern::ctl
