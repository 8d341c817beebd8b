// `posternctl block`, `unblock` and `allow`: edit list files the way a person would, and have the
// daemons take them. Block on files and on the daemons' sockets.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "ctl/cli/command.h"

namespace postern::ctl {

// What is asked for the entry's own action (`then=`): that it stays as it is, where the entry is
// there already, but for a deferral, which such a command makes a refusal; whatever makes it a
// refusal, which is none where the rules refuse; or one of the others.
enum class OwnAction { as_it_is, reject, defer, discard, hold, log };

// All commands take several values, and edit all of their lists or none.
struct EntryOptions {
  std::vector<std::string> values;  // `-` among them: those on standard input, too
  std::string list;                 // empty: the ones that are meant
  std::optional<std::chrono::milliseconds> lasts;
  std::optional<UtcTime> until;  // not with `lasts`
  std::string reason;
  bool force = false;  // also what is too broad, or popular
  bool dry_run = false;
};

struct BlockOptions : EntryOptions {
  OwnAction own_action = OwnAction::as_it_is;
  int own_actions = 0;  // so many were asked for: at most one is right
};

struct AllowOptions : EntryOptions {
  std::string check;  // only this check or rule is skipped; empty: the mail passes
};

struct UnblockOptions {
  std::vector<std::string> values;
  std::string list;
  std::string reason;  // kept with the command line in the history, and nowhere else
  bool dry_run = false;
};

// `90m`, `12h`, `7d`. Error: it is none, or no time.
Result<std::chrono::milliseconds> time_from_now(const std::string& text);

// Those of values that are told.
std::vector<OptionRow> allow_options(AllowOptions& to);

// no: also when an entry hits more than a person can mean (without --force), is there with another
// action, or when a rule above decides otherwise.
CtlExit run_block(const BlockOptions& options, const CommandContext& context);
CtlExit run_allow(const AllowOptions& options, const CommandContext& context);
CtlExit run_unblock(const UnblockOptions& options, const CommandContext& context);

}  // namespace postern::ctl
