// The services of Postfix as `postconf -M` writes them or master.cf has them (master(5)). Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/doctor/config_lines.h"

namespace postern::doctor {

struct MasterService {
  std::string name;                                            // `smtp`, `127.0.0.1:2525`
  std::string type;                                            // `inet`, `unix`, `pass`, ...
  std::optional<bool> chroot;                                  // nothing: `-`, the default
  std::string command;                                         // `smtpd`
  std::vector<std::pair<std::string, std::string>> overrides;  // of -o, in their order
  ConfigPlace where;                                           // its setting: `smtp/inet`
};

// At most kMaxMasterServices. Lines that have not the eight columns are passed over.
inline constexpr std::size_t kMaxMasterServices = 500;
std::vector<MasterService> read_postfix_master(const ConfigText& text);

}  // namespace postern::doctor
