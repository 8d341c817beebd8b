// What a shell offers for the value of an option, or for what stands by itself: the lists, rules,
// ... that there are. Asks the daemons' sockets, for as long as nobody notices, or reads files.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct OfferedValue {
  std::string text;
  std::string about{};  // in a few words; empty: nothing
  auto operator<=>(const OfferedValue&) const = default;
};

struct ValueKind {
  std::string_view type;   // in --help, `LIST`
  std::string_view named;  // `lists`, as posternctl completion is asked for them
  std::vector<OfferedValue> (*values)(const CommandContext& context);
};
const std::vector<ValueKind>& value_kinds();

// Of the type of an option, `CHECK|RULE`: those that it names.
std::vector<std::string> kinds_named_in(std::string_view type);

// One in a line, without those that a shell would take for more than a word; behind a tab what is
// said about it, if that is wanted. Nothing if nobody answers.
enum class About { leave_out, say };
std::string completion_values(std::string_view kind, About about, const CommandContext& context);

}  // namespace postern::ctl
