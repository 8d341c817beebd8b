// Which sockets have to be looked at, and as whom. Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

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
