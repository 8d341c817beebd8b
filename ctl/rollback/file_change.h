// What has changed in a file: its lines as blocks, and the same for people and programs.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/rollback/line_hunks.h"
#include "server/config/hidden_files.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct FileChange {
  std::string path;
  std::vector<LineHunk> hunks;
  // Too many lines to keep or to be compared: there are no hunks.
  bool is_too_large = false;
  // Of the texts before and after (common/base/fingerprint.h).
  std::string before{};
  std::string after{};
};

// Of one path the text before, and after.
struct ChangedText {
  std::string path;
  std::string before;
  std::string after;
};

// `most`: more lines are too many. Pure.
FileChange change_between(const ChangedText& text, std::size_t most);

// `lists/campaign.txt +1/-0 lines, rules.yaml +2/-2 lines`
std::string in_short(const std::vector<FileChange>& changes, const CommandContext& context);

// Those of the files which are not to be shown. Looks at them.
config::HiddenFiles hidden_in(const std::vector<FileChange>& changes,
                              const config::Settings& settings);

// Every file, and below it every line, those of hidden files without their text.
void print_lines(const std::vector<FileChange>& changes, const config::HiddenFiles& hidden,
                 const CommandContext& context);
boost::json::array json_of(const std::vector<FileChange>& changes,
                           const config::HiddenFiles& hidden);

}  // namespace postern::ctl
