// Keys of sendmail's access map that are about mail addresses (rule sets F, U and D of proto.m4):
// where each is looked up, and as what of a Postern list. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/import/access_table.h"
#include "ctl/import/table_lines.h"

namespace postern::import {

struct SendmailKey {
  enum class Kind {
    address,  // user@domain, user+detail@domain, user+*@domain
    user,     // user@
    domain,   // with what is below it
  };
  Kind kind;
  std::string value;  // of an address list, or of a domain list
};

// REQUIRES: a key in lower case. Errors: what sendmail never looks up, or in another order.
Result<SendmailKey> place_sendmail_address(const std::string& key);
// The value of a domain list for a name and what is below it.
Result<std::string> place_sendmail_domain(const std::string& key);

// `user@domain` is also found for user+detail@domain, after everything that is exact: appends the
// expressions for that, or says that they are too many.
void add_details(std::vector<TableEntry>& entries, ImportLog& log);

}  // namespace postern::import
