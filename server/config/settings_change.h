// Compares settings: which changes take effect while a daemon serves, and which need a restart.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "server/config/settings.h"

namespace postern::config {

// Keys of settings that differ, as they are written: `dns.cache.max_size`.
struct SettingsChange {
  std::vector<std::string> live;
  std::vector<std::string> restart;
};

SettingsChange compare_settings(const Settings& running, const Settings& read);

// What is to be in force when `read` has been read: all of it but what takes a restart, which stays
// as it is in `running`.
Settings settings_in_force(const Settings& running, Settings read);

}  // namespace postern::config
