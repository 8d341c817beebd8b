// What a Postfix table is used for, as far as its name, its comments and its lines say. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/import/table_lines.h"

namespace postern::import {

// Why a table of addresses cannot be taken for one of clients: its name or a comment says that it
// is one of check_..._mx_access, ..._ns_access or ..._a_access, which compare the addresses of mail
// exchangers and name servers. Empty if nothing says so; when nothing says that it is one of
// clients either, this is noted.
std::string why_unlike_clients(const ImportRequest& request, ImportLog& log);

// Why a table cannot be compared with what `about` would say: the name of the file is that of a
// table for check_..._mx_access and the like. Empty if it is not.
std::string why_about_servers(const ImportRequest& request);

// Why a table of expressions is none of access(5): it is one of header_checks(5). Empty if it is
// not. `lines` are its logical lines.
std::string why_header_checks(const ImportRequest& request, const std::vector<TableLine>& lines);

}  // namespace postern::import
