// The texts of the MTAs that are here, or of those that somebody has stored. Blocks on files and on
// postconf.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "ctl/doctor/config_lines.h"

namespace postern::doctor {

struct MtaSources {
  std::string postfix_folder;  // `postconf -c`; empty: Postfix's own
  std::string main_file;       // in the place of `postconf -n`
  std::string master_file;     // in the place of `postconf -M`
  std::string sendmail_cf;
  // Where they are looked for when none of the above says so.
  std::string usual_sendmail_cf = "/etc/mail/sendmail.cf";
};

struct MtaTexts {
  std::optional<ConfigText> main;
  std::optional<ConfigText> master;
  std::optional<ConfigText> sendmail;
};

// Without a word about either MTA: whatever is here, which may be nothing. Error: what is named, or
// here, cannot be read.
Result<MtaTexts> read_mta_texts(const MtaSources& sources);

}  // namespace postern::doctor
