// How much a log says, and in which form.
#pragma once

#include "common/base/words.h"

namespace postern {

enum class LogLevel { error, warning, info, debug };
inline constexpr Word<LogLevel> kLogLevels[] = {{"error", LogLevel::error},
                                                {"warning", LogLevel::warning},
                                                {"info", LogLevel::info},
                                                {"debug", LogLevel::debug}};

enum class LogFormat { text, json };
inline constexpr Word<LogFormat> kLogFormats[] = {{"text", LogFormat::text},
                                                  {"json", LogFormat::json}};

}  // namespace postern
