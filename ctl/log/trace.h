// `posternctl trace`: has the daemons tell all about the mail of one client, sender domain or
// message, for a while.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct TraceOptions {
  enum class What { set, list, stop } what = What::set;
  std::string client;
  std::string sender_domain;
  std::string instance;
  std::string time = "10m";
  bool follow = false;
  std::optional<std::uint64_t> id;  // to stop; none: all
};

CtlExit run_trace(const TraceOptions& options, const CommandContext& context);

}  // namespace postern::ctl
