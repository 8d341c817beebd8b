// `posternctl block`, `unblock` and `allow`: edit a list file the way a person would, and have the
// daemons take it. Block on files and on the daemons' sockets.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

// The list that block and unblock mean when none is named.
inline constexpr const char* kCampaignList = "campaign";

struct EntryOptions {
  std::string value;
  std::string list;  // empty: the one that is meant
  std::optional<std::chrono::milliseconds> lasts;
  std::string reason;
  std::string owner;
  bool force = false;  // also what is too broad, or popular
  bool dry_run = false;
};

struct BlockOptions : EntryOptions {
  bool discard = false;
  bool reject = false;  // not with `discard`
};

struct AllowOptions : EntryOptions {
  std::string check;  // only this check or rule is skipped; empty: the mail passes
};

struct UnblockOptions {
  std::string value;
  std::string list;
  bool dry_run = false;
};

// no: also when the entry hits more than a person can mean (without --force), is there with another
// action, or when a rule above decides otherwise.
CtlExit run_block(const BlockOptions& options, const CommandContext& context);
CtlExit run_allow(const AllowOptions& options, const CommandContext& context);
CtlExit run_unblock(const UnblockOptions& options, const CommandContext& context);

}  // namespace postern::ctl
