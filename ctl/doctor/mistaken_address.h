// Addresses in Postfix's files that were meant for Postern and lead elsewhere: the other daemon's,
// a misspelt path, a mistyped port; and which sockets have to be looked at to know. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

// A place where an MTA asks somebody: a policy service or a filter.
struct MtaCall {
  const SmtpdService* service = nullptr;  // null: sendmail
  ConfigPlace where;
  const Endpoint* endpoint = nullptr;
  Door door = Door::policy;
  // Of a policy service, where it is written; else null.
  const RestrictionList* list = nullptr;
  const Restriction* item = nullptr;
  const SendmailFilter* filter = nullptr;  // of sendmail
};

// All whose address is understood. They point into `mta`.
std::vector<MtaCall> calls_of(const MtaConfig& mta);

// Where the daemon of a door listens.
std::vector<ListenAddress> addresses_of(const PosternConfig& postern, Door door);

// Why an address is taken for a mistaken one.
enum class Mistake {
  none,
  other_door,  // the other daemon listens there
  unserved,    // it looks like Postern's, and neither daemon listens there
  wrong_port,  // the host is right; nobody listens at that port, or it is one typing error away
};

// What answers on this machine is somebody else's and no mistake.
Mistake mistake_in(const MtaConfig& mta, const MtaCall& call);

// sendmail connects before it gives up root.
inline constexpr const char* kSendmailUser = "root";

struct SocketQuestion {
  std::string address;          // as in SocketStatus
  std::string user;             // empty for TCP
  bool outside_chroot = false;  // an absolute path that means another file inside the chroot
  friend auto operator<=>(const SocketQuestion&, const SocketQuestion&) = default;
};

SocketQuestion question_of(const PostfixConfig& postfix, const SmtpdService& service,
                           const Endpoint& endpoint);
SocketQuestion question_of(const Endpoint& endpoint);  // of sendmail

// Each once: of what is Postern's, and of what may have been meant to be.
std::vector<SocketQuestion> socket_questions(const MtaConfig& mta);

// The host names that an MTA asks where a port of Postern's may be meant; 16 at most.
std::vector<std::string> named_hosts(const MtaConfig& mta);

}  // namespace postern::doctor
