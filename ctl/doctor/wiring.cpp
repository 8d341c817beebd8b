#include "ctl/doctor/wiring.h"

#include <algorithm>

namespace postern::doctor {
namespace {

void add_policy_uses(const Wiring& wiring, const SmtpdService& service, const RestrictionList& list,
                     PolicyUse::Way way, std::vector<PolicyUse>& uses) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const auto& call = list.items[i].policy;
    if (!call || !call->endpoint) continue;
    const bool ours = std::any_of(wiring.postern.policy.begin(), wiring.postern.policy.end(),
                                  [&](const ListenAddress& address) {
                                    return is_meant_for(wiring, &service, *call->endpoint, address);
                                  });
    if (ours) uses.push_back({&service, &list, i, &*call, way});
  }
}

void add_milter_uses(const Wiring& wiring, const SmtpdService* service, const MilterList& list,
                     std::vector<MilterUse>& uses) {
  for (std::size_t i = 0; i < list.calls.size(); ++i) {
    const MilterCall& call = list.calls[i];
    if (!call.endpoint || !wiring.postern.milter) continue;
    if (!is_meant_for(wiring, service, *call.endpoint, *wiring.postern.milter)) continue;
    uses.push_back({service, &list, i, &call});
  }
}

}  // namespace

const SocketSight* find_sight(const Sights& sights, const std::string& address,
                              const std::string& user) {
  const auto found =
      std::find_if(sights.sockets.begin(), sights.sockets.end(), [&](const SocketSight& sight) {
        return sight.address == address && (sight.user == user || sight.user.empty());
      });
  return found == sights.sockets.end() ? nullptr : &*found;
}

bool is_looked_up(const Wiring& wiring, const Endpoint& endpoint) {
  const auto found = wiring.sights.host_addresses.find(endpoint.host);
  return found != wiring.sights.host_addresses.end() && !found->second.empty();
}

bool is_meant_for(const Wiring& wiring, const SmtpdService* service, const Endpoint& endpoint,
                  const ListenAddress& address) {
  if (leads_to(endpoint, endpoint.path, address)) return true;
  if (has_host_name(endpoint)) {
    if (endpoint.kind != address.kind || endpoint.port != address.port) return false;
    if (!is_looked_up(wiring, endpoint)) return true;
    const auto& known = wiring.sights.host_addresses.find(endpoint.host)->second;
    return std::any_of(known.begin(), known.end(), [&](const IpAddress& one) {
      Endpoint there = endpoint;
      there.host = one.to_string();
      return leads_to(there, {}, address);
    });
  }
  if (!wiring.postfix) return false;
  const SmtpdService nobody;
  const std::string path =
      path_seen(*wiring.postfix, service == nullptr ? nobody : *service, endpoint);
  return leads_to(endpoint, path, address);
}

std::vector<PolicyUse> policy_uses(const Wiring& wiring) {
  std::vector<PolicyUse> uses;
  if (!wiring.postfix) return uses;
  for (const SmtpdService& service : wiring.postfix->services) {
    for (const RestrictionList& list : service.lists) {
      add_policy_uses(wiring, service, list, PolicyUse::Way::always, uses);
    }
    for (const RestrictionList& list : service.classes) {
      if (service.named_classes.find(list.name) != service.named_classes.end()) continue;
      add_policy_uses(wiring, service, list, PolicyUse::Way::by_table, uses);
    }
  }
  return uses;
}

std::vector<MilterUse> milter_uses(const Wiring& wiring) {
  std::vector<MilterUse> uses;
  if (!wiring.postfix) return uses;
  for (const SmtpdService& service : wiring.postfix->services) {
    add_milter_uses(wiring, &service, service.milters, uses);
  }
  add_milter_uses(wiring, nullptr, wiring.postfix->non_smtpd_milters, uses);
  return uses;
}

std::vector<const SendmailFilter*> filter_uses(const Wiring& wiring) {
  std::vector<const SendmailFilter*> uses;
  if (!wiring.sendmail || !wiring.postern.milter) return uses;
  for (const SendmailFilter& filter : wiring.sendmail->filters) {
    if (filter.endpoint &&
        is_meant_for(wiring, nullptr, *filter.endpoint, *wiring.postern.milter)) {
      uses.push_back(&filter);
    }
  }
  return uses;
}

}  // namespace postern::doctor
