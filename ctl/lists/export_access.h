// The entries of a list as lines of access maps, of Postfix (access(5), cidr_table(5)) and
// sendmail. Pure.
#pragma once

#include "ctl/lists/export_format.h"

namespace postern::ctl {

// Whether a key matches the names below it as well: always, as `parent_domain_matches_subdomains`
// says (which is that it does), or only with a dot in front.
enum class Parents { sendmail, postfix, dotted };

using ExportedLines = Result<std::vector<std::string>>;

// Errors: as exported_lines(). REQUIRES: not Parents::sendmail.
ExportedLines postfix_access_lines(const ExportedEntry& entry, Parents parents);
ExportedLines postfix_cidr_lines(const ExportedEntry& entry);
ExportedLines sendmail_access_lines(const ExportedEntry& entry);

}  // namespace postern::ctl
