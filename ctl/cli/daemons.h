// The daemons of an installation, and what they answer over the control protocol (docs/control.md).
// Blocks on sockets.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/http_message.h"
#include "rules/model/door.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct DaemonPlace {
  Door door = Door::policy;
  std::string name;    // `postern-policyd`
  std::string socket;  // empty: the settings have no `control:`
  // What is said of it in a row of others: `policyd`
  [[nodiscard]] std::string short_name() const;
};

// Those that the settings have a section for.
std::vector<DaemonPlace> daemons_of(const config::Settings& settings);

struct DaemonAnswer {
  DaemonPlace daemon;
  unsigned status = 0;  // of HTTP; 0: not reached
  boost::json::object body;
  std::string error;    // when not ok(): what a person is told
  bool silent = false;  // did not answer in time: it is busy, or hangs
  [[nodiscard]] bool reached() const { return status != 0; }
  [[nodiscard]] bool ok() const { return status != 0 && status < 400 && error.empty(); }
};

// A person waits no longer; neither for a reload, which ends all the same.
inline constexpr std::chrono::milliseconds kQuickAnswer{5000};

// Called once when somebody has not answered for a second, with the names, and how long is waited.
using OnSilence =
    std::function<void(const std::string& daemons, std::chrono::milliseconds timeout)>;

// All at once; the answers come in the order of the daemons.
std::vector<DaemonAnswer> ask_daemons(const std::vector<DaemonPlace>& daemons,
                                      const http::HttpRequest& request,
                                      std::chrono::milliseconds timeout,
                                      const OnSilence& on_silence = {});

// The status of a daemon that answers; that of `preferred` if there is a choice.
std::optional<DaemonAnswer> ask_status(const config::Settings& settings, Door preferred,
                                       const OnSilence& on_silence = {});

// For a query in a target: everything but letters, digits, `-`, `.`, `_`, `~` as %XX.
std::string percent_encoded(std::string_view text);

// Of the body that docs/control.md has for the path of `target`, in bytes. What is counted are the
// bounds of that which it tells; every byte of a text can take kEscapedByte.
std::size_t answer_limit(std::string_view target);

// `\\xNN`, as a byte that cannot be shown stands in JSON.
inline constexpr std::size_t kEscapedByte = 5;

}  // namespace postern::ctl
