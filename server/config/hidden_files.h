// Keeps root from printing what the account of the daemons may not read. Root reads every file, and
// others may see what root prints: where a path in the settings, the rules or a link leads to such
// a file, the place of a fault in it is printed and its text is not. A value; blocks on files when
// it is made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/diagnostic.h"
#include "server/config/rule_source.h"
#include "server/config/settings.h"

namespace postern::config {

class HiddenFiles {
 public:
  HiddenFiles() = default;  // none is hidden

  // Of `files`, as they were read: the rule file first, then its lists. A list is hidden when
  // something bars the account (`user:` and `group:`) from it that does not bar it from the rule
  // file: rules may be written in a folder of root's. The first file is hidden when its own owner
  // and mode bar the account. None is hidden from anybody but root, nor where there is no such
  // account.
  static HiddenFiles of(const Settings& settings, const std::vector<SourceFile>& files);

  [[nodiscard]] bool empty() const { return why_.empty(); }
  // The first file that is hidden, and why. REQUIRES: !empty().
  [[nodiscard]] std::string first() const;
  // `message` about a place in a file; of a hidden one, that and why it is not shown.
  [[nodiscard]] std::string shown(const std::string& file, const std::string& message) const;
  // The same of each.
  [[nodiscard]] Diagnostics shown(const Diagnostics& diagnostics) const;

 private:
  [[nodiscard]] const std::string* why(const std::string& file) const;

  std::string rule_file_;
  std::string user_;
  std::map<std::string, std::string> why_;  // by path
};

}  // namespace postern::config
