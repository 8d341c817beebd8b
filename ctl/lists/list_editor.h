// Edits of entries in the files of lists, on their way to the disk and into force. Blocks on files
// and on the daemons' sockets.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/lists/list_file.h"
#include "ctl/rollback/rule_editor.h"

namespace postern::ctl {

// The path of the file of a list. Error: the entries stand in the rule file itself, with the line
// to change.
Result<std::string> file_of_list(const RulesOnDisk& rules, const lists::List& list);

// For edits of `lists`. Errors: as file_of_list(), RuleEditor::open().
Result<RuleEditor> open_lists(const RulesOnDisk& rules,
                              const std::vector<const lists::List*>& lists, EditPurpose purpose);

// An edit of entries of one list, for people and programs.
struct EntryChange {
  const lists::List* list;  // never null
  std::string path;
  EntryEdit edit;
};

struct EditTask {
  const RulesOnDisk& rules;
  RuleEditor& editor;
  std::vector<EntryChange> changes;
  std::vector<std::string> notes;  // said with them
};

// Checks, writes, has the daemons take it, and prints all of that.
CtlExit carry_out(const EditTask& task, const CommandContext& context);

// For programs, in the same shape: there is nothing to write, and why.
boost::json::object json_of_nothing(EditPurpose purpose, const std::string& why);

}  // namespace postern::ctl
