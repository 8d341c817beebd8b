// What the settings say of the log: every key and default. Plain values.
#pragma once

#include <string>

#include "common/base/log_format.h"
#include "common/base/log_share.h"
#include "common/base/setting.h"

namespace postern::os {

struct LogSettings {
  LogLevel level = LogLevel::info;
  std::string file;  // empty: stderr
  LogFormat format = LogFormat::text;
  LogShare pass{};  // of everyday passes (server/service/decision_log.h)
  friend bool operator==(const LogSettings&, const LogSettings&) = default;

  static void describe(const auto& row) {
    using S = LogSettings;
    row({"level", "Each decision is one line at info"}, &S::level, OneOf{kLogLevels});
    row({"file", "Default: stderr; relative to this file", Taken::at_restart}, &S::file,
        Text{"path"});
    row({"format", "json: one object a line", Taken::at_restart}, &S::format, OneOf{kLogFormats});
    row({"pass", "How many lines about everyday passes: all, none, 1/100"}, &S::pass, LineShare{});
  }
};

}  // namespace postern::os
