// The table formats that can be imported: one function of text each. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ctl/import/imported.h"

namespace postern::import {

struct ImportFormat {
  std::string_view name;
  std::string_view what;  // for a person
  Imported (*import)(const ImportRequest& request);
  bool takes_about;  // whether it minds ImportRequest::about
  bool takes_then;
};

std::span<const ImportFormat> all_import_formats();
// Null for an unknown name.
const ImportFormat* find_import_format(std::string_view name);

// Imports a table of this format. When what becomes of it is too large for a rule file or for RE2,
// every line is refused.
Imported import_table(const ImportFormat& format, const ImportRequest& request);

struct FormatGuess {
  const ImportFormat* format = nullptr;
  std::string because;
};

// What a table looks like, by its name and by its lines; nothing when it looks like none of them.
std::optional<FormatGuess> guess_format(std::string_view file, std::string_view text);

// What the keys of a table are compared with, by its name: `helo_access.pcre` says helo. Empty if
// the name does not say.
std::string about_from_name(std::string_view file);

// A line of a plain list without its comment and blanks.
std::string_view plain_list_content(std::string_view line);

Imported import_sendmail_access(const ImportRequest& request);
// Indexed tables (hash, lmdb, texthash). `postfix-access` is for Postfix's default, in which a name
// matches what is below it; `_dotted` for a parent_domain_matches_subdomains without
// smtpd_access_maps, in which `.name` does.
Imported import_postfix_access(const ImportRequest& request);
Imported import_postfix_access_dotted(const ImportRequest& request);
Imported import_postfix_cidr(const ImportRequest& request);
Imported import_postfix_pcre(const ImportRequest& request);
Imported import_postfix_regexp(const ImportRequest& request);
Imported import_postscreen_access(const ImportRequest& request);
Imported import_badmailfrom(const ImportRequest& request);
Imported import_postgrey_clients(const ImportRequest& request);
Imported import_domain_list(const ImportRequest& request);
Imported import_hosts_file(const ImportRequest& request);
Imported import_rspamd_map(const ImportRequest& request);

}  // namespace postern::import
