// What the settings say of the log: every default. Plain values.
#pragma once

#include <string>

#include "common/base/log_format.h"
#include "common/base/log_share.h"

namespace postern::os {

struct LogSettings {
  LogLevel level = LogLevel::info;
  std::string file;  // empty: stderr
  LogFormat format = LogFormat::text;
  LogShare pass{};  // of everyday passes (server/service/decision_log.h)
  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

}  // namespace postern::os
