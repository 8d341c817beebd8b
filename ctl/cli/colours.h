// Colours of a terminal (ECMA-48, SGR).
#pragma once

#include <string>

namespace postern::ctl {

// yes: standard output is a terminal that has them, and nobody wants none (NO_COLOR).
enum class Colours { no, yes };

enum class Colour { red = 31, green = 32, yellow = 33, magenta = 35 };

inline std::string coloured(const std::string& text, Colour colour, Colours shown) {
  if (shown == Colours::no) return text;
  return "\x1b[" + std::to_string(static_cast<int>(colour)) + "m" + text + "\x1b[0m";
}

}  // namespace postern::ctl
