#include "ctl/doctor/mta_config.h"

#include <algorithm>
#include <string_view>

#include "common/base/ip_scope.h"
#include "rules/rule_actions.h"
#include "server/config/configuration.h"

namespace postern::doctor {
namespace {

void add_policy_uses(const MtaConfig& mta, const SmtpdService& service, const RestrictionList& list,
                     PolicyUse::Way way, std::vector<PolicyUse>& uses) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const auto& call = list.items[i].policy;
    if (!call || !call->endpoint) continue;
    const bool ours = std::any_of(mta.postern.policy.begin(), mta.postern.policy.end(),
                                  [&](const ListenAddress& address) {
                                    return is_meant_for(mta, &service, *call->endpoint, address);
                                  });
    if (ours) uses.push_back({&service, &list, i, &*call, way});
  }
}

void add_milter_uses(const MtaConfig& mta, const SmtpdService* service, const MilterList& list,
                     std::vector<MilterUse>& uses) {
  for (std::size_t i = 0; i < list.calls.size(); ++i) {
    const MilterCall& call = list.calls[i];
    if (!call.endpoint || !mta.postern.milter) continue;
    if (!is_meant_for(mta, service, *call.endpoint, *mta.postern.milter)) continue;
    uses.push_back({service, &list, i, &call});
  }
}

bool is_asked_in_the_clear(const config::StoreSettings& store) {
  const auto& server = store.redis.server;
  return store.backend == config::StoreBackend::redis && store.redis.tls == config::StoreTls::off &&
         server && server->kind == ListenAddress::Kind::tcp &&
         scope_of(server->address) != IpScope::loopback;
}

constexpr std::string_view kSenderCheck = "sender_mx";
constexpr std::string_view kSpfCheck = "spf";
constexpr std::string_view kBlockListCheck = "dnsbl";
constexpr std::string_view kAllowListCheck = "dnswl";

void note_actions(const Rule& rule, PosternConfig& postern) {
  const std::string_view check =
      rule.check() != nullptr ? rule.check()->info->name : std::string_view();
  for_each_own_action(rule, [&](const Action& action) {
    if (const auto* delay = std::get_if<Delay>(&action)) {
      postern.longest_delay = std::max(postern.longest_delay, delay->time);
    }
    if (std::holds_alternative<Hold>(action) || capture_of(action) != nullptr) {
      postern.changes_delivery = true;
    }
    const auto disposition = info_of(kind_of(action)).disposition;
    if (disposition < Disposition::defer) return;
    if (check == kSenderCheck) postern.decides_by_sender_mx = true;
    if (check == kSpfCheck) postern.decides_by_spf = true;
    if (check == kBlockListCheck) postern.decides_by_dnsbl = true;
  });
}

}  // namespace

const SocketStatus* find_socket(const HostState& host, const std::string& address,
                                const std::string& user) {
  const auto found =
      std::find_if(host.sockets.begin(), host.sockets.end(), [&](const SocketStatus& socket) {
        return socket.address == address && (socket.user == user || socket.user.empty());
      });
  return found == host.sockets.end() ? nullptr : &*found;
}

bool is_looked_up(const MtaConfig& mta, const Endpoint& endpoint) {
  const auto found = mta.host.host_addresses.find(endpoint.host);
  return found != mta.host.host_addresses.end() && !found->second.empty();
}

bool is_meant_for(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                  const ListenAddress& address) {
  if (leads_to(endpoint, endpoint.path, address)) return true;
  if (has_host_name(endpoint)) {
    if (endpoint.kind != address.kind || endpoint.port != address.port) return false;
    if (!is_looked_up(mta, endpoint)) return true;
    const auto& known = mta.host.host_addresses.find(endpoint.host)->second;
    return std::any_of(known.begin(), known.end(), [&](const IpAddress& one) {
      Endpoint there = endpoint;
      there.host = one.to_string();
      return leads_to(there, {}, address);
    });
  }
  if (!mta.postfix) return false;
  const SmtpdService nobody;
  const std::string path =
      path_seen(*mta.postfix, service == nullptr ? nobody : *service, endpoint);
  return leads_to(endpoint, path, address);
}

std::vector<PolicyUse> policy_uses(const MtaConfig& mta) {
  std::vector<PolicyUse> uses;
  if (!mta.postfix) return uses;
  for (const SmtpdService& service : mta.postfix->services) {
    for (const RestrictionList& list : service.lists) {
      add_policy_uses(mta, service, list, PolicyUse::Way::always, uses);
    }
    for (const RestrictionList& list : service.classes) {
      if (service.named_classes.find(list.name) != service.named_classes.end()) continue;
      add_policy_uses(mta, service, list, PolicyUse::Way::by_table, uses);
    }
  }
  return uses;
}

std::vector<MilterUse> milter_uses(const MtaConfig& mta) {
  std::vector<MilterUse> uses;
  if (!mta.postfix) return uses;
  for (const SmtpdService& service : mta.postfix->services) {
    add_milter_uses(mta, &service, service.milters, uses);
  }
  add_milter_uses(mta, nullptr, mta.postfix->non_smtpd_milters, uses);
  return uses;
}

std::vector<const SendmailFilter*> filter_uses(const MtaConfig& mta) {
  std::vector<const SendmailFilter*> uses;
  if (!mta.sendmail || !mta.postern.milter) return uses;
  for (const SendmailFilter& filter : mta.sendmail->filters) {
    if (filter.endpoint && is_meant_for(mta, nullptr, *filter.endpoint, *mta.postern.milter)) {
      uses.push_back(&filter);
    }
  }
  return uses;
}

PosternConfig postern_config_of(const config::Settings& settings, DoorSet doors,
                                const Snapshot* rules) {
  PosternConfig postern;
  postern.doors = doors;
  postern.policy = settings.policyd.listen;
  postern.milter = settings.milter.listen;
  postern.deadline = settings.decision.deadline;
  postern.has_store = !config::store_folder(settings).empty();
  if (is_asked_in_the_clear(settings.store)) {
    postern.plain_store_server = settings.store.redis.server;
  }
  if (rules == nullptr) return postern;
  for (const Rule& rule : rules->rules()) {
    if (rule.mode == Mode::enforce) note_actions(rule, postern);
    postern.asks_dns_lists = postern.asks_dns_lists || rule.is_called(kBlockListCheck) ||
                             rule.is_called(kAllowListCheck);
    if (postern.remembers.empty() && rule.remembers()) postern.remembers = rule.name;
  }
  postern.has_header_rules = !rules->needs().header_fields.empty();
  postern.has_recipient_rules = rules->needs().about_recipients();
  return postern;
}

}  // namespace postern::doctor
