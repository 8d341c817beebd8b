// Addresses in Postfix's files that were meant for Postern and lead elsewhere: the other daemon's,
// a misspelt path, a mistyped port. Pure.
#pragma once

#include "ctl/doctor/mta_config.h"

namespace postern::doctor {

// Where a daemon of ours listens, and the port that is in the manual.
struct DoorAddresses {
  Door door = Door::policy;
  std::vector<ListenAddress> own;
  std::vector<ListenAddress> other;  // of the other daemon
  std::uint16_t usual_port = 0;
};

DoorAddresses policy_door(const PosternConfig& postern);
DoorAddresses milter_door(const PosternConfig& postern);

// Why an address is taken for a mistaken one.
enum class Mistake {
  none,
  other_door,  // the other daemon listens there
  unserved,    // it looks like Postern's, and neither daemon listens there
  wrong_port,  // the host is right; nobody listens at that port, or it is one typing error away
};

// `service`: null for sendmail. What answers on this machine is somebody else's and no mistake.
Mistake mistake_in(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                   const DoorAddresses& door);

// Whether it has to be found out if somebody listens there.
bool may_be_mistaken(const MtaConfig& mta, const SmtpdService* service, const Endpoint& endpoint,
                     const DoorAddresses& door);

}  // namespace postern::doctor
