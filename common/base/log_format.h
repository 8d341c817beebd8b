// How much a log says, and in which form.
#pragma once

namespace postern {

enum class LogLevel { error, warning, info, debug };
enum class LogFormat { text, json };  // json: one object a line

}  // namespace postern
