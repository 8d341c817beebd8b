// The commands of posternctl, in the order of --help. Each is a row beside its code
// (ctl/cli/command.h), and is named here, twice.
#pragma once

#include <array>

#include "ctl/cli/command.h"

namespace postern::report {
extern const ctl::Command kReportCommand;
extern const ctl::Command kTopCommand;
}  // namespace postern::report

namespace postern::ctl {

extern const Command kStatusCommand;
extern const Command kCheckCommand;
extern const Command kRulesCommand;
extern const Command kCacheCommand;
extern const Command kStoreCommand;
extern const Command kDoctorCommand;
extern const Command kReloadCommand;
extern const Command kRollbackCommand;
extern const Command kDiffCommand;
extern const Command kHistoryCommand;
extern const Command kUndoCommand;
extern const Command kVouchCommand;
extern const Command kBlockCommand;
extern const Command kUnblockCommand;
extern const Command kAllowCommand;
extern const Command kExportCommand;
extern const Command kFindCommand;
extern const Command kListCommand;
extern const Command kPruneCommand;
extern const Command kExplainCommand;
extern const Command kWhyCommand;
extern const Command kRadarCommand;
extern const Command kAlertCommand;
extern const Command kBrakeCommand;
extern const Command kWhoCommand;
extern const Command kJournalCommand;
extern const Command kReplayCommand;
extern const Command kShadowCommand;
extern const Command kTraceCommand;
extern const Command kTailCommand;
extern const Command kImportCommand;
extern const Command kCompletionCommand;

inline constexpr std::array kCommands{&kStatusCommand,         &kCheckCommand,    &kRulesCommand,
                                      &kCacheCommand,          &kStoreCommand,    &kDoctorCommand,
                                      &kReloadCommand,         &kRollbackCommand, &kDiffCommand,
                                      &kHistoryCommand,        &kUndoCommand,     &kVouchCommand,
                                      &kBlockCommand,          &kUnblockCommand,  &kAllowCommand,
                                      &kExportCommand,         &kFindCommand,     &kListCommand,
                                      &kPruneCommand,          &kExplainCommand,  &kWhyCommand,
                                      &report::kReportCommand, &kRadarCommand,    &kAlertCommand,
                                      &kBrakeCommand,          &kWhoCommand,      &kReplayCommand,
                                      &kShadowCommand,         &kJournalCommand,  &kTailCommand,
                                      &report::kTopCommand,    &kTraceCommand,    &kImportCommand,
                                      &kCompletionCommand};

}  // namespace postern::ctl
