// The daemons of an installation, and what they answer over the control protocol (docs/control.md).
// Blocks on sockets.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/io/http_message.h"
#include "common/settings.h"
#include "rules/door.h"

namespace postern {

struct DaemonPlace {
  Door door = Door::policy;
  std::string name;    // `postern-policyd`
  std::string socket;  // empty: the settings have no `control:`
  // What is said of it in a row of others: `policyd`
  [[nodiscard]] std::string short_name() const;
};

// Those that the settings have a section for.
std::vector<DaemonPlace> daemons_of(const Settings& settings);

struct DaemonAnswer {
  DaemonPlace daemon;
  unsigned status = 0;  // of HTTP; 0: not reached
  boost::json::object body;
  std::string error;  // when not ok(): what a person is told
  [[nodiscard]] bool reached() const { return status != 0; }
  [[nodiscard]] bool ok() const { return status != 0 && status < 400 && error.empty(); }
};

inline constexpr std::chrono::milliseconds kQuickAnswer{5000};
// A reload of lists with millions of entries.
inline constexpr std::chrono::milliseconds kSlowAnswer{120000};

// All at once; the answers come in the order of the daemons.
std::vector<DaemonAnswer> ask_daemons(const std::vector<DaemonPlace>& daemons,
                                      const HttpRequest& request,
                                      std::chrono::milliseconds timeout);

// The status of a daemon that answers; that of `preferred` if there is a choice.
std::optional<DaemonAnswer> ask_status(const Settings& settings, Door preferred);

// For a query in a target: everything but letters, digits, `-`, `.`, `_`, `~` as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace postern
