// What `posternctl import` says about what became of a table. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "ctl/import/formats.h"
#include "ctl/import/rule_file_text.h"

namespace postern::ctl {

struct ImportResult {
  std::string file;
  const import::ImportFormat* format = nullptr;
  std::string guessed_because;  // empty: the format was given
  import::Imported imported;
  import::RuleFiles files;
  std::string into;  // the folder with the files; empty: none
};

// The file beside the result with the messages, when they are more than are shown.
inline constexpr std::string_view kMessagesFile = "import-messages.txt";
bool are_messages_cut(const ImportResult& result);
// Every message, a line each, by place.
std::string all_messages(const Diagnostics& diagnostics);
// A line for below the messages that are shown; empty when those are all.
std::string where_all_messages_are(const ImportResult& result);

// A table of what became of the lines, and how to take the result over.
std::string import_summary(const ImportResult& result);

// The same with the status of every line that is not just imported, and with the files when they
// were not written into a folder.
boost::json::object import_json(const ImportResult& result);

}  // namespace postern::ctl
