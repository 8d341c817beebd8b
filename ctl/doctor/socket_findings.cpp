// The sockets between the MTAs and Postern, as the MTA's own user gets to them.
#include <algorithm>

#include "common/base/ip_scope.h"
#include "ctl/doctor/asking_lists.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/mistaken_address.h"
#include "ctl/doctor/socket_question.h"
#include "ctl/doctor/suggestion.h"

namespace postern::doctor {
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
    uses.push_back({use.list->where.to_string(), use.call->service.address,
                    question_of(*wiring.postfix, *use.service, *use.call->endpoint),
                    "postern-policyd"});
  }
  for (const MilterUse& use : milter_uses(wiring)) {
    if (use.service == nullptr) continue;
    uses.push_back({use.list->where.to_string(), use.call->service.address,
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
         ", mode: 0660 }\n# where its socket unit is active, and after an empty ListenStream= :\n"
         "ListenStream=" +
         path + "\nSocketGroup=" + postfix.mail_owner + "\n# here:\nunix:postern/" + name;
}

// In a folder of root's, as shipped, postern-policyd cannot make its socket itself.
std::string start_line(const SocketUse& use) {
  const bool needs_unit =
      use.door == "postern-policyd" && use.question.address.starts_with("unix:");
  return "systemctl start " + (needs_unit ? use.door + ".socket " : "") + use.door;
}

std::string listen_texts(const std::vector<ListenAddress>& addresses) {
  std::string out;
  for (const ListenAddress& address : addresses) {
    out += (out.empty() ? "" : " or ") + address.to_string();
  }
  return out;
}

// A place where an MTA asks somebody.
struct StrangeCall {
  const SmtpdService* service;
  ConfigPlace where;
  Endpoint endpoint;
  const DoorAddresses& door;
  std::string lines;  // that lead it to Postern
};

template <class Tell>
void for_each_policy_call(const Wiring& wiring, Tell tell) {
  if (!wiring.postfix) return;
  const DoorAddresses door = policy_door(wiring.postern);
  for (const SmtpdService& service : wiring.postfix->services) {
    for (const auto* lists : {&service.lists, &service.classes}) {
      for (const RestrictionList& list : *lists) {
        for (const Restriction& item : list.items) {
          if (!item.policy || !item.policy->endpoint) continue;
          PostfixService right = item.policy->service;
          right.address = policy_service_for(wiring).address;
          tell({&service, list.where, *item.policy->endpoint, door,
                list_with_text(service, list, item, "check_policy_service " + right.to_string())});
        }
      }
    }
  }
}

template <class Tell>
void for_each_milter_call(const Wiring& wiring, Tell tell) {
  const DoorAddresses door = milter_door(wiring.postern);
  if (wiring.postfix) {
    for (const SmtpdService& service : wiring.postfix->services) {
      for (const MilterCall& call : service.milters.calls) {
        if (!call.endpoint) continue;
        tell({&service, service.milters.where, *call.endpoint, door,
              door.own.empty() ? "" : milters_line(wiring, service, MilterPlace::same)});
      }
    }
  }
  if (!wiring.sendmail) return;
  for (const SendmailFilter& filter : wiring.sendmail->filters) {
    if (filter.endpoint && is_asked(*wiring.sendmail, filter)) {
      tell({nullptr, filter.where, *filter.endpoint, door, sendmail_line(wiring)});
    }
  }
}

const char* daemon_of(Door door) {
  return door == Door::policy ? "postern-policyd" : "postern-milter";
}

std::string lines_of(const StrangeCall& call) {
  if (!call.door.own.empty()) return call.lines;
  return std::string("# a section for ") + daemon_of(call.door.door) + " in postern.yaml";
}

void tell_wrong_door(const Wiring& wiring, const StrangeCall& call, FindingList& findings) {
  if (mistake_in(wiring, call.service, call.endpoint, call.door) != Mistake::other_door) return;
  const bool policy = call.door.door == Door::policy;
  findings.add(FindingWeight::error, call.where.to_string(),
               std::string(policy ? "the policy protocol" : "the milter protocol") + " to " +
                   call.endpoint.text + ", where " +
                   daemon_of(policy ? Door::milter : Door::policy) + " listens",
               "The two speak different protocols: every question ends in the default action.",
               lines_of(call));
}

void tell_unserved(const Wiring& wiring, const StrangeCall& call, FindingList& findings) {
  const Mistake mistake = mistake_in(wiring, call.service, call.endpoint, call.door);
  if (mistake != Mistake::unserved && mistake != Mistake::wrong_port) return;
  const std::string daemon = daemon_of(call.door.door);
  findings.add(
      FindingWeight::error, call.where.to_string(),
      call.endpoint.text +
          (mistake == Mistake::wrong_port ? " has the wrong port: " : " looks like Postern, and ") +
          daemon +
          (call.door.own.empty() ? " has no section in postern.yaml"
                                 : " listens on " + listen_texts(call.door.own)),
      "Nobody answers there, and mail goes on as the default action says.", lines_of(call));
}

}  // namespace

void look_wrong_door(const Wiring& wiring, FindingList& findings) {
  const auto tell = [&](const StrangeCall& call) { tell_wrong_door(wiring, call, findings); };
  for_each_policy_call(wiring, tell);
  for_each_milter_call(wiring, tell);
}

void look_address_unserved(const Wiring& wiring, FindingList& findings) {
  const auto tell = [&](const StrangeCall& call) { tell_unserved(wiring, call, findings); };
  for_each_policy_call(wiring, tell);
  for_each_milter_call(wiring, tell);
}

void look_address_by_name(const Wiring& wiring, FindingList& findings) {
  const auto tell = [&](const StrangeCall& call) {
    if (!has_host_name(call.endpoint) || is_looked_up(wiring, call.endpoint)) return;
    for (const ListenAddress& address : call.door.own) {
      if (!is_meant_for(wiring, call.service, call.endpoint, address)) continue;
      const bool asked = wiring.sights.host_addresses.count(call.endpoint.host) != 0;
      findings.add(FindingWeight::note, call.where.to_string(),
                   call.endpoint.text + " may be " + address.to_string() + ": the name " +
                       (asked ? "has no address here" : "was not looked up"),
                   "Whether the MTA asks Postern there cannot be known, and is taken for granted.",
                   asked ? "# the address in the place of the name, or the name in /etc/hosts"
                         : "# nothing; posternctl doctor on the mail host, without --texts-only, "
                           "looks it up");
    }
  };
  for_each_policy_call(wiring, tell);
  for_each_milter_call(wiring, tell);
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
                            start_line(use));
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
                ", mode: 0660\n# at that socket in postern.yaml, or SocketGroup= and SocketMode= "
                "of "
                "its socket unit,\n# and folders above it that " +
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
                            start_line(use) + "\nposternctl status");
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

}  // namespace postern::doctor
