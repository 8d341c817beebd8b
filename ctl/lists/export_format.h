// A list as a table of another program: what its lines are, and what it cannot say. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "rules/attribute.h"
#include "rules/lists/list.h"
#include "rules/model/action.h"

namespace postern::ctl {

struct ExportedEntry {
  std::string value;  // as a list file has it: `.phish.example`, `192.0.2.0/24`
  lists::ListKind kind = lists::ListKind::domain;
  Attribute attribute = Attribute::sender_domain;  // that it is compared with
  Action action;                                   // what follows
  bool has_own_action = false;                     // it is the entry's own (then=)
};

enum class ExportFormat {
  postfix_access,
  postfix_access_dotted,
  sendmail_access,
  cidr,
  nft,
  rbldnsd,
  plain
};

inline constexpr Word<ExportFormat> kExportFormats[] = {
    {"postfix-access", ExportFormat::postfix_access},
    {"postfix-access-dotted", ExportFormat::postfix_access_dotted},
    {"sendmail-access", ExportFormat::sendmail_access},
    {"cidr", ExportFormat::cidr},
    {"nft", ExportFormat::nft},
    {"rbldnsd", ExportFormat::rbldnsd},
    {"plain", ExportFormat::plain}};

// The lines for one entry; Error: what the format cannot say of it. None of them matches mail that
// the entry does not match.
Result<std::vector<std::string>> exported_lines(ExportFormat format, const ExportedEntry& entry);

// All of them as a file, with what the format wants around them. `name`: of the list.
std::string exported_table(ExportFormat format, std::string_view name,
                           const std::vector<std::string>& lines);

}  // namespace postern::ctl
