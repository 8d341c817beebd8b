#include "ctl/import/formats.h"

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/yaml/yaml_node.h"
#include "ctl/import/rule_file_text.h"
#include "ctl/import/table_lines.h"

namespace postern::import {
namespace {

constexpr std::array<ImportFormat, 12> kFormats = {{
    {"sendmail-access", "sendmail's access map, as text for makemap", import_sendmail_access, false,
     false},
    {"postfix-access", "Postfix access(5), indexed (hash, lmdb)", import_postfix_access, true,
     false},
    {"postfix-access-dotted",
     "the same, where smtpd_access_maps is not in parent_domain_matches_subdomains",
     import_postfix_access_dotted, true, false},
    {"postfix-cidr", "Postfix cidr_table(5) with access(5) actions", import_postfix_cidr, true,
     false},
    {"postfix-pcre", "Postfix pcre_table(5) with access(5) actions", import_postfix_pcre, true,
     false},
    {"postfix-regexp", "Postfix regexp_table(5) with access(5) actions", import_postfix_regexp,
     true, false},
    {"postscreen-access", "postscreen_access_list in a cidr table: permit, reject, dunno",
     import_postscreen_access, true, true},
    {"badmailfrom", "qmail's control/badmailfrom", import_badmailfrom, true, true},
    {"postgrey-clients", "postgrey's whitelist_clients", import_postgrey_clients, true, true},
    {"domain-list", "one domain, network or address a line", import_domain_list, true, true},
    {"hosts-file", "a block list in hosts(5) format", import_hosts_file, true, true},
    {"rspamd-map", "an rspamd map: key and value, /expressions/", import_rspamd_map, true, true},
}};

// What is right in each entry can be too much together.
std::string size_fault(const Imported& imported) {
  if (rule_files(imported, {}).rules.size() > yaml::YamlLimits{}.max_bytes) {
    return "what it becomes is too large for a rule file";
  }
  for (const ImportedList& list : imported.lists) {
    const bool expressions =
        std::any_of(list.entries.begin(), list.entries.end(),
                    [](const ImportedEntry& entry) { return entry.value.starts_with('~'); });
    if (!expressions) continue;
    const auto built = lists::make_list(list.kind, list.name);
    for (const ImportedEntry& entry : list.entries) {
      if (!built->add(entry.value, 1, {})) return "an entry that does not fit its list";
    }
    if (const auto done = built->build(); !done) return done.error().text;
  }
  return {};
}

}  // namespace

Imported import_table(const ImportFormat& format, const ImportRequest& request) {
  Imported imported = format.import(request);
  const std::string fault = size_fault(imported);
  if (fault.empty()) return imported;
  ImportLog log(request);
  log.refuse_all(plain_lines(request.text), fault);
  Imported refused;
  log.finish(refused);
  return refused;
}

std::span<const ImportFormat> all_import_formats() {
  return kFormats;
}

const ImportFormat* find_import_format(std::string_view name) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [&](const ImportFormat& format) { return format.name == name; });
  return found != kFormats.end() ? &*found : nullptr;
}

std::string about_from_name(std::string_view file) {
  const std::string name = ascii_lower(file.substr(file.rfind('/') + 1));
  const auto has = [&](std::string_view part) { return name.find(part) != name.npos; };
  if (has("reverse_client") || has("reverse-client")) return "reverse_client_name";
  if (has("helo")) return "helo";
  if (has("sender")) return "sender";
  if (has("recipient") || has("rcpt")) return "recipient";
  if (has("client")) return "client";
  return {};
}

}  // namespace postern::import
