// Which texts root, or the owner of the rules, has had in the rule file and its lists. The
// generations belong to the account of the daemons: whoever has taken a daemon over can write into
// them what he likes, and what `rollback` puts back then is in force. So beside the rule file,
// where only those may write who may change the rules, stands `.rules.yaml.vouched`, with a line
// for each text, as sha256sum(1) writes it:
//   9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  /etc/postern/rules.yaml
// A kept copy with that digest is what has stood at that path. Blocks on files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "ctl/cli/command.h"
#include "server/config/configuration.h"

namespace postern::ctl {

// Of each path so many texts, the latest: a feed of a list each minute does not drive out the
// others.
inline constexpr std::size_t kVouchedOfPath = 2000;

class VouchedTexts {
 public:
  // As it stands beside the rule file. Empty when it belongs to anybody but root, the owner of the
  // rule file and the account that runs this, or when others may write to it.
  static VouchedTexts beside(const std::string& rules_file);

  [[nodiscard]] bool has(const std::string& path, std::string_view text) const;
  // The same of a text whose sha256 is known.
  [[nodiscard]] bool has_digest(const std::string& path, const std::string& digest) const;
  // Whether any of them was not there. What could not be read is passed over.
  bool add(const std::vector<config::SourceFile>& files);
  // Error: the system's; somebody else has written it meanwhile.
  [[nodiscard]] Result<void> write() const;

 private:
  explicit VouchedTexts(std::string path) : path_(std::move(path)) {}
  void drop_the_oldest();

  std::string path_;
  std::vector<std::string> lines_;  // the latest last
};

std::string vouched_path(const std::string& rules_file);

// Whether a file beside the rule file is believed: it belongs to root, the owner of the rule file
// or the account that runs this, and nobody else may write to it.
bool may_be_believed(const std::string& path, const std::string& rules_file);
// Whether this account may write such a file: root, or the owner of the rule file.
bool may_vouch(const std::string& rules_file);

// 64 hexadecimal digits (FIPS 180-4).
std::string sha256_of(std::string_view text);

// Puts texts that were read from the rule file and its lists, or written there, among those that
// are vouched for, if this is root or the owner of the rule file. What stands in the way is told as
// a note.
void vouch_for(const std::string& rules_file, const std::vector<config::SourceFile>& files,
               const CommandContext& context);

}  // namespace postern::ctl
