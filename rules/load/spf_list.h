// The `spf:` of a list: networks that domains publish, as a daemon keeps them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/domain_name.h"
#include "common/yaml/config_map.h"
#include "rules/lists/list.h"

namespace postern::load {

// The domains of the key `spf`. Errors: none, more than spf::kMaxSpfDomains, one twice, no domain.
std::vector<DomainName> load_spf_domains(yaml::ConfigMap& map);

// Where such a list is defined, and kept; why that cannot be read, empty if it can.
struct SpfPlace {
  Position where;
  std::string file;
  std::string why_not;
};

// Adds those networks of `kept`, the text of a file of spf::format_kept_networks(), that domains of
// the list publish, with the domains as their owner, and notes of which nothing is known
// (List::unknown()). A fault of the text is a warning.
void add_published(std::string_view kept, const SpfPlace& place, lists::List& list,
                   Diagnostics& diagnostics);
// The same of an earlier list, with its lines.
void add_published(const lists::List& earlier, lists::List& list);

// One warning for all of them.
void warn_of_unknown_networks(const lists::List& list, const SpfPlace& place,
                              Diagnostics& diagnostics);

}  // namespace postern::load
