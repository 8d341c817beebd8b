// Reads the settings that are addresses: where a daemon listens, and which servers it asks.
// Each function reads the value of `key` in `map`; faults go to the diagnostics of the map. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/yaml/config_map.h"
#include "server/config/settings.h"

namespace postern::config {

void read_value(yaml::ConfigMap& map, std::string_view key, Upstreams form,
                std::vector<dns::DnsServerGroup>& upstreams);
void read_value(yaml::ConfigMap& map, std::string_view key, const Listen& form,
                std::vector<ListenAddress>& listen);
void read_value(yaml::ConfigMap& map, std::string_view key, const Listen& form,
                std::optional<ListenAddress>& listen);
void read_value(yaml::ConfigMap& map, std::string_view key, LoopbackPort form,
                std::optional<ListenAddress>& metrics);
void read_value(yaml::ConfigMap& map, std::string_view key, ServerAddress form,
                std::optional<ListenAddress>& server);
void read_value(yaml::ConfigMap& map, std::string_view key, ControlFolder form,
                std::optional<ControlSettings>& control);

// Absolute, and the longest name of a socket in it fits into sun_path.
bool is_control_folder(std::string_view folder);

}  // namespace postern::config
