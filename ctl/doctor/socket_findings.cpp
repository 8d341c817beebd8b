// The sockets between the MTAs and Postern, as the MTA's own user gets to them.
#include <algorithm>
#include <array>

#include "common/base/ip_scope.h"
#include "ctl/doctor/asking_lists.h"
#include "ctl/doctor/finding.h"
#include "ctl/doctor/fix.h"
#include "ctl/doctor/mistaken_address.h"

namespace postern::doctor {
namespace {

// A place where an MTA asks Postern, whichever way.
struct SocketUse {
  std::string where;
  std::string address;  // as it is written
  SocketQuestion question;
  std::string door;  // the daemon
};

std::vector<SocketUse> socket_uses(const MtaConfig& mta) {
  std::vector<SocketUse> uses;
  for (const PolicyUse& use : policy_uses(mta)) {
    uses.push_back({use.list->where.to_string(), use.call->service.address,
                    question_of(*mta.postfix, *use.service, *use.call->endpoint),
                    "postern-policyd"});
  }
  for (const MilterUse& use : milter_uses(mta)) {
    if (use.service == nullptr) continue;
    uses.push_back({use.list->where.to_string(), use.call->service.address,
                    question_of(*mta.postfix, *use.service, *use.call->endpoint),
                    "postern-milter"});
  }
  for (const SendmailFilter* filter : filter_uses(mta)) {
    if (!is_asked(*mta.sendmail, *filter)) continue;
    uses.push_back({filter->where.to_string(), filter->socket, question_of(*filter->endpoint),
                    "postern-milter"});
  }
  return uses;
}

bool is_of_sendmail(const MtaConfig& mta, const SocketUse& use) {
  return mta.sendmail && use.question.user == kSendmailUser;
}

bool listens_at(const ListenAddress& listen, const SocketUse& use) {
  return listen.to_string() == use.question.address;
}

// Absolute, and below the chroot it is another file, at which nobody of ours listens.
bool is_outside_chroot(const MtaConfig& mta, const SocketUse& use) {
  if (!use.question.outside_chroot) return false;
  const auto& policy = mta.postern.policy;
  const auto& milter = mta.postern.milter;
  return std::none_of(policy.begin(), policy.end(),
                      [&](const ListenAddress& listen) { return listens_at(listen, use); }) &&
         !(milter && listens_at(*milter, use));
}

using SocketFinding = void (*)(const SocketUse& use, const SocketStatus& socket,
                               FindingList& findings);

void for_each_socket(const MtaConfig& mta, FindingList& findings, SocketFinding check) {
  for (const SocketUse& use : socket_uses(mta)) {
    const SocketStatus* socket = find_socket(mta.host, use.question.address, use.question.user);
    if (socket != nullptr && !is_outside_chroot(mta, use)) check(use, *socket, findings);
  }
}

std::string listen_beside(const PostfixConfig& postfix, const char* name) {
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

const char* daemon_of(Door door) {
  return door == Door::policy ? "postern-policyd" : "postern-milter";
}

// Those that an MTA goes by.
std::vector<MtaCall> used_calls(const MtaConfig& mta) {
  std::vector<MtaCall> calls = calls_of(mta);
  std::erase_if(calls, [&](const MtaCall& call) {
    return call.filter != nullptr && !is_asked(*mta.sendmail, *call.filter);
  });
  return calls;
}

// What leads the call to Postern.
std::string lines_for(const MtaConfig& mta, const MtaCall& call) {
  if (addresses_of(mta.postern, call.door).empty()) {
    return std::string("# a section for ") + daemon_of(call.door) + " in postern.yaml";
  }
  if (call.filter != nullptr) return sendmail_line(mta);
  if (call.item == nullptr) return milters_line(mta, *call.service, MilterPlace::same);
  PostfixService right = call.item->policy->service;
  right.address = policy_service_for(mta).address;
  return list_with_text(*call.service, *call.list, *call.item,
                        "check_policy_service " + right.to_string());
}

void check_wrong_door(const MtaConfig& mta, FindingList& findings) {
  for (const MtaCall& call : used_calls(mta)) {
    if (mistake_in(mta, call) != Mistake::other_door) continue;
    const bool policy = call.door == Door::policy;
    findings.add(FindingSeverity::error, call.where.to_string(),
                 std::string(policy ? "the policy protocol" : "the milter protocol") + " to " +
                     call.endpoint->text + ", where " +
                     daemon_of(policy ? Door::milter : Door::policy) + " listens",
                 "The two speak different protocols: every question ends in the default action.",
                 lines_for(mta, call));
  }
}

void check_address_unserved(const MtaConfig& mta, FindingList& findings) {
  for (const MtaCall& call : used_calls(mta)) {
    const Mistake mistake = mistake_in(mta, call);
    if (mistake != Mistake::unserved && mistake != Mistake::wrong_port) continue;
    const bool port = mistake == Mistake::wrong_port;
    const auto own = addresses_of(mta.postern, call.door);
    findings.add(
        FindingSeverity::error, call.where.to_string(),
        call.endpoint->text + (port ? " has the wrong port: " : " looks like Postern, and ") +
            daemon_of(call.door) +
            (own.empty() ? " has no section in postern.yaml"
                         : " listens on " + addresses_text(own)),
        "Nobody answers there, and mail goes on as the default action says.", lines_for(mta, call));
  }
}

void check_address_by_name(const MtaConfig& mta, FindingList& findings) {
  for (const MtaCall& call : used_calls(mta)) {
    if (!has_host_name(*call.endpoint) || is_looked_up(mta, *call.endpoint)) continue;
    for (const ListenAddress& address : addresses_of(mta.postern, call.door)) {
      if (!is_meant_for(mta, call.service, *call.endpoint, address)) continue;
      const bool asked = mta.host.host_addresses.count(call.endpoint->host) != 0;
      findings.add(FindingSeverity::note, call.where.to_string(),
                   call.endpoint->text + " may be " + address.to_string() + ": the name " +
                       (asked ? "has no address here" : "was not looked up"),
                   "Whether the MTA asks Postern there cannot be known, and is taken for granted.",
                   asked ? "# the address in the place of the name, or the name in /etc/hosts"
                         : "# nothing; posternctl doctor on the mail host, without --texts-only, "
                           "looks it up");
    }
  }
}

void check_socket_outside_chroot(const MtaConfig& mta, FindingList& findings) {
  for (const SocketUse& use : socket_uses(mta)) {
    if (!is_outside_chroot(mta, use)) continue;
    const char* name = use.door == "postern-milter" ? "milter" : "policy";
    findings.add(FindingSeverity::error, use.where,
                 use.address + " is " + use.question.address.substr(5) +
                     " for an SMTP server that is chrooted (fifth column of master.cf)",
                 "There is no socket there, and mail goes on as the default action says.",
                 listen_beside(*mta.postfix, name));
  }
}

void check_socket_missing(const MtaConfig& mta, FindingList& findings) {
  for_each_socket(mta, findings,
                  [](const SocketUse& use, const SocketStatus& socket, FindingList& list) {
                    const bool missing = socket.state == SocketStatus::State::missing;
                    if (!missing && socket.state != SocketStatus::State::no_socket) return;
                    list.add(FindingSeverity::error, use.where,
                             socket.address + (missing ? " is not there" : " is no socket") +
                                 (socket.detail.empty() ? "" : ": " + socket.detail),
                             "Postern is not asked, and mail goes on as the default action says.",
                             start_line(use));
                  });
}

void check_socket_barred(const MtaConfig& mta, FindingList& findings) {
  for_each_socket(
      mta, findings, [](const SocketUse& use, const SocketStatus& socket, FindingList& list) {
        if (socket.state != SocketStatus::State::barred) return;
        list.add(
            FindingSeverity::error, use.where,
            "the user " + socket.user + " may not connect to " + socket.address + ": " +
                socket.detail,
            "The MTA is not root when it asks; mail goes on as the default action says.",
            "group: " + socket.user +
                ", mode: 0660\n# at that socket in postern.yaml, or SocketGroup= and SocketMode= "
                "of "
                "its socket unit,\n# and folders above it that " +
                socket.user + " may enter");
      });
}

void check_socket_silent(const MtaConfig& mta, FindingList& findings) {
  for_each_socket(mta, findings,
                  [](const SocketUse& use, const SocketStatus& socket, FindingList& list) {
                    if (socket.state != SocketStatus::State::nobody) return;
                    list.add(FindingSeverity::error, use.where,
                             "nobody answers at " + socket.address +
                                 (socket.detail.empty() ? "" : ": " + socket.detail),
                             "Postern is not asked, and mail goes on as the default action says.",
                             start_line(use) + "\nposternctl status");
                  });
}

void check_socket_folder_open(const MtaConfig& mta, FindingList& findings) {
  for (const SocketUse& use : socket_uses(mta)) {
    const SocketStatus* socket = find_socket(mta.host, use.question.address, use.question.user);
    if (socket == nullptr || socket->open_folder.empty()) continue;
    const bool unsafe = is_of_sendmail(mta, use);
    findings.add(unsafe ? FindingSeverity::error : FindingSeverity::warning, use.where,
                 "everybody may write to " + socket->open_folder + ", above " + socket->address,
                 unsafe ? "sendmail takes the socket for unsafe and does not ask."
                        : "Any account here can put a socket of its own where Postern's is to be.",
                 "# a folder that only postern may write to, as /run/postern");
  }
}

void check_socket_for_everybody(const MtaConfig& mta, FindingList& findings) {
  for_each_socket(
      mta, findings, [](const SocketUse& use, const SocketStatus& socket, FindingList& list) {
        if (!socket.for_everybody) return;
        list.add(FindingSeverity::note, use.where,
                 "any account here may connect to " + socket.address,
                 "Nobody but the MTA should be able to ask: what is asked is logged and counted.",
                 "mode: 0660\n# and a group that the MTA is in, at that socket in postern.yaml");
      });
}

void check_listen_not_local(const MtaConfig& mta, FindingList& findings) {
  std::vector<ListenAddress> all = mta.postern.policy;
  if (mta.postern.milter) all.push_back(*mta.postern.milter);
  for (const ListenAddress& address : all) {
    if (address.kind != ListenAddress::Kind::tcp) continue;
    if (scope_of(address.address) == IpScope::loopback) continue;
    findings.add(FindingSeverity::warning, "postern.yaml: listen",
                 "Postern listens on " + address.to_string() + ", which others may reach",
                 "Whoever can connect can ask, and take the connections that the MTA needs.",
                 "inet:127.0.0.1:" + std::to_string(address.port) +
                     "\n# or a firewall that lets only the MTA in");
  }
}

}  // namespace

FindingKinds socket_findings() {
  static constexpr std::array kFindings{
      FindingKind{"wrong-door", check_wrong_door},
      FindingKind{"address-unserved", check_address_unserved},
      FindingKind{"address-by-name", check_address_by_name},
      FindingKind{"socket-outside-chroot", check_socket_outside_chroot},
      FindingKind{"socket-missing", check_socket_missing},
      FindingKind{"socket-barred", check_socket_barred},
      FindingKind{"socket-silent", check_socket_silent},
      FindingKind{"socket-folder-open", check_socket_folder_open},
      FindingKind{"socket-for-everybody", check_socket_for_everybody},
      FindingKind{"listen-not-local", check_listen_not_local},
  };
  return kFindings;
}

}  // namespace postern::doctor
