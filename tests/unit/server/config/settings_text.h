// Settings files for tests: the least one, one line more, and what is said about them.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "server/config/settings_file.h"

namespace postern::config {

inline const std::string kLeast =
    "version: 1\nrules: rules.yaml\npolicyd: { listen: inet:127.0.0.1:10040 }\n";

inline Settings good(const std::string& text) {
  Diagnostics diagnostics;
  const auto settings = load_settings(text, "postern.yaml", diagnostics);
  if (!settings) throw std::runtime_error(diagnostics.to_string());
  EXPECT_EQ(diagnostics.to_string(), "");
  return *settings;
}

inline std::string said(const std::string& text) {
  Diagnostics diagnostics;
  const auto settings = load_settings(text, "postern.yaml", diagnostics);
  EXPECT_EQ(settings.has_value(), !diagnostics.has_errors());
  return diagnostics.to_string();
}

inline const std::string kMilter = "version: 1\nrules: r\nmilter: { listen: ";

inline std::string with_milter_listen(const std::string& listen) {
  return kMilter + listen + " }\n";
}

inline std::string with_listen(const std::string& listen) {
  return "version: 1\nrules: r\npolicyd: { listen: " + listen + " }\n";
}

// The file with one more line; `{}` around the line's own section.
inline std::string with(const std::string& section, const std::string& line) {
  if (section.empty()) return kLeast + line + "\n";
  if (section == "policyd") return with_listen("inet:127.0.0.1:1, " + line);
  if (section == "milter") return with_milter_listen("inet:127.0.0.1:1, " + line);
  if (section == "dns.cache") return kLeast + "dns: { cache: { " + line + " } }\n";
  if (section == "store.redis") return kLeast + "store: { redis: { " + line + " } }\n";
  return kLeast + section + ": { " + line + " }\n";
}

}  // namespace postern::config
