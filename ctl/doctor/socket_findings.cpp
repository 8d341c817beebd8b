// The sockets between the MTAs and Postern, as the MTA's own user gets to them.
#include <algorithm>

#include "common/ip_scope.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/socket_question.h"
#include "ctl/doctor/suggestion.h"

namespace postern {
namespace {

// A place where an MTA asks Postern, whichever way.
struct SocketUse {
  std::string where;
  std::string address;  // as it is written
  SocketQuestion question;
  std::string door;  // the daemon
};

std::vector<SocketUse> socket_uses(const Wiring& wiring) {
  std::vector<SocketUse> uses;
  for (const PolicyUse& use : policy_uses(wiring)) {
    uses.push_back({use.list->where.to_string(), use.call->address,
                    question_of(*wiring.postfix, *use.service, *use.call->endpoint),
                    "postern-policyd"});
  }
  for (const MilterUse& use : milter_uses(wiring)) {
    if (use.service == nullptr) continue;
    uses.push_back({use.list->where.to_string(), use.call->address,
                    question_of(*wiring.postfix, *use.service, *use.call->endpoint),
                    "postern-milter"});
  }
  for (const SendmailFilter* filter : filter_uses(wiring)) {
    if (!is_asked(*wiring.sendmail, *filter)) continue;
    uses.push_back({filter->where.to_string(), filter->socket, question_of(*filter->endpoint),
                    "postern-milter"});
  }
  return uses;
}

bool is_of_sendmail(const Wiring& wiring, const SocketUse& use) {
  return wiring.sendmail && use.question.user == kSendmailUser;
}

bool listens_at(const ListenAddress& listen, const SocketUse& use) {
  return listen.to_string() == use.question.address;
}

// Absolute, and below the chroot it is another file, at which nobody of ours listens.
bool is_outside_chroot(const Wiring& wiring, const SocketUse& use) {
  if (!use.question.outside_chroot) return false;
  const auto& policy = wiring.postern.policy;
  const auto& milter = wiring.postern.milter;
  return std::none_of(policy.begin(), policy.end(),
                      [&](const ListenAddress& listen) { return listens_at(listen, use); }) &&
         !(milter && listens_at(*milter, use));
}

using SightTold = void (*)(const SocketUse& use, const SocketSight& sight, FindingList& findings);

void for_each_sight(const Wiring& wiring, FindingList& findings, SightTold tell) {
  for (const SocketUse& use : socket_uses(wiring)) {
    const SocketSight* sight = find_sight(wiring.sights, use.question.address, use.question.user);
    if (sight != nullptr && !is_outside_chroot(wiring, use)) tell(use, *sight, findings);
  }
}

std::string listen_beside(const PostfixWiring& postfix, const char* name) {
  const std::string path = postfix.queue_directory + "/postern/" + name;
  return "# postern.yaml:\nlisten: { unix: " + path +
         ", owner: postern, group: " + postfix.mail_owner +
         ", mode: 0660 }\n# here:\nunix:postern/" + name;
}

// `tcp` on this machine, or a path that has our name.
bool looks_like_postern(const Endpoint& endpoint, std::uint16_t usual_port) {
  if (endpoint.kind == ListenAddress::Kind::unix_socket) {
    return endpoint.path.find("postern") != std::string::npos;
  }
  const auto address = IpAddress::parse(endpoint.host);
  const bool local = endpoint.host.empty() || endpoint.host == "localhost" ||
                     (address && scope_of(*address) == IpScope::loopback);
  return local && endpoint.port == usual_port;
}

constexpr std::uint16_t kUsualPolicyPort = 10040;
constexpr std::uint16_t kUsualMilterPort = 10050;

void note_unserved(const std::string& where, const std::string& address, const std::string& daemon,
                   const std::string& listens, FindingList& findings) {
  findings.add(FindingWeight::error, where,
               address + " looks like Postern, and " + daemon +
                   (listens.empty() ? " has no section in postern.yaml" : " listens on " + listens),
               "Nobody answers there, and mail goes on as the default action says.",
               listens.empty() ? "# a section for " + daemon + " in postern.yaml" : listens);
}

std::string listen_texts(const std::vector<ListenAddress>& addresses) {
  std::string out;
  for (const ListenAddress& address : addresses) {
    out += (out.empty() ? "" : " or ") + address.to_string();
  }
  return out;
}

std::vector<ListenAddress> milter_addresses(const Wiring& wiring) {
  if (!wiring.postern.milter) return {};
  return {*wiring.postern.milter};
}

bool is_meant_for_any(const Wiring& wiring, const SmtpdService* service, const Endpoint& endpoint,
                      const std::vector<ListenAddress>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const ListenAddress& address) {
    return is_meant_for(wiring, service, endpoint, address);
  });
}

// Each endpoint that an MTA has for a door, with where it stands.
template <class Tell>
void for_each_policy_call(const PostfixWiring& postfix, Tell tell) {
  for (const SmtpdService& service : postfix.services) {
    for (const auto* lists : {&service.lists, &service.classes}) {
      for (const RestrictionList& list : *lists) {
        for (const Restriction& item : list.items) {
          if (item.policy && item.policy->endpoint)
            tell(service, list.where, *item.policy->endpoint);
        }
      }
    }
  }
}

template <class Tell>
void for_each_milter_call(const Wiring& wiring, Tell tell) {
  if (wiring.postfix) {
    for (const SmtpdService& service : wiring.postfix->services) {
      for (const MilterCall& call : service.milters.calls) {
        if (call.endpoint) tell(&service, service.milters.where, *call.endpoint);
      }
    }
  }
  if (!wiring.sendmail) return;
  const SmtpdService* none = nullptr;
  for (const SendmailFilter& filter : wiring.sendmail->filters) {
    if (filter.endpoint && is_asked(*wiring.sendmail, filter)) {
      tell(none, filter.where, *filter.endpoint);
    }
  }
}

void note_wrong_door(const ConfigPlace& where, const Endpoint& endpoint, const char* speaks,
                     const char* listens, const std::vector<ListenAddress>& right,
                     FindingList& findings) {
  findings.add(FindingWeight::error, where.to_string(),
               std::string(speaks) + " to " + endpoint.text + ", where " + listens + " listens",
               "The two speak different protocols: every question ends in the default action.",
               right.empty() ? "# the address of the other daemon" : listen_texts(right));
}

}  // namespace

void look_wrong_door(const Wiring& wiring, FindingList& findings) {
  const auto milter = milter_addresses(wiring);
  if (wiring.postfix) {
    for_each_policy_call(*wiring.postfix, [&](const SmtpdService& service, const ConfigPlace& where,
                                              const Endpoint& endpoint) {
      if (!is_meant_for_any(wiring, &service, endpoint, milter)) return;
      note_wrong_door(where, endpoint, "the policy protocol", "postern-milter",
                      wiring.postern.policy, findings);
    });
  }
  for_each_milter_call(wiring, [&](const SmtpdService* service, const ConfigPlace& where,
                                   const Endpoint& endpoint) {
    if (!is_meant_for_any(wiring, service, endpoint, wiring.postern.policy)) return;
    note_wrong_door(where, endpoint, "the milter protocol", "postern-policyd", milter, findings);
  });
}

void look_address_unserved(const Wiring& wiring, FindingList& findings) {
  std::vector<ListenAddress> all = wiring.postern.policy;
  const auto milter = milter_addresses(wiring);
  all.insert(all.end(), milter.begin(), milter.end());
  if (wiring.postfix) {
    for_each_policy_call(*wiring.postfix, [&](const SmtpdService& service, const ConfigPlace& where,
                                              const Endpoint& endpoint) {
      if (!looks_like_postern(endpoint, kUsualPolicyPort)) return;
      if (is_meant_for_any(wiring, &service, endpoint, all)) return;
      note_unserved(where.to_string(), endpoint.text, "postern-policyd",
                    listen_texts(wiring.postern.policy), findings);
    });
  }
  for_each_milter_call(
      wiring, [&](const SmtpdService* service, const ConfigPlace& where, const Endpoint& endpoint) {
        if (!looks_like_postern(endpoint, kUsualMilterPort)) return;
        if (is_meant_for_any(wiring, service, endpoint, all)) return;
        note_unserved(where.to_string(), endpoint.text, "postern-milter", listen_texts(milter),
                      findings);
      });
}

void look_socket_outside_chroot(const Wiring& wiring, FindingList& findings) {
  for (const SocketUse& use : socket_uses(wiring)) {
    if (!is_outside_chroot(wiring, use)) continue;
    const char* name = use.door == "postern-milter" ? "milter" : "policy";
    findings.add(FindingWeight::error, use.where,
                 use.address + " is " + use.question.address.substr(5) +
                     " for an SMTP server that is chrooted (fifth column of master.cf)",
                 "There is no socket there, and mail goes on as the default action says.",
                 listen_beside(*wiring.postfix, name));
  }
}

void look_socket_missing(const Wiring& wiring, FindingList& findings) {
  for_each_sight(wiring, findings,
                 [](const SocketUse& use, const SocketSight& sight, FindingList& list) {
                   const bool missing = sight.state == SocketSight::State::missing;
                   if (!missing && sight.state != SocketSight::State::no_socket) return;
                   list.add(FindingWeight::error, use.where,
                            sight.address + (missing ? " is not there" : " is no socket") +
                                (sight.detail.empty() ? "" : ": " + sight.detail),
                            "Postern is not asked, and mail goes on as the default action says.",
                            "systemctl start " + use.door);
                 });
}

void look_socket_barred(const Wiring& wiring, FindingList& findings) {
  for_each_sight(
      wiring, findings, [](const SocketUse& use, const SocketSight& sight, FindingList& list) {
        if (sight.state != SocketSight::State::barred) return;
        list.add(
            FindingWeight::error, use.where,
            "the user " + sight.user + " may not connect to " + sight.address + ": " + sight.detail,
            "The MTA is not root when it asks; mail goes on as the default action says.",
            "group: " + sight.user +
                ", mode: 0660\n# at that socket in postern.yaml, and folders "
                "above it that " +
                sight.user + " may enter");
      });
}

void look_socket_silent(const Wiring& wiring, FindingList& findings) {
  for_each_sight(wiring, findings,
                 [](const SocketUse& use, const SocketSight& sight, FindingList& list) {
                   if (sight.state != SocketSight::State::nobody) return;
                   list.add(FindingWeight::error, use.where,
                            "nobody answers at " + sight.address +
                                (sight.detail.empty() ? "" : ": " + sight.detail),
                            "Postern is not asked, and mail goes on as the default action says.",
                            "systemctl start " + use.door + "\nposternctl status");
                 });
}

void look_socket_folder_open(const Wiring& wiring, FindingList& findings) {
  for (const SocketUse& use : socket_uses(wiring)) {
    const SocketSight* sight = find_sight(wiring.sights, use.question.address, use.question.user);
    if (sight == nullptr || sight->open_folder.empty()) continue;
    const bool unsafe = is_of_sendmail(wiring, use);
    findings.add(unsafe ? FindingWeight::error : FindingWeight::warning, use.where,
                 "everybody may write to " + sight->open_folder + ", above " + sight->address,
                 unsafe ? "sendmail takes the socket for unsafe and does not ask."
                        : "Any account here can put a socket of its own where Postern's is to be.",
                 "# a folder that only postern may write to, as /run/postern");
  }
}

void look_socket_for_everybody(const Wiring& wiring, FindingList& findings) {
  for_each_sight(
      wiring, findings, [](const SocketUse& use, const SocketSight& sight, FindingList& list) {
        if (!sight.for_everybody) return;
        list.add(FindingWeight::note, use.where, "any account here may connect to " + sight.address,
                 "Nobody but the MTA should be able to ask: what is asked is logged and counted.",
                 "mode: 0660\n# and a group that the MTA is in, at that socket in postern.yaml");
      });
}

void look_listen_not_local(const Wiring& wiring, FindingList& findings) {
  std::vector<ListenAddress> all = wiring.postern.policy;
  if (wiring.postern.milter) all.push_back(*wiring.postern.milter);
  for (const ListenAddress& address : all) {
    if (address.kind != ListenAddress::Kind::tcp) continue;
    if (scope_of(address.address) == IpScope::loopback) continue;
    findings.add(FindingWeight::warning, "postern.yaml: listen",
                 "Postern listens on " + address.to_string() + ", which others may reach",
                 "Whoever can connect can ask, and take the connections that the MTA needs.",
                 "inet:127.0.0.1:" + std::to_string(address.port) +
                     "\n# or a firewall that lets only the MTA in");
  }
}

}  // namespace postern
