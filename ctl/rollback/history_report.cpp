#include "ctl/rollback/history_report.h"

#include "ctl/cli/printing.h"
#include "server/control/control_json.h"

namespace postern::ctl {

std::string who(const Caller& caller) {
  const std::string name = caller.user.empty() ? "uid " + std::to_string(caller.uid) : caller.user;
  return caller.terminal.empty() ? name : name + " (" + caller.terminal + ")";
}

boost::json::object json_of(const HistoryEntry& entry, const EditHistory& history,
                            const config::Settings& settings) {
  return {{"number", entry.number},
          {"at", format_utc(entry.at)},
          {"user", control::json_text(entry.caller.user)},
          {"uid", entry.caller.uid},
          {"terminal", control::json_text(entry.caller.terminal)},
          {"command", control::json_text(entry.caller.command)},
          {"undoes", entry.undoes ? boost::json::value(*entry.undoes) : nullptr},
          {"undone", history.is_undone(entry.number)},
          {"files", json_of(entry.changes, hidden_in(entry.changes, settings))}};
}

void print_entry(const HistoryEntry& entry, const EditHistory& history,
                 const CommandContext& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  context.console.line(entry.number, "  ", time_with_age(format_utc(entry.at), now), "  ",
                       who(entry.caller), history.is_undone(entry.number) ? "  UNDONE" : "");
  context.console.line("    ", entry.caller.command);
  context.console.line("    ", in_short(entry.changes, context));
}

}  // namespace postern::ctl
