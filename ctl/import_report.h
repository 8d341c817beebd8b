// What `posternctl import` says about what became of a table. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "ctl/import/formats.h"
#include "ctl/import/rule_file_text.h"

namespace postern {

struct ImportResult {
  std::string file;
  const ImportFormat* format = nullptr;
  std::string guessed_because;  // empty: the format was given
  Imported imported;
  RuleFiles files;
  std::string into;  // the folder with the files; empty: none
};

// A table of what became of the lines, and how to take the result over.
std::string import_summary(const ImportResult& result);

// The same with the fate of every line that is not just imported, and with the files when they were
// not written into a folder.
boost::json::object import_json(const ImportResult& result);

}  // namespace postern
