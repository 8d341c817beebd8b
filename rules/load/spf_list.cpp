#include "rules/load/spf_list.h"

#include <algorithm>

#include "rules/spf/kept_networks.h"

namespace postern::load {
namespace {

bool is_one_of(const std::vector<DomainName>& domains, const DomainName& domain) {
  return std::ranges::find(domains, domain) != domains.end();
}

std::string joined(const std::vector<DomainName>& domains) {
  std::string text;
  for (const DomainName& domain : domains) {
    text.append(text.empty() ? "" : ", ").append(domain.text());
  }
  return text;
}

}  // namespace

std::vector<DomainName> load_spf_domains(yaml::ConfigMap& map) {
  std::vector<DomainName> domains;
  const auto values = map.scalars("spf");
  if (values.empty() || values.size() > spf::kMaxSpfDomains) {
    map.diagnostics().error(map.where(),
                            map.what() + ": spf: " +
                                yaml::found_want(std::to_string(values.size()) + " domains",
                                                 "1 to " + std::to_string(spf::kMaxSpfDomains)));
  }
  for (const yaml::YamlNode* value : values) {
    auto domain = DomainName::parse(value->text);
    if (!domain) {
      map.diagnostics().error(value->where, "spf: " + domain.error().text);
    } else if (is_one_of(domains, *domain)) {
      map.diagnostics().error(
          value->where, "spf: " + yaml::found_want(domain->text() + " twice", "each domain once"));
    } else {
      domains.push_back(*std::move(domain));
    }
  }
  return domains;
}

void add_published(std::string_view kept, const SpfPlace& place, lists::List& list,
                   Diagnostics& diagnostics) {
  const spf::KeptNetworks networks = spf::parse_kept_networks(kept);
  if (networks.first_fault != 0) {
    diagnostics.warning({place.file, networks.first_fault, 1},
                        yaml::found_want("a line that Postern has not written",
                                         "this file left alone; it is left out, and written anew "
                                         "when the domains are asked again"));
  }
  std::vector<DomainName> unknown = list.origin().spf;
  for (const DomainName& domain : networks.without) std::erase(unknown, domain);
  for (const spf::KeptNetwork& one : networks.networks) {
    for (const DomainName& domain : one.domains) std::erase(unknown, domain);
    std::vector<DomainName> owners = one.domains;
    std::erase_if(owners,
                  [&](const DomainName& domain) { return !is_one_of(list.origin().spf, domain); });
    if (owners.empty()) continue;
    lists::EntryData data;
    data.owner = spf::owner_text(owners);
    // A network as it was printed is one again.
    (void)list.add(one.network.to_string(), one.line, std::move(data));
  }
  list.set_unknown(std::move(unknown));
}

void add_published(const lists::List& earlier, lists::List& list) {
  for (lists::EntryId id = earlier.origin().written; id < earlier.entries().size(); ++id) {
    const lists::EntryData* data = earlier.entries().data(id);
    (void)list.add(earlier.entry_text(id), earlier.entries().line(id),
                   data == nullptr ? lists::EntryData{} : *data);
  }
  list.set_unknown(earlier.unknown());
}

void warn_of_unknown_networks(const lists::List& list, const SpfPlace& place,
                              Diagnostics& diagnostics) {
  const auto& unknown = list.unknown();
  if (unknown.empty()) return;
  if (place.file.empty()) {
    diagnostics.warning(
        place.where, "list '" + list.name() + "': " +
                         yaml::found_want("no folder where the networks of " + joined(unknown) +
                                              " are kept, so that they stay unknown, and what is "
                                              "refused below a rule that spares them is deferred",
                                          "'state: /var/lib/postern' in the settings"));
    return;
  }
  const std::string why = place.why_not.empty() ? place.file + " has none" : place.why_not;
  diagnostics.warning(place.where, "list '" + list.name() + "': no network of " + joined(unknown) +
                                       " is known: " + why +
                                       "; a daemon asks for them, and until then what is refused "
                                       "below a rule that spares them is deferred");
}

}  // namespace postern::load
