// Reads the settings from disk, for a start and for each reload. All faults of a file go to the
// diagnostics. Any thread; blocks on files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/result.h"
#include "rules/model/door.h"
#include "server/config/rule_source.h"
#include "server/config/settings.h"

namespace postern::config {

// Whom settings that name no DNS server mean. What stands in the file and is not used is a warning.
struct SystemDns {
  std::string resolv_conf = "/etc/resolv.conf";
  // The servers to ask when that file names none that can be asked, which happens while it is
  // written anew: on a reload those in force. When there are none, 127.0.0.1 is asked.
  std::vector<dns::DnsServerGroup> otherwise = {};
};

// Nothing when there are errors; that nothing is said about `door` is one. The result is complete:
// `rules_file` and the log's file are absolute, whatever `file` is, and `dns.upstreams` has the
// servers of `system` if the file names none.
std::optional<Settings> read_settings(const std::string& file, Door door, Diagnostics& diagnostics,
                                      const SystemDns& system = {});

// The same, for a caller that can try again later.
struct SettingsRead {
  std::optional<Settings> settings;
  // A file could not be read just now (common/os/system_error.h), and why: the settings file, or
  // the one of the system's name servers, without which there may be settings all the same.
  std::optional<Error> not_now;
};
SettingsRead read_settings_now(const std::string& file, Door door, Diagnostics& diagnostics,
                               const SystemDns& system = {});

// The default places: of the rule file, beside the settings; of the sockets; of the generations.
inline constexpr const char* kDefaultRulesFile = "rules.yaml";
inline constexpr const char* kDefaultControlFolder = "/run/postern";
inline constexpr const char* kDefaultStateFolder = "/var/lib/postern";

// What can be read of a settings file with faults, or that cannot be read; with the default places
// for what it does not say. No door may be there.
struct SalvagedSettings {
  Settings settings;
  bool names_control = false;  // it says itself where the daemons answer
};
SalvagedSettings read_what_can_be_read(const std::string& file);

// Whether there is a journal, and where; empty: there is none.
inline bool has_journal(const Settings& settings) {
  return !settings.journal.off &&
         (!settings.journal.folder.empty() || !settings.state_folder.empty());
}
std::string journal_folder(const Settings& settings);
// Where the store is; empty: there is none.
std::string store_folder(const Settings& settings);

// The doors that the settings have a section for.
DoorSet doors_of(const Settings& settings);
// What `door` loads the rules for.
LoadTarget load_target(const Settings& settings, Door door);

}  // namespace postern::config
